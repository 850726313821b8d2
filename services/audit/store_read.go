package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// cursor is the place after an event in a person's trail.
type cursor struct {
	Time time.Time `json:"t"`
	ID   string    `json:"i"`
}

// newest is the place before all events.
var newest = cursor{Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}

// eventColumns are in the order in which scanEvent reads them.
var eventColumns = strings.Join([]string{
	"id",
	"source",
	"type",
	"subject",
	"subject_version",
	"actor",
	"request_id",
	"traceparent",
	"data",
	"occurred_at",
}, ",\n\t")

func scanEvent(row mysql.Scanner) (Event, error) {
	var e Event
	var data string
	err := row.Scan(&e.ID, &e.Source, &e.Type, &e.Subject, &e.SubjectVersion, &e.Actor, &e.RequestID, &e.Traceparent, &data, &e.Time)
	e.Data = json.RawMessage(data)
	return e, err
}

// List gives the person's own events after the cursor, the newest first, at
// most limit. Each page reads its own rows of the index and no others.
func (s *Store) List(ctx context.Context, person string, after cursor, limit int) ([]Event, error) {
	rows, err := s.db.Query(ctx, `
SELECT
	`+eventColumns+`
FROM events
WHERE actor = ?
	AND occurred_at <= ?
	AND (occurred_at < ? OR id < ?)
ORDER BY occurred_at DESC, id DESC
LIMIT ?`, person, after.Time, after.Time, after.ID, limit)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	events, err := mysql.Collect(rows, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return events, nil
}
