package service

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// Condition is one thing that must be true for the service to be ready, for example that its database was reached. Conditions should be of the kind
// "reached once": if a shared dependency that goes away made every replica unready, the whole service would vanish instead of answering fast that
// it is degraded.
type Condition struct {
	name   string
	of     *readiness
	err    error // why it is not true; nil when it is
	change time.Time
}

var errNotYet = errors.New("not reached yet")

// Set makes the condition true (nil), or false for the reason err.
func (c *Condition) Set(err error) {
	changed := false
	c.of.update(func() {
		changed = (c.err == nil) != (err == nil)
		c.err = err
		if changed {
			c.change = time.Now().UTC()
		}
	})
	switch {
	case !changed:
	case err != nil:
		c.of.log.Warn("condition became false", "condition", c.name, "error", err)
	default:
		c.of.log.Info("condition became true", "condition", c.name)
	}
}

// readiness decides whether the service is ready: started, not draining, every condition true.
type readiness struct {
	log     *slog.Logger
	reached chan struct{} // closed when it is ready for the first time

	mu         sync.Mutex
	started    bool
	draining   bool
	ready      bool
	wasReady   bool
	conditions []*Condition
	watchers   []func(ready bool)
}

func newReadiness(log *slog.Logger) *readiness {
	return &readiness{log: log, reached: make(chan struct{})}
}

func (r *readiness) add(name string) *Condition {
	c := &Condition{name: name, of: r, err: errNotYet, change: time.Now().UTC()}
	r.update(func() {
		if slices.ContainsFunc(r.conditions, func(other *Condition) bool { return other.name == name }) {
			panic("service: two conditions are called " + name)
		}
		r.conditions = append(r.conditions, c)
	})
	return c
}

func (r *readiness) watch(f func(ready bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = append(r.watchers, f)
	f(r.ready)
}

func (r *readiness) start() {
	r.update(func() { r.started = true })
}

// drain makes the service unready for good and tells whether it ever was ready.
func (r *readiness) drain() bool {
	r.update(func() { r.draining = true })
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wasReady
}

// update makes a change and tells the watchers if the readiness is another one now. They are told under the lock, so that no two of them can be told
// different things last.
func (r *readiness) update(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	waiting := slices.ContainsFunc(r.conditions, func(c *Condition) bool { return c.err != nil })
	ready := r.started && !r.draining && !waiting
	if ready == r.ready {
		return
	}
	r.ready = ready
	if ready && !r.wasReady {
		r.wasReady = true
		close(r.reached)
	}
	for _, f := range r.watchers {
		f(ready)
	}
}

// readyState is the readiness at one moment, as /readyz and /statusz show it.
type readyState struct {
	Ready      bool             `json:"ready"`
	Draining   bool             `json:"draining"`
	Conditions []conditionState `json:"conditions"`
}

type conditionState struct {
	Name  string    `json:"name"`
	OK    bool      `json:"ok"`
	Since time.Time `json:"since"`
	Error string    `json:"error,omitempty"`
}

func (r *readiness) state() readyState {
	r.mu.Lock()
	defer r.mu.Unlock()
	state := readyState{Ready: r.ready, Draining: r.draining, Conditions: []conditionState{}}
	for _, c := range r.conditions {
		line := conditionState{Name: c.name, OK: c.err == nil, Since: c.change}
		if c.err != nil {
			line.Error = c.err.Error()
		}
		state.Conditions = append(state.Conditions, line)
	}
	return state
}

// waiting names the conditions that are false.
func (s readyState) waiting() []string {
	names := []string{}
	for _, c := range s.Conditions {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return names
}

// reasons says why each of them is false.
func (s readyState) reasons() string {
	var reasons []string
	for _, c := range s.Conditions {
		if !c.OK {
			reasons = append(reasons, c.Name+": "+c.Error)
		}
	}
	return strings.Join(reasons, "; ")
}
