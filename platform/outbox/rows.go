package outbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// batchRows is how many rows a round claims: five full sends.
const batchRows = 50

// rows is the table, as the relay uses it. All times are the database's, so
// that no relay's clock matters. Every statement stands alone: the token in the
// column claim decides whose a row is, and a statement that is carried out
// after its caller has given up costs a lease at most.
type rows struct {
	db    *mysql.DB
	lease time.Duration
}

// row is a claimed event.
type row struct {
	id       string
	payload  string
	attempts int // this one included
}

// claim takes the rows that have been due longest, and tells how many. Rows are
// found by their state: a place up to which all was sent would lose what is
// committed late. No wait is ten minutes long, so a row that is not due for
// longer was written under a clock that jumped.
func (t rows) claim(ctx context.Context, token string) (int, error) {
	result, err := t.db.ExecAutocommit(ctx, `
UPDATE outbox
SET claim = ?,
	visible_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,
	attempts = attempts + 1
WHERE status = 0
	AND (visible_at <= UTC_TIMESTAMP(6) OR visible_at > UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE)
ORDER BY visible_at
LIMIT ?`,
		token, t.lease.Microseconds(), batchRows)
	if err != nil {
		return 0, fmt.Errorf("claim events: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("claim events: %w", err)
	}
	return int(n), nil
}

// claimedBy reads what the token has.
func (t rows) claimedBy(ctx context.Context, token string) ([]row, error) {
	found, err := t.db.Query(ctx, `
SELECT
	event_id,
	payload,
	attempts
FROM outbox
WHERE claim = ? AND status = 0
ORDER BY event_id`, token)
	if err != nil {
		return nil, fmt.Errorf("read claimed events: %w", err)
	}
	defer func() { _ = found.Close() }() // Err below tells what matters
	var all []row
	for found.Next() {
		var r row
		err = found.Scan(&r.id, &r.payload, &r.attempts)
		if err != nil {
			return nil, fmt.Errorf("read claimed events: %w", err)
		}
		all = append(all, r)
	}
	err = found.Err()
	if err != nil {
		return nil, fmt.Errorf("read claimed events: %w", err)
	}
	return all, nil
}

// markSentSQL has a place for each row of a round, so that it is one statement
// whatever their number.
var markSentSQL = `
UPDATE outbox
SET status = 1,
	sent_at = UTC_TIMESTAMP(6)
WHERE claim = ? AND event_id IN (` + strings.TrimSuffix(strings.Repeat("?,", batchRows), ",") + `)`

// markSent writes down that the queue has the rows. A row that lost its lease
// meanwhile stays as it is: it will be sent again.
func (t rows) markSent(ctx context.Context, token string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	args := []any{token}
	for i := range batchRows {
		args = append(args, ids[min(i, len(ids)-1)])
	}
	_, err := t.db.ExecAutocommit(ctx, markSentSQL, args...)
	if err != nil {
		return fmt.Errorf("mark %d events sent: %w", len(ids), err)
	}
	return nil
}

// delay makes a refused row due again later.
func (t rows) delay(ctx context.Context, token, id string, wait time.Duration) error {
	_, err := t.db.ExecAutocommit(ctx, `
UPDATE outbox
SET visible_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,
	claim = NULL
WHERE claim = ? AND event_id = ? AND status = 0`, wait.Microseconds(), token, id)
	if err != nil {
		return fmt.Errorf("delay refused event: %w", err)
	}
	return nil
}

// park takes a row out that the queue will not have.
func (t rows) park(ctx context.Context, token, id string) error {
	_, err := t.db.ExecAutocommit(ctx, `
UPDATE outbox
SET status = 2,
	claim = NULL
WHERE claim = ? AND event_id = ? AND status = 0`, token, id)
	if err != nil {
		return fmt.Errorf("park refused event: %w", err)
	}
	return nil
}

// release gives back what the token still has: it was not refused, so the
// attempt does not count.
func (t rows) release(ctx context.Context, token string) error {
	_, err := t.db.ExecAutocommit(ctx, `
UPDATE outbox
SET visible_at = UTC_TIMESTAMP(6),
	claim = NULL,
	attempts = attempts - 1
WHERE claim = ? AND status = 0`, token)
	if err != nil {
		return fmt.Errorf("release claimed events: %w", err)
	}
	return nil
}
