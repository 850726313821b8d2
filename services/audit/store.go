package audit

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/services/audit/migrations"
)

// Store is the trail. It adds rows and reads them; it never changes one.
type Store struct {
	db *mysql.DB
}

// NewStore makes a store on the service's schema.
func NewStore(db *mysql.DB) *Store { return &Store{db: db} }

// Check says whether events can be recorded: the database answers, and its
// schema is not older than this program.
func (s *Store) Check(ctx context.Context) error {
	return mysql.RequireSchema(ctx, s.db, migrations.Files)
}

// Record keeps the event. It tells whether it is new: an event that is there
// already is no error, whoever delivered it before. The unique key decides that
// and no look beforehand, so two who record the same event at once need not
// know of each other.
func (s *Store) Record(ctx context.Context, e Event) (isNew bool, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		return insertEvent(ctx, tx, e)
	})
	if mysql.IsDuplicate(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("record event %s: %w", e.ID, err)
	}
	return true, nil
}

func insertEvent(ctx context.Context, tx *mysql.Tx, e Event) error {
	_, err := tx.Exec(ctx, `
INSERT INTO events (
	id,
	source,
	type,
	subject,
	subject_version,
	actor,
	request_id,
	data,
	occurred_at,
	recorded_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))`,
		e.ID, e.Source, e.Type, e.Subject, e.SubjectVersion, e.Actor, e.RequestID, string(e.Data), e.Time)
	return err
}

// Quarantine keeps a message that is no event, with the reason. It tells
// whether it is new: the same body is kept once.
func (s *Store) Quarantine(ctx context.Context, body, reason string) (isNew bool, err error) {
	digest := sha256.Sum256([]byte(body))
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `
INSERT INTO quarantine (
	message_digest,
	reason,
	body,
	received_at
) VALUES (?, ?, ?, UTC_TIMESTAMP(6))`, digest[:], reason, []byte(body))
		return err
	})
	if mysql.IsDuplicate(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("quarantine message: %w", err)
	}
	return true, nil
}

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
	"data",
	"occurred_at",
}, ",\n\t")

func scanEvent(row mysql.Scanner) (Event, error) {
	var e Event
	var data string
	err := row.Scan(&e.ID, &e.Source, &e.Type, &e.Subject, &e.SubjectVersion, &e.Actor, &e.RequestID, &data, &e.Time)
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
