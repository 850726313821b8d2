package outbox

import (
	"context"
	"fmt"
	"slices"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// Rows that were sent wait for their reader's word; visible_at says when it is
// asked next. These statements stand alone as well: carried out late they repeat
// an event, or remove one that its reader has.

// unconfirmed finds the sent rows that are to be asked for, the longest due
// first.
func (t rows) unconfirmed(ctx context.Context) ([]string, error) {
	found, err := t.db.Query(ctx, `
SELECT event_id
FROM outbox FORCE INDEX (k_due)
WHERE status = 1
	AND visible_at <= UTC_TIMESTAMP(6)
ORDER BY visible_at
LIMIT ?`, askRows)
	if err != nil {
		return nil, fmt.Errorf("find unconfirmed events: %w", err)
	}
	ids, err := mysql.Collect(found, func(row mysql.Scanner) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("find unconfirmed events: %w", err)
	}
	return ids, nil
}

// remove deletes rows whose events have arrived.
func (t rows) remove(ctx context.Context, ids []string) (removed int, err error) {
	for chunk := range slices.Chunk(ids, batchRows) {
		n, err := t.exec(ctx, `
DELETE FROM outbox
WHERE event_id IN (`+places+`)
	AND status = 1`, fill(chunk)...)
		if err != nil {
			return removed, fmt.Errorf("delete confirmed events: %w", err)
		}
		removed += n
	}
	return removed, nil
}

// resend makes rows new again whose events did not arrive in good time, and puts
// the others off. A row that has been sent n times has n times as long.
func (t rows) resend(ctx context.Context, ids []string, timing Timing) (resent int, err error) {
	for chunk := range slices.Chunk(ids, batchRows) {
		n, err := t.exec(ctx, `
UPDATE outbox FORCE INDEX (PRIMARY)
SET status = 0,
	visible_at = UTC_TIMESTAMP(6),
	claim = '`+nobody+`'
WHERE event_id IN (`+places+`)
	AND status = 1
	AND sent_at <= UTC_TIMESTAMP(6) - INTERVAL (? * GREATEST(attempts, 1)) MICROSECOND`,
			append(fill(chunk), timing.ResendAfter.Microseconds())...)
		if err != nil {
			return resent, fmt.Errorf("send missing events again: %w", err)
		}
		resent += n
		_, err = t.exec(ctx, `
UPDATE outbox FORCE INDEX (PRIMARY)
SET visible_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND
WHERE event_id IN (`+places+`)
	AND status = 1`, append([]any{(timing.ConfirmAfter / 2).Microseconds()}, fill(chunk)...)...)
		if err != nil {
			return resent, fmt.Errorf("put missing events off: %w", err)
		}
	}
	return resent, nil
}
