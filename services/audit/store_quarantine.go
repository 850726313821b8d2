package audit

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// Quarantined is a message that was no event when it came.
type Quarantined struct {
	Digest     []byte // SHA-256 of the body
	Reason     string // as decode said it
	Bytes      int
	ReceivedAt time.Time
	ReplayedAt sql.NullTime // when it was an event after all
	Body       string       // not in lists
}

// ReasonCount is how many messages are in quarantine for a reason.
type ReasonCount struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// CountQuarantine counts the messages that are in quarantine, by their reasons,
// and those that were replayed.
func (s *Store) CountQuarantine(ctx context.Context) (waiting []ReasonCount, replayed int, err error) {
	rows, err := s.db.Query(ctx, `
SELECT
	reason,
	COUNT(*)
FROM quarantine
WHERE replayed_at IS NULL
GROUP BY reason
ORDER BY reason`)
	if err != nil {
		return nil, 0, fmt.Errorf("count quarantine: %w", err)
	}
	waiting, err = mysql.Collect(rows, func(row mysql.Scanner) (c ReasonCount, err error) { return c, row.Scan(&c.Reason, &c.Count) })
	if err != nil {
		return nil, 0, fmt.Errorf("count quarantine: %w", err)
	}
	err = s.db.QueryRow(ctx, `
SELECT COUNT(*)
FROM quarantine
WHERE replayed_at IS NOT NULL`).Scan(&replayed)
	if err != nil {
		return nil, 0, fmt.Errorf("count replayed messages: %w", err)
	}
	return waiting, replayed, nil
}

// ListQuarantine gives messages that are in quarantine, the newest first, at
// most limit: those with the reason or, if it is a first word, with any that
// begins with it. An empty reason is any.
func (s *Store) ListQuarantine(ctx context.Context, reason string, limit int) ([]Quarantined, error) {
	// The inner query reads the index alone, and no body.
	rows, err := s.db.Query(ctx, `
SELECT
	q.message_digest,
	q.reason,
	LENGTH(q.body),
	q.received_at
FROM (
	SELECT message_digest
	FROM quarantine
	WHERE replayed_at IS NULL
		AND (? = '' OR reason = ? OR SUBSTRING_INDEX(reason, ' ', 1) = ?)
	ORDER BY received_at DESC, message_digest
	LIMIT ?
) AS page
JOIN quarantine AS q ON q.message_digest = page.message_digest
ORDER BY q.received_at DESC, q.message_digest`, reason, reason, reason, limit)
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", err)
	}
	all, err := mysql.Collect(rows, func(row mysql.Scanner) (q Quarantined, err error) {
		return q, row.Scan(&q.Digest, &q.Reason, &q.Bytes, &q.ReceivedAt)
	})
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", err)
	}
	return all, nil
}

// quarantinedColumns are in the order in which scanQuarantined reads them.
const quarantinedColumns = `
	message_digest,
	reason,
	received_at,
	replayed_at,
	body`

func scanQuarantined(row mysql.Scanner) (Quarantined, error) {
	var q Quarantined
	var body []byte
	err := row.Scan(&q.Digest, &q.Reason, &q.ReceivedAt, &q.ReplayedAt, &body)
	q.Body, q.Bytes = string(body), len(body)
	return q, err
}

// FindQuarantined finds the one message whose digest begins with the hexadecimal
// digits, replayed or not. That there is none or more than one is an error.
func (s *Store) FindQuarantined(ctx context.Context, digits string) (Quarantined, error) {
	first, last, err := digestRange(digits)
	if err != nil {
		return Quarantined{}, err
	}
	rows, err := s.db.Query(ctx, `
SELECT`+quarantinedColumns+`
FROM quarantine
WHERE message_digest BETWEEN ? AND ?
LIMIT 2`, first, last)
	if err != nil {
		return Quarantined{}, fmt.Errorf("find message: %w", err)
	}
	found, err := mysql.Collect(rows, scanQuarantined)
	switch {
	case err != nil:
		return Quarantined{}, fmt.Errorf("find message: %w", err)
	case len(found) == 0:
		return Quarantined{}, fmt.Errorf("no message has a digest that begins with %s", digits)
	case len(found) > 1:
		return Quarantined{}, fmt.Errorf("more than one message has a digest that begins with %s", digits)
	}
	return found[0], nil
}

// digestDigits is how SHA-256 is written.
const digestDigits = 64

// digestRange gives the first and the last digest that begins with the digits.
func digestRange(digits string) (first, last []byte, err error) {
	padded := func(with string) string {
		return (digits + strings.Repeat(with, digestDigits))[:max(digestDigits, len(digits))]
	}
	first, err = hex.DecodeString(padded("0"))
	if err != nil || digits == "" || len(digits) > digestDigits {
		return nil, nil, fmt.Errorf("a digest is written in 1 to %d hexadecimal digits", digestDigits)
	}
	last, err = hex.DecodeString(padded("f"))
	return first, last, err
}

// replayRows is how many messages a replay reads at once, with their bodies of
// up to 1 MiB.
const replayRows = 10

// QuarantineAfter gives some messages that are in quarantine, in the order of
// their digests. nil comes before the first.
func (s *Store) QuarantineAfter(ctx context.Context, digest []byte) ([]Quarantined, error) {
	rows, err := s.db.Query(ctx, `
SELECT`+quarantinedColumns+`
FROM quarantine FORCE INDEX (PRIMARY)
WHERE replayed_at IS NULL
	AND message_digest > ?
ORDER BY message_digest
LIMIT ?`, append([]byte{}, digest...), replayRows)
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	all, err := mysql.Collect(rows, scanQuarantined)
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	return all, nil
}

// MarkReplayed notes that a message is in the trail now. Once is enough.
func (s *Store) MarkReplayed(ctx context.Context, digest []byte) error {
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `
UPDATE quarantine
SET replayed_at = UTC_TIMESTAMP(6)
WHERE message_digest = ?
	AND replayed_at IS NULL`, digest)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark message replayed: %w", err)
	}
	return nil
}
