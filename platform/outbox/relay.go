package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/service"
)

// The relay's pace.
const (
	// gather lies between sends, so that events of one moment leave together: ten
	// full batches at a thousand writes a second.
	gather = 100 * time.Millisecond
	// The table is searched as often as minIdle while there is something in it,
	// and ever more rarely down to maxIdle, which is the longest that an event of
	// a process that ended waits after its lease.
	minIdle = 20 * time.Millisecond
	maxIdle = time.Second
	// backlogEvery is the least time from one full round to the next: a backlog is
	// worked off at 1,250 events a second, and not as fast as it goes, for those who
	// write meanwhile share the database with it.
	backlogEvery = batchRows * time.Second / 1250
	// minPause and maxPause are how long a relay leaves a queue or a database
	// alone that failed; each failure doubles the pause.
	minPause = time.Second
	maxPause = 15 * time.Second
	// jitter is the part by which every wait is longer or shorter, so that
	// replicas do not march in step.
	jitter = 0.2
)

// Sender takes messages for the queue: a *queue.Queue.
type Sender interface {
	Send(ctx context.Context, entries []queue.Entry) (queue.SendResult, error)
}

// RelayConfig is what a relay needs.
type RelayConfig struct {
	DB      *mysql.DB
	Queue   Sender
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Timing  Timing
	// Tracer records when an event of a traced request is sent; nil for none.
	Tracer trace.TracerProvider
	// Now is the process's clock, with which a relay measures how much of a lease
	// has passed; nil means time.Now. When rows are due is the database's to say.
	Now func() time.Time
}

// Relay moves events to the queue: those of its own process, which it is handed
// after their commit, and those that it finds in the table, of processes that
// ended and of times when the queue was away. It never gives up. Any number of
// relays may work on one table, in any number of processes: a row belongs to one
// token for a limited time, by the database's clock.
//
// Rows that the queue has accepted stay in the table with status 1 until their
// reader confirms that it has them; see Reconciler. What is parked (status 2)
// the queue will not take as it is; it waits for a person.
type Relay struct {
	rows     rows
	token    string // of the rows that Append writes for this relay; a round has its own
	fresh    fresh
	running  atomic.Bool
	queue    Sender
	spans    spans
	log      *slog.Logger
	metrics  *relayMetrics
	lease    time.Duration
	now      func() time.Time
	wake     chan struct{}
	stopping chan struct{}
	stop     func() // closes stopping, once
	done     chan struct{}
	health   health
}

// NewRelay makes a relay; Run starts it.
func NewRelay(cfg RelayConfig) *Relay {
	timing := cfg.Timing.complete()
	r := &Relay{
		rows:     rows{db: cfg.DB, lease: timing.Lease, confirmAfter: timing.ConfirmAfter},
		token:    uuid.NewString(),
		queue:    cfg.Queue,
		spans:    spans{cfg.Tracer},
		log:      cfg.Log.With("component", "outbox relay"),
		metrics:  newRelayMetrics(cfg.Metrics),
		lease:    timing.Lease,
		now:      cfg.Now,
		wake:     make(chan struct{}, 1),
		stopping: make(chan struct{}),
		done:     make(chan struct{}),
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.stop = sync.OnceFunc(func() { close(r.stopping) })
	return r
}

// Component lets a service run the relay. When the service drains, the relay
// claims no more: its rows belong to the other replicas.
func (r *Relay) Component() service.Component {
	return service.Component{Name: "outbox relay", Run: r.Run, Drain: r.stop, Stop: r.Stop}
}

// Wake tells the relay that there is a new row. It never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it has been told already
	}
}

// Stop lets the send under way end, gives the other claimed rows back and ends
// Run. It waits for that until ctx ends.
func (r *Relay) Stop(ctx context.Context) error {
	r.stop()
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop outbox relay: %w", ctx.Err())
	}
}

// Run relays until Stop. The end of ctx ends it at once; rows that it has then
// wait for the end of their lease. Run is called once.
func (r *Relay) Run(ctx context.Context) error {
	defer close(r.done)
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { r.watch(ctx) })
	defer watching.Wait()
	defer cancel()

	r.running.Store(true)
	idle, wait := minIdle, minPause
	var look time.Time // when the table is searched next
	for !r.stopped() {
		if r.rows.db.ReadOnly(ctx) {
			r.sleep(ctx, maxIdle, nil)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		did, err := r.guarded(ctx, r.sendFresh)
		backlog := false
		if err == nil && !time.Now().Before(look) {
			began := time.Now()
			var found worked
			found, err = r.guarded(ctx, r.round)
			idle = min(2*idle, maxIdle)
			if found.claimed > 0 {
				idle = minIdle
			}
			look = time.Now().Add(jittered(idle))
			backlog = found.more
			if backlog {
				look = began.Add(backlogEvery)
			}
			did.claimed += found.claimed
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.note(did, err)
		if r.health.ok() {
			wait = minPause
		}
		switch {
		case err != nil:
			r.sleep(ctx, jittered(wait), nil)
			wait = min(2*wait, maxPause)
			look = time.Time{}
		case did.more:
		case backlog:
			r.sleep(ctx, time.Until(look), nil)
		default:
			r.sleep(ctx, gather, nil)
			woken := r.sleep(ctx, time.Until(look), r.wake)
			if woken && r.fresh.len() == 0 {
				look = time.Time{} // the event is in the table
			}
		}
	}
	r.giveBack(ctx, r.fresh.close())
	return nil
}

func (r *Relay) stopped() bool {
	select {
	case <-r.stopping:
		return true
	default:
		return false
	}
}

// sleep waits for d, or until the relay is stopped or woken. It tells whether
// it was woken.
func (r *Relay) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) (woken bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-wake:
		return true
	case <-timer.C:
	case <-r.stopping:
	case <-ctx.Done():
	}
	return false
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64())) //nolint:gosec // a jitter is no secret
}

// guarded is a piece of work whose panic is an error: the relay outlives it.
func (r *Relay) guarded(ctx context.Context, work func(context.Context) (worked, error)) (did worked, err error) {
	defer func() {
		value := recover()
		if value != nil {
			r.metrics.panics.Inc()
			r.log.Error("panic", "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return work(ctx)
}

var errPanic = errors.New("a round of the relay panicked")
