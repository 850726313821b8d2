package audit

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/service"
)

const (
	// workers is how many batches are recorded at once. One holds most loads, for
	// it records ten events at a time; the others go on while one waits for a lock.
	workers = 3
	// workTime is the most that recording may take. A transaction takes up to 3 s.
	workTime = 10 * time.Second
	// jitter is the part by which every pause is longer or shorter.
	jitter = 0.2
)

// pace is the consumer's patience. Tests are more impatient.
type pace struct {
	wait                 time.Duration // of a long poll
	gather               time.Duration // before the next receive after an almost empty one; less, the more it brought
	keep                 time.Duration // how long a message that is worked on is kept from other replicas in all
	minPause, maxPause   time.Duration // between tries of a queue or database that fails; doubling
	minReturn, maxReturn time.Duration // until a message whose recording failed comes again; doubling
}

var defaultPace = pace{
	wait:      queue.MaxWait,
	gather:    100 * time.Millisecond,
	keep:      5 * time.Minute,
	minPause:  time.Second,
	maxPause:  15 * time.Second,
	minReturn: 5 * time.Second,
	maxReturn: time.Minute,
}

// ConsumerConfig is what a consumer needs.
type ConsumerConfig struct {
	Queue   *queue.Queue
	Store   recorder
	Log     *slog.Logger
	Metrics prometheus.Registerer
	// Tracer records when an event of a traced request is recorded; nil for none.
	Tracer trace.TracerProvider
	// Visibility is how long a received message is hidden from other replicas,
	// which is also how long the messages of a crashed one wait. It is extended
	// while a message is worked on.
	Visibility time.Duration
	// ReadOnly tells whether nothing can be recorded for now: then no message is
	// taken, for every delivery counts towards the dead-letter queue; nil for never.
	ReadOnly func(ctx context.Context) bool
}

// recorder is the *Store.
type recorder interface {
	Check(ctx context.Context) error
	Record(ctx context.Context, events []Event) (isNew []bool, err error)
	Quarantine(ctx context.Context, body, reason string) (isNew bool, err error)
}

// Consumer takes messages from the queue, has them recorded, and deletes only
// what is recorded. A message that fails comes again later; one that can never
// succeed goes into quarantine at once. It never gives up.
type Consumer struct {
	queue      *queue.Queue
	store      recorder
	spans      spans
	log        *slog.Logger
	metrics    *consumerMetrics
	visibility time.Duration
	readOnly   func(ctx context.Context) bool
	pace       pace

	turn     chan struct{} // held by the worker that receives
	next     time.Time     // when it may; held with the turn, as is failures
	failures int           // receives that failed in a row
	held     held
	suspect  atomic.Bool // the database is to be checked before more messages are taken
	health   health
	stopping chan struct{}
	stop     func() // closes stopping, once
	done     chan struct{}
}

// NewConsumer makes a consumer; Run starts it.
func NewConsumer(cfg ConsumerConfig) *Consumer {
	c := &Consumer{
		queue:      cfg.Queue,
		store:      cfg.Store,
		spans:      spans{cfg.Tracer},
		log:        cfg.Log.With("component", "consumer"),
		metrics:    newConsumerMetrics(cfg.Metrics),
		visibility: cfg.Visibility,
		readOnly:   cfg.ReadOnly,
		pace:       defaultPace,
		turn:       make(chan struct{}, 1),
		held:       held{deliveries: map[*delivery]bool{}},
		stopping:   make(chan struct{}),
		done:       make(chan struct{}),
	}
	if c.readOnly == nil {
		c.readOnly = func(context.Context) bool { return false }
	}
	c.suspect.Store(true)
	c.stop = sync.OnceFunc(func() { close(c.stopping) })
	return c
}

// Component lets the service run the consumer. When the service drains, the
// consumer receives no more: what is in the queue belongs to other replicas.
func (c *Consumer) Component() service.Component {
	return service.Component{Name: "consumer", Run: c.Run, Drain: c.stop, Stop: c.Stop}
}

// Stop lets the messages that are worked on be finished, gives the others back
// and ends Run. It waits for that until ctx ends.
func (c *Consumer) Stop(ctx context.Context) error {
	c.stop()
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop consumer: %w", ctx.Err())
	}
}

// Run consumes until Stop. The end of ctx ends it at once; messages that are
// held then come again when their visibility ends. Run is called once.
func (c *Consumer) Run(ctx context.Context) error {
	defer close(c.done)
	receiving, stopReceiving := context.WithCancel(ctx)
	beating, stopBeating := context.WithCancel(ctx)
	var working, keeping sync.WaitGroup
	keeping.Go(func() { c.keep(beating) })
	keeping.Go(func() { // a long poll ends when the consumer is to stop
		select {
		case <-c.stopping:
		case <-ctx.Done():
		}
		stopReceiving()
	})
	for range workers {
		working.Go(func() {
			for receiving.Err() == nil {
				c.process(ctx, c.receive(receiving))
			}
		})
	}
	<-receiving.Done()
	working.Wait()
	stopBeating()
	keeping.Wait()
	return ctx.Err()
}

// receive waits for this worker's turn and takes one batch. One worker receives
// at a time, so that a quiet queue has one long poll to answer, and a failing
// one is asked once.
func (c *Consumer) receive(ctx context.Context) []*delivery {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil
	}
	sleep(ctx, time.Until(c.next))
	for ctx.Err() == nil && c.readOnly(ctx) {
		sleep(ctx, c.pace.minPause)
	}
	if ctx.Err() != nil {
		return nil
	}
	messages, err := c.receiveBatch(ctx)
	if ctx.Err() == nil {
		c.note(err)
	}
	if err != nil {
		c.next = time.Now().Add(jittered(c.backoff()))
		c.failures++
		return nil
	}
	// A receive that brings few messages comes too often: fewer, fuller batches
	// cost everybody less. One that is full has more behind it.
	c.failures = 0
	missing := queue.MaxEntries - len(messages)
	c.next = time.Now().Add(time.Duration(missing) * (c.pace.gather / queue.MaxEntries))
	batch := make([]*delivery, len(messages))
	for i, message := range messages {
		batch[i] = c.held.add(message)
	}
	return batch
}

// receiveBatch takes no messages before the database has answered after a
// failure: every delivery counts towards the dead-letter queue, and a database
// that is away is not the messages' fault.
func (c *Consumer) receiveBatch(ctx context.Context) ([]queue.Message, error) {
	if c.suspect.Load() {
		err := c.store.Check(ctx)
		if err != nil {
			return nil, err
		}
		c.suspect.Store(false)
	}
	return c.queue.Receive(ctx, queue.MaxEntries, c.pace.wait, c.visibility)
}

// backoff doubles with each failure.
func (c *Consumer) backoff() time.Duration {
	wait := c.pace.minPause
	for range c.failures {
		wait = min(2*wait, c.pace.maxPause)
	}
	return wait
}

func sleep(ctx context.Context, d time.Duration) {
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
