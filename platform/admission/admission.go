// Package admission keeps a process from taking on more than it can do: so many
// things at once, the rest is refused at once or after a short wait. What is
// worth least is refused first (classes.go).
package admission

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/planted"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// retryIn is when whoever was refused may come again: overload that ends at all
// is mostly over then, and one call a second of each is no flood.
const retryIn = time.Second

// errFull is the answer to what is refused.
var errFull = fault.New(fault.Unavailable, fault.ReasonOverloaded, "Notejam is busy right now. Try again in a moment.").RetryIn(retryIn)

// Config is what a gate is made of.
type Config struct {
	// Limit is how many may be inside at once.
	Limit int
	// Wait is how long one waits for room before it is refused; 0 for not at all.
	Wait time.Duration
	// Metrics and Prefix name the gate's metrics: <prefix>_in_flight and
	// <prefix>_shed_total.
	Metrics prometheus.Registerer
	Prefix  string
}

// Gate lets in what there is room for. Make one with New.
type Gate struct {
	rooms [classes]int // by class: how many may be inside after one of it came in
	wait  time.Duration
	queue int // how many of one class may wait
	shed  [classes]prometheus.Counter

	mu      sync.Mutex
	inside  int
	waiting [classes][]chan struct{} // each is closed when its owner is inside
}

// New makes a gate and registers its metrics.
func New(cfg Config) *Gate {
	g := &Gate{rooms: rooms(cfg.Limit), wait: cfg.Wait, queue: cfg.Limit}
	shed := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: cfg.Prefix + "_shed_total",
		Help: "What was refused because too much was in flight, by class: batch is given up first, session last.",
	}, []string{"class"})
	for class := range names {
		g.shed[class] = shed.WithLabelValues(names[class])
	}
	cfg.Metrics.MustRegister(shed, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: cfg.Prefix + "_in_flight",
		Help: "What is being done now. Those that wait for room are not in it.",
	}, func() float64 { return float64(g.Inside()) }))
	return g
}

// Enter comes in, after a short wait if need be. It fails with OVERLOADED when
// there is no room, or with the context's end. Whoever came in must Leave.
func (g *Gate) Enter(ctx context.Context, class policypb.Class) error {
	g.mu.Lock()
	if g.inside < g.rooms[class] || planted.Bug(planted.ShedNothing) {
		g.inside++
		g.mu.Unlock()
		return nil
	}
	if g.wait == 0 || len(g.waiting[class]) >= g.queue {
		g.mu.Unlock()
		return g.refuse(class)
	}
	turn := make(chan struct{})
	g.waiting[class] = append(g.waiting[class], turn)
	g.mu.Unlock()

	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	select {
	case <-turn:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	if g.called(class, turn) {
		return nil
	}
	err := ctx.Err()
	if err != nil {
		return err //nolint:wrapcheck // the caller's own
	}
	return g.refuse(class)
}

// Leave makes room, for whoever waits and is worth most.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	for class := classes - 1; class > 0; class-- {
		for len(g.waiting[class]) > 0 && g.inside < g.rooms[class] {
			close(g.waiting[class][0])
			g.waiting[class] = g.waiting[class][1:]
			g.inside++
		}
	}
}

// Inside says how many are inside.
func (g *Gate) Inside() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside
}

// called says whether somebody who gave up waiting was let in at the last
// moment, and takes them out of the queue if not.
func (g *Gate) called(class policypb.Class, turn chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := slices.Index(g.waiting[class], turn)
	if at < 0 {
		return true
	}
	g.waiting[class] = slices.Delete(g.waiting[class], at, at+1)
	return false
}

func (g *Gate) refuse(class policypb.Class) error {
	g.shed[class].Inc()
	return errFull
}
