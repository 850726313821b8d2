package service

import (
	"context"
	"math/rand/v2"
	"time"
)

// Await tries again after 100 ms, 200 ms, … 2 s, ± 20 %: a dependency that comes back is found soon, and replicas that start together do not ask it
// together.
const (
	awaitFirst = 100 * time.Millisecond
	awaitMost  = 2 * time.Second
	awaitTry   = 5 * time.Second // bounds one try
)

// Await adds a condition of readiness that becomes true, for good, when f has succeeded once: the database was reached, the keys are loaded. It
// registers a component that tries until then, so that services may start in any order; NAME_START_TIMEOUT bounds it.
func (rt *Runtime) Await(name string, f func(ctx context.Context) error) {
	condition := rt.Ready(name)
	rt.Serve(Component{Name: name, Run: func(ctx context.Context) error {
		said := ""
		for pause := awaitFirst; ; pause = min(2*pause, awaitMost) {
			err := try(ctx, f)
			condition.Set(err)
			if err == nil {
				return nil
			}
			if ctx.Err() == nil && err.Error() != said {
				said = err.Error()
				rt.Log.Warn("not reached yet", "condition", name, "error", err)
			}
			jitter := 0.8 + 0.4*rand.Float64() //nolint:gosec // spreads load, guards nothing
			select {
			case <-time.After(time.Duration(float64(pause) * jitter)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}})
}

func try(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTry)
	defer cancel()
	return f(ctx)
}
