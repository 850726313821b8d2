package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"gitlab.com/notejam/notejam/platform/service"
)

const (
	// measureEvery is how often the age of what is not signed is measured.
	measureEvery = 30 * time.Second
	// firstPart is the part of the interval within which a replica signs for the
	// first time: replicas that start together do not sign together, and those
	// that never live long sign nevertheless.
	firstPart = 0.1
)

// CheckpointerConfig is what a checkpointer needs.
type CheckpointerConfig struct {
	Store   *Store
	Keys    *Keys
	Every   time.Duration
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Checkpointer signs, at an interval, the chains that have grown. One in each
// replica: they share the work. Without a key it only measures what it leaves.
type Checkpointer struct {
	store *Store
	keys  *Keys
	every time.Duration
	log   *slog.Logger
	now   func() time.Time

	signed prometheus.Counter
	oldest prometheus.Gauge

	mu   sync.Mutex
	last *signing // the last run that is complete
	err  error    // why the last run was not
}

// NewCheckpointer makes a checkpointer; Run starts it.
func NewCheckpointer(cfg CheckpointerConfig) *Checkpointer {
	return &Checkpointer{
		store: cfg.Store,
		keys:  cfg.Keys,
		every: cfg.Every,
		log:   cfg.Log.With("component", "checkpointer"),
		now:   time.Now,
		signed: promauto.With(cfg.Metrics).NewCounter(prometheus.CounterOpts{
			Name: "audit_checkpoints_total",
			Help: "Checkpoints that this replica has signed.",
		}),
		oldest: promauto.With(cfg.Metrics).NewGauge(prometheus.GaugeOpts{
			Name: "audit_unsigned_seconds",
			Help: "Age of the oldest recorded event that no checkpoint covers; 0 when there is none. Measured every 30 s.",
		}),
	}
}

// Component lets the service run the checkpointer. It needs no time to stop:
// what it has begun is rolled back.
func (c *Checkpointer) Component() service.Component {
	return service.Component{Name: "checkpointer", Run: c.Run}
}

// Run signs until ctx ends.
func (c *Checkpointer) Run(ctx context.Context) error {
	var measuring sync.WaitGroup
	measuring.Go(func() { c.measure(ctx) })
	defer measuring.Wait()
	if !c.keys.canSign() {
		c.log.WarnContext(ctx, "no checkpoints are signed: there is no key")
		<-ctx.Done()
		return ctx.Err()
	}
	c.log.InfoContext(ctx, "checkpoints are signed", "every", c.every, "key_id", c.keys.id, "public_key", c.keys.publicKey(c.keys.id))
	pause := time.Duration(firstPart * float64(c.every) * rand.Float64()) //nolint:gosec // spreads load, guards nothing
	for {
		sleep(ctx, pause)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if c.store.db.ReadOnly(ctx) {
			pause = jittered(min(c.every, measureEvery))
			continue
		}
		err := c.Sign(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "signing stopped and will go on later", "error", err)
		}
		c.note(err)
		pause = jittered(c.every)
	}
}

// signing is one run over the chains: all its checkpoints have one time, and
// its digest covers their texts in the order of accounts.
type signing struct {
	at     time.Time
	chains int
	digest hash.Hash
}

func newSigning(at time.Time) *signing { return &signing{at: at, digest: sha256.New()} }

func (c *Checkpointer) begin() *signing { return newSigning(c.now().UTC().Truncate(time.Microsecond)) }

// Sign signs all chains that are due. Chains that somebody else has just then
// are left out at first, and have a run of their own.
func (c *Checkpointer) Sign(ctx context.Context) error {
	run := c.begin()
	var busy []string
	for next := new(string); next != nil; {
		accounts, after, err := c.store.Due(ctx, *next)
		if err != nil {
			return err
		}
		signed, err := c.sign(ctx, run, accounts, false)
		if err != nil {
			return err
		}
		busy = append(busy, without(accounts, signed)...)
		next = after
	}
	c.finish(ctx, run)
	if len(busy) == 0 {
		return nil
	}
	run = c.begin()
	for begin := 0; begin < len(busy); begin += signBatch {
		_, err := c.sign(ctx, run, busy[begin:min(begin+signBatch, len(busy))], true)
		if err != nil {
			return err
		}
	}
	c.finish(ctx, run)
	return nil
}

func (c *Checkpointer) sign(ctx context.Context, run *signing, accounts []string, wait bool) ([]Checkpoint, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	signed, err := c.store.Sign(ctx, accounts, wait, func(checkpoint Checkpoint) Checkpoint {
		checkpoint.Time = run.at
		return c.keys.sign(checkpoint)
	})
	for _, checkpoint := range signed {
		run.add(checkpoint)
	}
	c.signed.Add(float64(len(signed)))
	return signed, err
}

func (s *signing) add(c Checkpoint) {
	s.chains++
	_, _ = s.digest.Write(c.text()) // never fails
}

func (s *signing) sum() string { return hex.EncodeToString(s.digest.Sum(nil)) }

// finish leaves a word where the database's owner cannot take it back: with it,
// `audit verify --run` shows whether a checkpoint of the run is gone.
func (c *Checkpointer) finish(ctx context.Context, run *signing) {
	c.log.InfoContext(ctx, "checkpoints signed", "run", run.at.Format(canonicalTime), "chains", run.chains, "digest", run.sum())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = run
}

// without gives the accounts that have no checkpoint among those.
func without(accounts []string, signed []Checkpoint) []string {
	var rest []string
	for _, account := range accounts {
		if len(signed) > 0 && signed[0].Account == account { // both are in order
			signed = signed[1:]
			continue
		}
		rest = append(rest, account)
	}
	return rest
}

// measure keeps the gauge true until ctx ends. While the database is away it
// keeps its last value.
func (c *Checkpointer) measure(ctx context.Context) {
	for ctx.Err() == nil {
		age, err := c.store.OldestUnsigned(ctx)
		if err == nil {
			c.oldest.Set(age.Seconds())
		}
		sleep(ctx, measureEvery)
	}
}

func (c *Checkpointer) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// Status is the checkpointer's line on /statusz.
func (c *Checkpointer) Status(ctx context.Context) any {
	type status struct {
		KeyID          string     `json:"key_id,omitempty"`
		LastRun        *time.Time `json:"last_run,omitempty"`
		Error          string     `json:"error,omitempty"`
		OldestUnsigned string     `json:"oldest_unsigned,omitempty"`
	}
	age, err := c.store.OldestUnsigned(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	s := status{KeyID: c.keys.id}
	if c.last != nil {
		s.LastRun = &c.last.at
	}
	if c.err != nil {
		err = c.err
	}
	if err != nil {
		s.Error = err.Error()
	}
	if age > 0 {
		s.OldestUnsigned = age.Round(time.Millisecond).String()
	}
	return s
}
