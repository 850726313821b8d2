package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// Status is what is in the table. Ages count from when an event happened, for
// every try moves the row's own time, to the database's now; that of nothing is 0.
type Status struct {
	Due          int // unsent, for the first relay that looks
	Claimed      int // unsent, and some relay's
	Delayed      int // unsent: refused by the queue, which is asked again later
	OldestUnsent time.Duration

	Unconfirmed       int // sent, and its reader has not said yet that it has it
	OldestUnconfirmed time.Duration

	Parked      int      // not taken by the queue, and waiting for a person
	FirstParked []Parked // some of these, the oldest first
}

// Parked is a row that the queue does not take.
type Parked struct {
	EventID  string `json:"event_id"`
	Type     string `json:"type"`
	Attempts int    `json:"attempts"`
}

// firstParked is how many a person wants to see; they tend to have one cause.
const firstParked = 5

// ReadStatus looks at the table, whatever its size: what can be many is counted
// in the index alone.
func ReadStatus(ctx context.Context, db *mysql.DB) (Status, error) {
	var s Status
	var now time.Time
	var oldestDue, oldestOther string
	err := db.QueryRow(ctx, `
SELECT
	COUNT(*),
	COALESCE(MIN(event_id), ''),
	UTC_TIMESTAMP(6)
FROM outbox
WHERE status = 0
	AND (visible_at <= UTC_TIMESTAMP(6) OR visible_at > UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE)`).Scan(&s.Due, &oldestDue, &now)
	if err != nil {
		return Status{}, fmt.Errorf("count due events: %w", err)
	}
	err = db.QueryRow(ctx, `
SELECT
	COUNT(NULLIF(claim, '`+nobody+`')),
	COUNT(*) - COUNT(NULLIF(claim, '`+nobody+`')),
	COALESCE(MIN(event_id), '')
FROM outbox
WHERE status = 0
	AND visible_at > UTC_TIMESTAMP(6)
	AND visible_at <= UTC_TIMESTAMP(6) + INTERVAL 10 MINUTE`).Scan(&s.Claimed, &s.Delayed, &oldestOther)
	if err != nil {
		return Status{}, fmt.Errorf("count claimed events: %w", err)
	}
	s.OldestUnsent = max(age(oldestDue, now), age(oldestOther, now))
	var oldestSent string
	err = db.QueryRow(ctx, `
SELECT
	COUNT(*),
	COALESCE(MIN(event_id), '')
FROM outbox
WHERE status = 1`).Scan(&s.Unconfirmed, &oldestSent)
	if err != nil {
		return Status{}, fmt.Errorf("count sent events: %w", err)
	}
	s.OldestUnconfirmed = age(oldestSent, now)
	err = db.QueryRow(ctx, `
SELECT COUNT(*)
FROM outbox
WHERE status = 2`).Scan(&s.Parked)
	if err != nil {
		return Status{}, fmt.Errorf("count parked events: %w", err)
	}
	rows, err := db.Query(ctx, `
SELECT
	event_id,
	type,
	attempts
FROM outbox
WHERE status = 2
ORDER BY event_id
LIMIT ?`, firstParked)
	if err != nil {
		return Status{}, fmt.Errorf("read parked events: %w", err)
	}
	s.FirstParked, err = mysql.Collect(rows, func(row mysql.Scanner) (p Parked, err error) {
		return p, row.Scan(&p.EventID, &p.Type, &p.Attempts)
	})
	if err != nil {
		return Status{}, fmt.Errorf("read parked events: %w", err)
	}
	return s, nil
}

// age is how long ago an id was made; 0 when there is none.
func age(id string, now time.Time) time.Duration {
	made, err := uuid.Parse(id)
	if err != nil {
		return 0
	}
	sec, nsec := made.Time().UnixTime()
	return max(now.Sub(time.Unix(sec, nsec)), 0)
}
