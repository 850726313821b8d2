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

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/service"
)

const (
	// workers is how many messages are recorded at once: half of the database
	// pool, so that readers of the trail do not wait for its writers.
	workers = 5
	// maxUnprocessed is how many messages are held that no worker has finished.
	// What is held here, another replica cannot have.
	maxUnprocessed = 2 * workers
	// workTime is the most that recording one message may take. A transaction
	// takes up to 3 s.
	workTime = 10 * time.Second
	// jitter is the part by which every pause is longer or shorter.
	jitter = 0.2
)

// pace is the consumer's patience. Tests are more impatient.
type pace struct {
	wait                 time.Duration // of a long poll
	keep                 time.Duration // how long a message that is worked on is kept from other replicas in all
	minPause, maxPause   time.Duration // between tries of a queue or database that fails; doubling
	minReturn, maxReturn time.Duration // until a message whose recording failed comes again; doubling
	linger               time.Duration // how long a finished message waits for others to be deleted with
}

var defaultPace = pace{
	wait:      queue.MaxWait,
	keep:      5 * time.Minute,
	minPause:  time.Second,
	maxPause:  15 * time.Second,
	minReturn: 5 * time.Second,
	maxReturn: time.Minute,
	linger:    50 * time.Millisecond,
}

// ConsumerConfig is what a consumer needs.
type ConsumerConfig struct {
	Queue   *queue.Queue
	Store   recorder
	Log     *slog.Logger
	Metrics prometheus.Registerer
	// Visibility is how long a received message is hidden from other replicas,
	// which is also how long the messages of a crashed one wait. It is extended
	// while a message is worked on.
	Visibility time.Duration
}

// recorder is the *Store.
type recorder interface {
	Check(ctx context.Context) error
	Record(ctx context.Context, e Event) (isNew bool, err error)
	Quarantine(ctx context.Context, body, reason string) (isNew bool, err error)
}

// Consumer takes messages from the queue, has them recorded, and deletes only
// what is recorded. A message that fails comes again later; one that can never
// succeed goes into quarantine at once. It never gives up.
type Consumer struct {
	queue      *queue.Queue
	store      recorder
	log        *slog.Logger
	metrics    *consumerMetrics
	visibility time.Duration
	pace       pace

	slots    chan struct{} // one for each unprocessed message
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
		log:        cfg.Log.With("component", "consumer"),
		metrics:    newConsumerMetrics(cfg.Metrics),
		visibility: cfg.Visibility,
		pace:       defaultPace,
		slots:      make(chan struct{}, maxUnprocessed),
		held:       held{deliveries: map[*delivery]bool{}},
		stopping:   make(chan struct{}),
		done:       make(chan struct{}),
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
	waiting := make(chan *delivery, maxUnprocessed)
	finished := make(chan *delivery)
	beating, stopBeating := context.WithCancel(ctx)
	var recording, deleting, keeping sync.WaitGroup
	for range workers {
		recording.Go(func() { c.work(ctx, waiting, finished) })
	}
	deleting.Go(func() { c.deleteAll(ctx, finished) })
	keeping.Go(func() { c.keep(beating) })

	c.receiveAll(ctx, waiting)
	close(waiting)
	recording.Wait()
	close(finished)
	deleting.Wait()
	stopBeating()
	keeping.Wait()
	return ctx.Err()
}

// receiveAll takes messages whenever there is room for them.
func (c *Consumer) receiveAll(ctx context.Context, waiting chan<- *delivery) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // a long poll ends when the consumer is to stop
		select {
		case <-c.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	pause := c.pace.minPause
	for ctx.Err() == nil {
		room := c.takeRoom(ctx)
		if ctx.Err() != nil {
			return
		}
		messages, err := c.receive(ctx, room)
		c.giveRoom(room - len(messages))
		for _, message := range messages {
			waiting <- c.held.add(message) // never blocks: there is room
		}
		if ctx.Err() != nil {
			return
		}
		c.note(err)
		if err == nil {
			pause = c.pace.minPause
			continue
		}
		sleep(ctx, jittered(pause))
		pause = min(2*pause, c.pace.maxPause)
	}
}

// receive takes up to room messages. It takes none before the database has
// answered after a failure: every delivery counts towards the dead-letter
// queue, and a database that is away is not the messages' fault.
func (c *Consumer) receive(ctx context.Context, room int) ([]queue.Message, error) {
	if c.suspect.Load() {
		err := c.store.Check(ctx)
		if err != nil {
			return nil, err
		}
		c.suspect.Store(false)
	}
	return c.queue.Receive(ctx, room, c.pace.wait, c.visibility)
}

// takeRoom waits until a worker's worth of room is free, so that messages are
// received by the handful, and takes what there is.
func (c *Consumer) takeRoom(ctx context.Context) (room int) {
	for room < workers {
		select {
		case c.slots <- struct{}{}:
			room++
		case <-ctx.Done():
			return room
		}
	}
	for {
		select {
		case c.slots <- struct{}{}:
			room++
		default:
			return room
		}
	}
}

func (c *Consumer) giveRoom(n int) {
	for range n {
		<-c.slots
	}
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
