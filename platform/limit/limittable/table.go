// Package limittable keeps the buckets of limits in a table, which all replicas of a service take from. It is a package of its own so that a service
// without a database needs none for the limits that it keeps in memory.
package limittable

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// Schema is the statement that creates the table. A service that uses it has a migration that is a copy of that text.
//
//go:embed schema.sql
var Schema string

// sweepBatch is how many rows one transaction deletes: few enough that nobody waits for it.
const sweepBatch = 500

// Config is what a Table needs.
type Config struct {
	DB *mysql.DB
	// Blind makes 32 bytes of a key, against which nobody who reads the table can test guesses: keys are addresses of all kinds.
	Blind   func(key []byte) []byte
	Metrics *limit.Metrics
}

// Table is the table of Schema. Its clock is the database's. When the database is away, asking fails: it is for work that needs the database anyway.
type Table struct{ cfg Config }

// New makes a Table.
func New(cfg Config) *Table { return &Table{cfg} }

// Take takes a token out of the bucket of a key, if there is one, in a transaction of its own. Name is the limit's, in the metric and in the key: the
// same key in two limits is two buckets.
func (t *Table) Take(ctx context.Context, name string, rate limit.Rate, key string) (limit.Answer, error) {
	if rate.Off() {
		return limit.Answer{Allowed: true}, nil
	}
	answer, err := t.take(ctx, rate, t.cfg.Blind([]byte(name+"\x00"+key)))
	if err != nil {
		return limit.Answer{}, fmt.Errorf("ask the limit %s: %w", name, err)
	}
	t.cfg.Metrics.Count(name, answer.Allowed)
	return answer, nil
}

// take makes sure that there is a row, and then takes the token and decides in one statement: whether it found the row is the answer. The row is locked
// from the first statement on, so that replicas take one after the other.
func (t *Table) take(ctx context.Context, rate limit.Rate, k []byte) (answer limit.Answer, err error) {
	cost := rate.Pace().Microseconds()
	err = t.cfg.DB.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `
INSERT INTO limits (
	k,
	tat_us
) VALUES (?, 0)
ON DUPLICATE KEY UPDATE k = k`, k)
		if err != nil {
			return fmt.Errorf("insert bucket: %w", err)
		}
		result, err := tx.Exec(ctx, `
UPDATE limits SET
	tat_us = GREATEST(tat_us, `+nowMicros+`) + ?
WHERE k = ? AND tat_us <= `+nowMicros+` + ?`,
			cost, k, cost*int64(rate.Burst-1))
		if err != nil {
			return fmt.Errorf("update bucket: %w", err)
		}
		taken, err := result.RowsAffected() // rows found: every Tx counts them so
		if err != nil {
			return err
		}
		var left int64
		err = tx.QueryRow(ctx, `
SELECT
	tat_us - `+nowMicros+`
FROM limits
WHERE k = ?`, k).Scan(&left)
		if err != nil {
			return fmt.Errorf("read bucket: %w", err)
		}
		full := time.Duration(left) * time.Microsecond
		answer = rate.Ask(full, 0)
		if taken == 0 {
			answer = limit.Answer{Full: full, Retry: max(full-rate.Refill()+rate.Pace(), time.Microsecond)}
		}
		return nil
	})
	return answer, err
}

// nowMicros is the present by the database's clock. The session's zone is UTC.
const nowMicros = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))`

// Sweep deletes the buckets that are full, which is what a bucket without a row is, in small transactions. A service calls it every minute or so; several
// at once only share the work.
func Sweep(ctx context.Context, db *mysql.DB) error {
	for deleted := int64(sweepBatch); deleted == sweepBatch; {
		err := db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			result, err := tx.Exec(ctx, `
DELETE FROM limits
WHERE tat_us <= `+nowMicros+`
ORDER BY tat_us
LIMIT ?`, sweepBatch)
			if err != nil {
				return fmt.Errorf("delete full buckets: %w", err)
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
