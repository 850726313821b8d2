package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/limit/limittable"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
)

const (
	// refreshEvery is how often the signing keys are read again. A new key is public for keyLead before it is
	// used: replicas that are this far apart do no harm. It is also how often full buckets are deleted, of which a
	// flood of sign-ins from many addresses leaves as many.
	refreshEvery = time.Minute
	// sweepEvery is how often what nobody needs any more is deleted.
	sweepEvery = time.Hour
	// keptFor is how long what has had its day may lie around.
	keptFor = 24 * time.Hour
	// sweepBatch is how many rows one transaction deletes.
	sweepBatch = 500
	// expiredBatch is how many expired sessions or tokens one transaction ends: each is a DELETE and an event.
	expiredBatch = 100
)

// Keeper does what has to be done from time to time, on every replica: each job is harmless when several do
// it at once, and comes again when it fails.
type Keeper struct {
	keys  *Keyring
	store *Store
	log   *slog.Logger
}

// NewKeeper makes a keeper.
func NewKeeper(keys *Keyring, store *Store, log *slog.Logger) *Keeper {
	return &Keeper{keys: keys, store: store, log: log}
}

// Component lets the service run the keeper. It needs no time to stop: what it has begun is rolled back.
func (k *Keeper) Component() service.Component {
	return service.Component{Name: "keeper", Run: k.run}
}

func (k *Keeper) run(ctx context.Context) error {
	refresh, sweep := time.NewTicker(refreshEvery), time.NewTicker(sweepEvery)
	defer refresh.Stop()
	defer sweep.Stop()
	for {
		var err error
		select {
		case <-refresh.C:
			err = k.keys.Refresh(ctx)
			if !k.store.db.ReadOnly(ctx) {
				err = errors.Join(err, k.store.sweepBuckets(ctx))
			}
		case <-sweep.C:
			if !k.store.db.ReadOnly(ctx) {
				err = k.store.sweep(ctx)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
		if err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "keys or old rows have to wait for the next round", "error", err)
		}
	}
}

// sweeps delete what is of no use any more, a batch each time. Used and expired reset links stay for as long as a
// repeat of the request that used one is answered; a mail that was asked for a day ago is not wanted any more,
// whatever became of it.
var sweeps = []struct {
	statement string
	age       time.Duration
}{
	{`DELETE FROM password_resets WHERE expires_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND ORDER BY expires_at LIMIT ?`, keptFor},
	{`DELETE FROM tries WHERE tried_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND ORDER BY tried_at LIMIT ?`, triesWindow},
	{`DELETE FROM mails WHERE status IN (0, 1, 2) AND created_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND ORDER BY created_at LIMIT ?`, keptFor},
}

// sweep forgets old requests, ends expired sessions, deletes expired tokens and old rows.
func (s *Store) sweep(ctx context.Context) error {
	_, err := idempotency.Sweep(ctx, s.db)
	if err != nil {
		return err
	}
	for _, endSome := range []func(context.Context, int) (int, error){s.endExpired, s.deleteExpiredTokens} {
		for ended := expiredBatch; ended == expiredBatch; {
			ended, err = endSome(ctx, expiredBatch)
			if err != nil {
				return err
			}
		}
	}
	for _, old := range sweeps {
		err = s.sweepBatches(ctx, old.statement, old.age)
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepBuckets deletes the buckets that are full.
func (s *Store) sweepBuckets(ctx context.Context) error { return limittable.Sweep(ctx, s.db) }

func (s *Store) sweepBatches(ctx context.Context, statement string, age time.Duration) error {
	for deleted := int64(sweepBatch); deleted == sweepBatch; {
		err := s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			result, err := tx.Exec(ctx, statement, seconds(age), sweepBatch)
			if err != nil {
				return fmt.Errorf("delete old rows: %w", err)
			}
			deleted, err = result.RowsAffected()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
