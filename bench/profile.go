package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// profileTime is how long the services are looked at: at 100 samples a second of CPU time, about a thousand for a busy one.
const profileTime = 20 * time.Second

// profile writes a CPU profile of each service while one page is asked for. The services run from cmd/profiled, which adds the profiler to what
// their own programs do.
func profile(ctx context.Context, o Options) (err error) {
	dir, err := filepath.Abs(o.Profile)
	if err != nil {
		return fmt.Errorf("find the folder for profiles: %w", err)
	}
	err = os.MkdirAll(dir, 0o700)
	if err != nil {
		return fmt.Errorf("make the folder for profiles: %w", err)
	}
	r, err := startRig(ctx, o, func(r *rig, service string) (program string, args []string) {
		return r.path("bin", "profiled"), []string{service, filepath.Join(dir, service+".pprof")}
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop(context.WithoutCancel(ctx))) }() // which writes the profiles
	pages := map[string]page{"home": r.home(), "note": r.note(), "create": r.create()}
	chosen, ok := pages[o.Page]
	if !ok {
		return fmt.Errorf("there is no page %q to profile: use home, note or create", o.Page)
	}
	c := r.contender(r.pages, chosen)
	_, err = r.round(ctx, c, r.extent.warmUp)
	if err != nil {
		return err
	}
	for _, p := range r.pages.processes {
		err = p.cmd.Process.Signal(syscall.SIGUSR1)
		if err != nil {
			return fmt.Errorf("start the profile of %s: %w", p.name, err)
		}
	}
	took := profileTime
	if o.Short {
		took = time.Second
	}
	r.progress("Profiling %s for %v", o.Page, took)
	found, err := r.round(ctx, c, took)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Out, "%.0f requests a second, profiled. Now: go tool pprof -top %s\n", found.perSecond, filepath.Join(dir, "web.pprof"))
	return err
}
