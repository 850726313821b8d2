package outbox

import (
	"context"
	"fmt"
	"slices"
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
	db           *mysql.DB
	lease        time.Duration
	confirmAfter time.Duration
}

// nobody is the token of a row that no relay has.
//
// It has the length of every token, and a row has a sent_at from the beginning, so
// that no statement makes a row longer. InnoDB fills its pages with rows as they
// are inserted: one that grew would not fit any more, and pages would be split
// and written anew, 10 KB of redo log for each event.
const nobody = "00000000-0000-0000-0000-000000000000"

// What the column status says.
const (
	statusNew    = 0
	statusSent   = 1
	statusParked = 2
)

// row is a claimed event.
type row struct {
	id       string
	payload  string
	attempts int       // this one included
	lastSend time.Time // after that it may be another relay's
}

func idsOf(all []row) []string {
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.id
	}
	return ids
}

// due finds the rows that have been due longest. Rows are found by their state:
// a place up to which all was sent would lose what is committed late. No wait
// is ten minutes long, so a row that is not due for longer was written under a
// clock that jumped.
//
// It reads without locks. An UPDATE that looked for the rows itself would wait
// for every writer that has not committed its event yet, and if one never does,
// because its machine is gone, for as long as the server keeps its connection.
func (t rows) due(ctx context.Context) ([]string, error) {
	found, err := t.db.Query(ctx, `
SELECT event_id
FROM outbox
WHERE status = 0
	AND (visible_at <= UTC_TIMESTAMP(6) OR visible_at > UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE)
ORDER BY visible_at
LIMIT ?`, batchRows)
	if err != nil {
		return nil, fmt.Errorf("find due events: %w", err)
	}
	ids, err := mysql.Collect(found, func(row mysql.Scanner) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("find due events: %w", err)
	}
	return ids, nil
}

// places has room for all rows of a round, so that a statement is the same text
// whatever their number.
var places = strings.TrimSuffix(strings.Repeat("?,", batchRows), ",")

// fill gives the arguments of places: the ids, the last one repeated.
func fill(ids []string) []any {
	args := make([]any, batchRows)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	return args
}

// claim takes those of the rows that are still due, and tells how many. Of
// several relays that found the same row, the token in it says who has it. The
// index is forced because any other would lock rows that are not ours to take.
func (t rows) claim(ctx context.Context, token string, ids []string) (int, error) {
	n, err := t.exec(ctx, `
UPDATE outbox FORCE INDEX (PRIMARY)
SET claim = ?,
	visible_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,
	attempts = attempts + 1
WHERE event_id IN (`+places+`)
	AND status = 0
	AND (visible_at <= UTC_TIMESTAMP(6) OR visible_at > UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE)`,
		append([]any{token, t.lease.Microseconds()}, fill(ids)...)...)
	if err != nil {
		return 0, fmt.Errorf("claim events: %w", err)
	}
	return n, nil
}

// claimedBy reads which of the rows the token has.
func (t rows) claimedBy(ctx context.Context, token string, ids []string) ([]row, error) {
	found, err := t.db.Query(ctx, `
SELECT
	event_id,
	payload,
	attempts
FROM outbox FORCE INDEX (PRIMARY)
WHERE event_id IN (`+places+`)
	AND claim = ?
	AND status = 0
ORDER BY event_id`, append(fill(ids), token)...)
	if err != nil {
		return nil, fmt.Errorf("read claimed events: %w", err)
	}
	all, err := mysql.Collect(found, func(found mysql.Scanner) (r row, err error) {
		return r, found.Scan(&r.id, &r.payload, &r.attempts)
	})
	if err != nil {
		return nil, fmt.Errorf("read claimed events: %w", err)
	}
	return all, nil
}

// markSent writes down that the queue has the rows, and when their reader is
// asked for them. A row that lost its lease meanwhile stays as it is: it will be
// sent again.
func (t rows) markSent(ctx context.Context, token string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.exec(ctx, `
UPDATE outbox FORCE INDEX (PRIMARY)
SET status = 1,
	sent_at = UTC_TIMESTAMP(6),
	visible_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND
WHERE event_id IN (`+places+`)
	AND claim = ?`, append(append([]any{t.confirmAfter.Microseconds()}, fill(ids)...), token)...)
	if err != nil {
		return fmt.Errorf("mark %d events sent: %w", len(ids), err)
	}
	return nil
}

// delay makes a refused row due again later.
func (t rows) delay(ctx context.Context, token, id string, wait time.Duration) error {
	_, err := t.exec(ctx, `
UPDATE outbox
SET visible_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND,
	claim = '`+nobody+`'
WHERE claim = ? AND event_id = ? AND status = 0`, wait.Microseconds(), token, id)
	if err != nil {
		return fmt.Errorf("delay refused event: %w", err)
	}
	return nil
}

// park takes a row out that the queue will not have.
func (t rows) park(ctx context.Context, token, id string) error {
	_, err := t.exec(ctx, `
UPDATE outbox
SET status = 2,
	claim = '`+nobody+`'
WHERE claim = ? AND event_id = ? AND status = 0`, token, id)
	if err != nil {
		return fmt.Errorf("park refused event: %w", err)
	}
	return nil
}

// release gives back those of the rows that the token still has: they were not
// refused, so the attempt does not count.
func (t rows) release(ctx context.Context, token string, ids []string) error {
	for chunk := range slices.Chunk(ids, batchRows) {
		_, err := t.exec(ctx, `
UPDATE outbox FORCE INDEX (PRIMARY)
SET visible_at = UTC_TIMESTAMP(6),
	claim = '`+nobody+`',
	attempts = attempts - 1
WHERE event_id IN (`+places+`)
	AND claim = ?
	AND status = 0`, append(fill(chunk), token)...)
		if err != nil {
			return fmt.Errorf("release claimed events: %w", err)
		}
	}
	return nil
}

// A statement that was the victim of a deadlock, or waited too long for another
// relay's, changed nothing and is tried again: what the queue has must be
// marked, or it is sent once more when the lease ends.
const (
	execAttempts = 5
	execPause    = 10 * time.Millisecond
)

// exec carries out one statement and tells how many rows it found.
func (t rows) exec(ctx context.Context, query string, args ...any) (int, error) {
	for attempt := 1; ; attempt++ {
		result, err := t.db.ExecAutocommit(ctx, query, args...)
		if (mysql.IsDeadlock(err) || mysql.IsLockWait(err)) && attempt < execAttempts {
			pause(ctx, jittered(execPause))
			continue
		}
		if err != nil {
			return 0, err
		}
		n, err := result.RowsAffected()
		return int(n), err
	}
}
