package outbox

import (
	"context"
	"fmt"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// unpark gives those of the events that are parked back to the relays, as if
// they had never been tried, and tells how many there were. It takes up to
// batchRows.
func unpark(ctx context.Context, db *mysql.DB, ids []string) (n int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	err = db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		result, err := tx.Exec(ctx, `
UPDATE outbox FORCE INDEX (PRIMARY)
SET status = 0,
	visible_at = UTC_TIMESTAMP(6),
	claim = '`+nobody+`',
	attempts = 0
WHERE event_id IN (`+places+`)
	AND status = 2`, fill(ids)...)
		if err != nil {
			return err
		}
		found, err := result.RowsAffected()
		n = int(found)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("unpark events: %w", err)
	}
	return n, nil
}

// parkedAfter finds parked events in the order of their ids. Going on from an
// id ends, also when events are parked again as fast as they are unparked.
func parkedAfter(ctx context.Context, db *mysql.DB, id string) ([]string, error) {
	rows, err := db.Query(ctx, `
SELECT event_id
FROM outbox
WHERE status = 2
	AND event_id > ?
ORDER BY event_id
LIMIT ?`, id, batchRows)
	if err != nil {
		return nil, fmt.Errorf("find parked events: %w", err)
	}
	ids, err := mysql.Collect(rows, func(row mysql.Scanner) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("find parked events: %w", err)
	}
	return ids, nil
}
