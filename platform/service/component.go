package service

import (
	"context"
	"errors"
	"fmt"
)

// Component is a part of a service that runs for as long as the service does: a server, a relay, a consumer.
type Component struct {
	// Name is shown in the log and is the label of its metrics.
	Name string
	// Run works until it is told to stop. An error or a panic ends the whole service; nil means that its work is done, and the service goes on.
	// The end of its context means: now. It comes after Stop, or when the time to stop is over, never already with SIGTERM.
	Run func(ctx context.Context) error
	// Drain, which may be nil, is called first when the service stops: take no new work from queues, tell callers that you leave, and go on
	// serving them. It must not block.
	Drain func()
	// Stop, which may be nil, makes Run finish what it has begun and return; when ctx ends, it is cut off. It is called even if Run has ended.
	Stop func(ctx context.Context) error
}

// running is a component that was started.
type running struct {
	Component
	cancel context.CancelFunc
	done   chan struct{}
	err    error // to be read when done is closed
}

// start runs the component in a goroutine of its own, with a context that outlives the end of ctx.
func (rt *Runtime) start(ctx context.Context, c Component) *running {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &running{Component: c, cancel: cancel, done: make(chan struct{})}
	rt.panics.WithLabelValues(c.Name) // so that the metric is there, at 0, before the first panic
	go func() {
		defer close(r.done)
		defer cancel()
		err := rt.Guard(c.Name, func() error { return c.Run(ctx) })
		told := ctx.Err() != nil && errors.Is(err, context.Canceled)
		if err == nil || told {
			rt.Log.Debug("component ended", "component", c.Name)
			return
		}
		r.err = fmt.Errorf("component %s: %w", c.Name, err)
		select {
		case rt.failed <- r.err:
		default: // another one failed before, and the service is stopping already
		}
	}()
	return r
}
