package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// window is how many rows one statement of a check reads: some milliseconds.
const window = 1000

// Links calls f with the links of an account after a place, in order, at most
// limit of them, until it returns false. It tells how many there were.
func (s *Store) Links(ctx context.Context, account string, after int64, limit int, f func(storedLink) bool) (n int, err error) {
	rows, err := s.db.Query(ctx, `
SELECT
	chain.seq,
	chain.hash,
	chain.event_id,
	events.source,
	events.type,
	events.subject,
	events.subject_version,
	events.actor,
	events.request_id,
	events.traceparent,
	events.data,
	events.occurred_at
FROM chain FORCE INDEX (PRIMARY)
LEFT JOIN events FORCE INDEX (PRIMARY) ON events.id = chain.event_id
WHERE chain.account = ?
	AND chain.seq > ?
ORDER BY chain.seq
LIMIT ?`, account, after, limit)
	if err != nil {
		return 0, fmt.Errorf("read links: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what matters
	for rows.Next() {
		l, err := scanStoredLink(rows)
		if err != nil {
			return n, fmt.Errorf("read link: %w", err)
		}
		n++
		if !f(l) {
			return n, nil
		}
	}
	err = rows.Err()
	if err != nil {
		return n, fmt.Errorf("read links: %w", err)
	}
	return n, nil
}

func scanStoredLink(row mysql.Scanner) (storedLink, error) {
	var l storedLink
	var source, kind, subject, actor, requestID, traceparent sql.NullString
	var version sql.NullInt64
	var at sql.NullTime
	var hash, data []byte
	err := row.Scan(&l.Seq, &hash, &l.ID, &source, &kind, &subject, &version, &actor, &requestID, &traceparent, &data, &at)
	copy(l.Hash[:], hash)
	l.eventGone = !source.Valid
	l.Source, l.Type, l.Subject, l.SubjectVersion, l.Actor = source.String, kind.String, subject.String, version.Int64, actor.String
	l.RequestID, l.Traceparent, l.Data, l.Time = requestID.String, traceparent.String, json.RawMessage(data), at.Time
	return l, err
}

// Unlinked looks at an account's events after a place, at most window of them,
// and gives those that are in no chain, and the place to go on from, nil at the
// end.
func (s *Store) Unlinked(ctx context.Context, account string, after cursor) (ids []string, next *cursor, err error) {
	rows, err := s.db.Query(ctx, `
SELECT
	events.id,
	events.occurred_at,
	chain.seq IS NULL
FROM events FORCE INDEX (events_by_actor_type)
LEFT JOIN chain FORCE INDEX (chain_by_event) ON chain.event_id = events.id
	AND chain.account = events.actor
	AND chain.seq > 0
WHERE events.actor = ?
	AND events.occurred_at >= ?
	AND (events.occurred_at > ? OR events.id > ?)
ORDER BY events.occurred_at, events.id
LIMIT ?`, account, after.Time, after.Time, after.ID, window)
	if err != nil {
		return nil, nil, fmt.Errorf("look for events in no chain: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what matters
	n, last := 0, cursor{}
	for rows.Next() {
		var unlinked bool
		err = rows.Scan(&last.ID, &last.Time, &unlinked)
		if err != nil {
			return nil, nil, fmt.Errorf("look for events in no chain: %w", err)
		}
		if unlinked {
			ids = append(ids, last.ID)
		}
		n++
	}
	err = rows.Err()
	if err != nil {
		return nil, nil, fmt.Errorf("look for events in no chain: %w", err)
	}
	if n == window {
		next = &last
	}
	return ids, next, nil
}

// oldest is the place before all events.
var oldest = cursor{Time: time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)}

// Accounts gives the accounts of which the trail knows anything, from one on, in
// order, some hundreds at a time, and with which to go on, nil at the end. Each
// table is asked, for rows may be gone from any.
func (s *Store) Accounts(ctx context.Context, from string) (accounts []string, next *string, err error) {
	rows, err := s.db.Query(ctx, `
(SELECT DISTINCT account FROM heads WHERE account >= ? ORDER BY account LIMIT ?)
UNION
(SELECT DISTINCT account FROM chain WHERE account >= ? ORDER BY account LIMIT ?)
UNION
(SELECT DISTINCT account FROM checkpoints WHERE account >= ? ORDER BY account LIMIT ?)
UNION
(SELECT DISTINCT actor FROM events WHERE actor >= ? ORDER BY actor LIMIT ?)
ORDER BY account
LIMIT ?`, from, accountBatch+1, from, accountBatch+1, from, accountBatch+1, from, accountBatch+1, accountBatch+1)
	if err != nil {
		return nil, nil, fmt.Errorf("list accounts: %w", err)
	}
	accounts, err = mysql.Collect(rows, scanText)
	if err != nil {
		return nil, nil, fmt.Errorf("list accounts: %w", err)
	}
	if len(accounts) > accountBatch {
		return accounts[:accountBatch], &accounts[accountBatch], nil
	}
	return accounts, nil, nil
}

// accountBatch is how many accounts are listed at a time: each is one dive into
// each index.
const accountBatch = 200
