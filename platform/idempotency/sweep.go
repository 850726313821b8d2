package idempotency

import (
	"context"
	"fmt"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// SweepBatch is how many rows one transaction deletes: few enough that nobody waits for it.
const SweepBatch = 500

// Sweep forgets the requests that are older than 24 hours, by the database's clock, in transactions of SweepBatch rows, and tells how many they
// were. A service calls it now and then; several at once only share the work.
func Sweep(ctx context.Context, db *mysql.DB) (forgotten int64, err error) {
	for {
		var rows int64
		err := db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			done, err := tx.Exec(ctx, `
				DELETE FROM idem
				WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL 24 HOUR
				ORDER BY created_at LIMIT ?`, SweepBatch)
			if err != nil {
				return fmt.Errorf("delete old idem rows: %w", err)
			}
			rows, err = done.RowsAffected()
			return err
		})
		if err != nil {
			return forgotten, err
		}
		forgotten += rows
		if rows < SweepBatch {
			return forgotten, nil
		}
	}
}
