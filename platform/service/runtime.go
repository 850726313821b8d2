package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Runtime is what a service finds around itself, and where it registers its parts.
type Runtime struct {
	// Log writes JSON lines with the attributes service and version.
	Log *slog.Logger
	// Metrics is what /metrics shows; it starts with the Go, process and build collectors.
	Metrics *prometheus.Registry
	// Stdout and Stderr are a command's: for its result, and for what a person wants to know meanwhile. A service's go nowhere.
	Stdout, Stderr io.Writer

	call      call // of the command that runs
	name      string
	started   time.Time
	readiness *readiness
	panics    *prometheus.CounterVec
	failed    chan error // the first error of a component; later ones are found when it is stopped

	mu         sync.Mutex // guards what follows
	components []Component
	sealed     bool // no component may come any more
	statuses   []*statusLine
	closers    []closer
}

type closer struct {
	name string
	f    func() error
}

// newRuntime makes the Runtime of one run, whose log goes to output.
func newRuntime(name string, level slog.Level, output io.Writer, metrics *prometheus.Registry) *Runtime {
	log := newLogger(output, level, name)
	rt := &Runtime{
		Log:       log,
		Metrics:   metrics,
		Stdout:    io.Discard,
		Stderr:    io.Discard,
		name:      name,
		started:   time.Now().UTC(),
		readiness: newReadiness(log),
		failed:    make(chan error, 1),
	}
	rt.panics = registerMetrics(rt.Metrics, name, rt.readiness)
	return rt
}

// About tells the service's name and version, as its log lines do.
func (rt *Runtime) About() (name, version string) { return rt.name, build().Version }

// Serve registers a component. Components start when Program.Serve has returned, in this order, and are stopped in the reverse order. A component
// that comes later panics: it would never start.
func (rt *Runtime) Serve(c Component) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.sealed {
		panic("service: component " + c.Name + " comes too late: only Program.Serve may register components")
	}
	rt.components = append(rt.components, c)
	rt.panics.WithLabelValues(c.Name) // so that it is there, at 0, before the first one
}

// Ready adds a condition of readiness, which starts false. Its name must be new.
func (rt *Runtime) Ready(name string) *Condition {
	return rt.readiness.add(name)
}

// WatchReady calls f at once with the present readiness and then on every change, one call after the other. f must not block and must not call the
// Runtime.
func (rt *Runtime) WatchReady(f func(ready bool)) {
	rt.readiness.watch(f)
}

// ReadyHandler answers as /readyz of the debug listener does, for a service whose public port is asked.
func (rt *Runtime) ReadyHandler() http.Handler {
	return http.HandlerFunc(rt.readyz)
}

// Status adds a line to /statusz: the JSON form of what f returns within one second. Its name must be new.
func (rt *Runtime) Status(name string, f func(ctx context.Context) any) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	taken := slices.ContainsFunc(rt.statuses, func(line *statusLine) bool { return line.name == name })
	if taken {
		panic("service: two status lines are called " + name)
	}
	rt.statuses = append(rt.statuses, newStatusLine(rt, name, f))
}

// OnClose registers what is closed after all components have stopped, in reverse order: pools and connections. f has two seconds.
func (rt *Runtime) OnClose(name string, f func() error) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.closers = append(rt.closers, closer{name: name, f: f})
}

// Guard runs f. A panic in it is logged with its stack, counted in service_panics_total under name and returned as an error. Every component runs
// under Guard and ends by its panic; one that should survive wraps the round of its loop.
func (rt *Runtime) Guard(name string, f func() error) (err error) {
	defer func() {
		value := recover()
		if value != nil {
			rt.panics.WithLabelValues(name).Inc()
			rt.Log.Error("panic", "component", name, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", value)
		}
	}()
	return f()
}

func (rt *Runtime) takeComponents() []Component {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.sealed = true
	return rt.components
}

func (rt *Runtime) takeClosers() []closer {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	closers := rt.closers
	rt.closers = nil
	return closers
}

func (rt *Runtime) statusLines() []*statusLine {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return slices.Clone(rt.statuses)
}
