package notes

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/service"
)

// Sweeper purges what was deleted longer ago than it is kept, and forgets old requests. One in each replica: they share the work.
type Sweeper struct {
	store     *Store
	retention time.Duration
	every     time.Duration
	log       *slog.Logger
}

// NewSweeper makes a sweeper that works now and then, once in every ± 20 %.
func NewSweeper(store *Store, retention, every time.Duration, log *slog.Logger) *Sweeper {
	return &Sweeper{store: store, retention: retention, every: every, log: log}
}

// Component lets the service run the sweeper. It needs no time to stop: what it has begun is rolled back.
func (s *Sweeper) Component() service.Component {
	return service.Component{Name: "sweeper", Run: s.run}
}

func (s *Sweeper) run(ctx context.Context) error {
	for {
		jitter := 0.8 + 0.4*rand.Float64() //nolint:gosec // spreads load, guards nothing
		select {
		case <-time.After(time.Duration(float64(s.every) * jitter)):
		case <-ctx.Done():
			return ctx.Err()
		}
		if s.store.db.ReadOnly(ctx) {
			continue
		}
		err := s.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "sweeping stopped and will go on later", "error", err)
		}
	}
}

// Sweep does all there is to do now.
func (s *Sweeper) Sweep(ctx context.Context) error {
	before := s.store.time().Add(-s.retention)
	// Notes first: a pad that is still there while its notes go can be restored, without them.
	notes, notesErr := s.all(ctx, before, s.store.PurgeNotes)
	hidden, hiddenErr := s.all(ctx, before, s.store.PurgeHiddenNotes)
	pads, padsErr := s.all(ctx, before, s.store.PurgePads)
	requests, requestsErr := idempotency.Sweep(ctx, s.store.db)
	if notes+hidden+pads > 0 {
		s.log.InfoContext(ctx, "purged", "notes", notes+hidden, "pads", pads, "requests", requests)
	}
	return errors.Join(notesErr, hiddenErr, padsErr, requestsErr)
}

// all purges batch after batch until one is not full.
func (s *Sweeper) all(ctx context.Context, before time.Time, purge func(ctx context.Context, before time.Time) (int, error)) (purged int, err error) {
	for {
		n, err := purge(ctx, before)
		purged += n
		if err != nil || n < purgeBatch {
			return purged, err
		}
	}
}
