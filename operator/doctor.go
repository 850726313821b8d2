package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Check is one thing that must be there. Look says how it is, or what is missing and what to do.
type Check struct {
	Name string
	Look func(ctx context.Context) (string, error)
}

// checkLimit is for one of them: a network that does not answer is a fault like others.
const checkLimit = 20 * time.Second

// errMissing says only that there is something; each line has said what.
var errMissing = errors.New("something is missing")

// Doctor looks at everything, one line each, and fails if something is missing.
func Doctor(ctx context.Context, checks []Check, log io.Writer) error {
	missing := 0
	for _, check := range checks {
		said, err := look(ctx, check)
		mark := "ok     "
		if err != nil {
			mark, said = "MISSING", err.Error()
			missing++
		}
		_, _ = fmt.Fprintf(log, "%s  %-22s %s\n", mark, check.Name, said)
	}
	if missing > 0 {
		return fmt.Errorf("%w: %d of %d checks", errMissing, missing, len(checks))
	}
	return nil
}

func look(ctx context.Context, check Check) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	return check.Look(ctx)
}
