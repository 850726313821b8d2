package auth

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// triedBefore is what is known of the tries of one key.
type triedBefore struct {
	n       int           // within triesWindow
	lastSeq int           // also of those that are older and not yet deleted
	age     time.Duration // of the last one
}

// triesOf reads the tries of a key: a few dozen rows at most, side by side.
func (s *Store) triesOf(ctx context.Context, key []byte) (triedBefore, error) {
	var before triedBefore
	var age int64
	err := s.db.QueryRow(ctx, `
SELECT
	COUNT(CASE WHEN tried_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND THEN 1 END),
	COALESCE(MAX(seq), 0),
	COALESCE(TIMESTAMPDIFF(MICROSECOND, MAX(tried_at), UTC_TIMESTAMP(6)), 0)
FROM tries
WHERE k = ?`, seconds(triesWindow), key).Scan(&before.n, &before.lastSeq, &age)
	if err != nil {
		return triedBefore{}, fmt.Errorf("count tries: %w", err)
	}
	before.age = time.Duration(age) * time.Microsecond
	return before, nil
}

// insertTry counts a try. It fails with a duplicate key when another one came in between.
func (s *Store) insertTry(ctx context.Context, t try) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `
INSERT INTO tries (
	k,
	seq,
	tried_at
) VALUES (?, ?, UTC_TIMESTAMP(6))`, t.key, t.seq)
		if err != nil {
			return fmt.Errorf("insert try: %w", err)
		}
		return nil
	})
}

// deleteTry takes a try back.
func (s *Store) deleteTry(ctx context.Context, t try) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM tries WHERE k = ? AND seq = ?`, t.key, t.seq)
		if err != nil {
			return fmt.Errorf("delete try: %w", err)
		}
		return nil
	})
}
