package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// grace is how long a component may take to notice that its time is over, a Drain, which must not block, to return, and the
	// debug listener to end the requests that it has begun.
	grace = 500 * time.Millisecond
	// closeTimeout bounds one function registered with OnClose.
	closeTimeout = 2 * time.Second
)

var errNotInTime = errors.New("has not ended in time")

// stop ends all components: drain, delay, then stop in the reverse order. It returns what went wrong, the components' own errors included. ctx has
// ended by now as a rule; only its values are used.
func (rt *Runtime) stop(ctx context.Context, own settings, all []*running) error {
	var problems []error
	ctx = context.WithoutCancel(ctx)
	wasReady := rt.readiness.drain()
	for _, c := range all {
		if c.Drain != nil {
			problems = append(problems, rt.drain(ctx, c))
		}
	}
	if wasReady {
		<-time.After(own.DrainDelay)
	}

	ctx, cancel := context.WithTimeout(ctx, own.StopTimeout)
	defer cancel()
	// One component that takes all the time must not keep the others from hearing that it is over.
	notAfterAll := context.AfterFunc(ctx, func() {
		for _, c := range all {
			c.cancel()
		}
	})
	defer notAfterAll()
	for _, c := range slices.Backward(all) {
		problems = append(problems, rt.stopOne(ctx, c))
	}
	return errors.Join(problems...)
}

func (rt *Runtime) drain(ctx context.Context, c *running) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := rt.within(ctx, c.Name, func() error { c.Drain(); return nil })
	if err != nil {
		return fmt.Errorf("drain component %s: %w", c.Name, err)
	}
	return nil
}

// stopOne asks the component to stop, ends its context and waits for it, at most grace longer than ctx.
func (rt *Runtime) stopOne(ctx context.Context, c *running) error {
	deadline, _ := ctx.Deadline()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(time.Until(deadline), 0)+grace)
	defer cancel()
	var stopErr error
	if c.Stop != nil {
		err := rt.within(last, c.Name, func() error { return c.Stop(ctx) })
		if err != nil {
			stopErr = fmt.Errorf("stop component %s: %w", c.Name, err)
		}
	}
	c.cancel()
	select {
	case <-c.done:
	case <-last.Done():
	}
	select {
	case <-c.done:
		return errors.Join(c.err, stopErr)
	default:
		return errors.Join(stopErr, fmt.Errorf("component %s: %w", c.Name, errNotInTime))
	}
}

// stopLast stops the debug listener.
func (rt *Runtime) stopLast(ctx context.Context, debug *running) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return rt.stopOne(ctx, debug)
}

// close calls what was registered with OnClose, the last one first.
func (rt *Runtime) close(ctx context.Context) error {
	var problems []error
	for _, c := range slices.Backward(rt.takeClosers()) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		err := rt.within(ctx, c.name, c.f)
		cancel()
		if err != nil {
			problems = append(problems, fmt.Errorf("close %s: %w", c.name, err))
		}
	}
	return errors.Join(problems...)
}

// within runs f and waits for it until ctx ends. What has not returned by then is left behind: the process is about to end.
func (rt *Runtime) within(ctx context.Context, name string, f func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- rt.Guard(name, f) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return errNotInTime
	}
}
