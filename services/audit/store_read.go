package audit

import (
	"context"
	"database/sql"
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

// newest is the place before all events that the filter lets through.
func (f filter) newest() cursor { return cursor{Time: f.before} }

// link is an event and its place in its account's chain. Seq is 0 for one that
// is in no chain.
type link struct {
	Event
	Seq  int64
	Hash Hash
}

// eventColumns are in the order in which eventFields reads them.
var eventColumns = strings.Join([]string{
	"events.id",
	"events.source",
	"events.type",
	"events.subject",
	"events.subject_version",
	"events.actor",
	"events.request_id",
	"events.traceparent",
	"events.data",
	"events.occurred_at",
}, ",\n\t")

func scanLink(row mysql.Scanner) (link, error) {
	var l link
	var data, hash []byte
	var seq sql.NullInt64
	err := row.Scan(&l.ID, &l.Source, &l.Type, &l.Subject, &l.SubjectVersion, &l.Actor, &l.RequestID, &l.Traceparent, &data, &l.Time, &seq, &hash)
	l.Data, l.Seq = json.RawMessage(data), seq.Int64
	copy(l.Hash[:], hash)
	return l, err
}

// List gives the person's own events after the cursor that the filter lets
// through, the newest first, at most limit, each with its link. The events are
// found in the index alone: only those of the page are read.
func (s *Store) List(ctx context.Context, person string, f filter, after cursor, limit int) ([]link, error) {
	rows, err := s.db.Query(ctx, `
SELECT
	`+eventColumns+`,
	chain.seq,
	chain.hash
FROM (
	SELECT id
	FROM events FORCE INDEX (events_by_actor_type)
	WHERE actor = ?
		AND occurred_at >= ?
		AND occurred_at <= ?
		AND (occurred_at < ? OR id < ?)
		AND LEFT(type, ?) = ?
	ORDER BY occurred_at DESC, id DESC
	LIMIT ?
) AS page
INNER JOIN events ON events.id = page.id
LEFT JOIN chain FORCE INDEX (chain_by_event) ON chain.event_id = events.id
	AND chain.account = events.actor
ORDER BY events.occurred_at DESC, events.id DESC`,
		person, f.since, after.Time, after.Time, after.ID, f.typeChars, f.typePart, limit)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	links, err := mysql.Collect(rows, scanLink)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return links, nil
}

// CountDays counts the person's events on each of the days.
func (s *Store) CountDays(ctx context.Context, person string, days [dayCount + 1]time.Time) ([dayCount]int, error) {
	var counts [dayCount]int
	var args []any
	for _, begin := range days[1:dayCount] {
		args = append(args, begin.Unix())
	}
	rows, err := s.db.Query(ctx, `
SELECT
	INTERVAL(TIMESTAMPDIFF(SECOND, '1970-01-01', occurred_at), `+places(dayCount-1)+`) AS day_number,
	COUNT(*)
FROM events FORCE INDEX (events_by_actor_type)
WHERE actor = ?
	AND occurred_at >= ?
	AND occurred_at < ?
GROUP BY day_number`, append(args, person, days[0], days[dayCount])...)
	if err != nil {
		return counts, fmt.Errorf("count events: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what matters
	for rows.Next() {
		var day, count int
		err = rows.Scan(&day, &count)
		if err != nil {
			return counts, fmt.Errorf("count events: %w", err)
		}
		counts[day] = count
	}
	err = rows.Err()
	if err != nil {
		return counts, fmt.Errorf("count events: %w", err)
	}
	return counts, nil
}
