package storm

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"gitlab.com/notejam/notejam/e2e/fleet"
)

// victims are everything that runs, and what is looked at.
type victims struct {
	*fleet.Fleet

	o    Options
	look *fleet.Look
}

// gather builds the services and makes what they need; none of them runs yet.
// web keeps nothing and is left out: the writers call the others as web does, with
// its certificate.
func gather(ctx context.Context, o Options) (*victims, error) {
	f := &victims{o: o}
	f.progress("Building the services")
	tags := ""
	if o.Bug != "" {
		tags = "planted"
	}
	binaries := filepath.Join(o.Work, "bin")
	err := fleet.Build(ctx, o.Root, binaries, tags, fleet.Kept...)
	if err != nil {
		return nil, err
	}
	patience := o.Patience.String()
	producer := map[string]string{"OUTBOX_LEASE": patience, "OUTBOX_CONFIRM_AFTER": patience}
	f.Fleet, err = fleet.New(ctx, fleet.Options{
		Work: o.Work, Binaries: binaries, Out: o.Out, Services: fleet.Kept, MySQL: o.MySQL,
		Settings: map[string]map[string]string{"auth": producer, "notes": producer, "audit": {"QUEUE_VISIBILITY": patience}},
	})
	if err != nil {
		return nil, err
	}
	for _, m := range f.Members {
		m.Settings["NOTEJAM_PLANTED_BUG"] = o.Bug
	}
	f.look, err = f.Look(ctx)
	if err != nil {
		return nil, errors.Join(err, f.close(context.WithoutCancel(ctx)))
	}
	return f, nil
}

func (f *victims) close(ctx context.Context) error {
	var err error
	if f.look != nil {
		err = f.look.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return errors.Join(err, f.Close(ctx))
}

func (f *victims) progress(format string, args ...any) {
	if f.o.Out != nil {
		_, _ = fmt.Fprintf(f.o.Out, format+" …\n", args...)
	}
}
