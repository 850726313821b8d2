package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// signBatch is how many checkpoints one transaction makes: signing them takes a
// few milliseconds, for which their chains wait.
const signBatch = 100

// Due gives accounts whose chains have links that no checkpoint covers, from
// one on, in order, at most signBatch, and with which to go on, nil at the end.
func (s *Store) Due(ctx context.Context, from string) (accounts []string, next *string, err error) {
	rows, err := s.db.Query(ctx, `
SELECT account
FROM heads FORCE INDEX (heads_due)
WHERE due = 1
	AND account >= ?
ORDER BY account
LIMIT ?`, from, signBatch+1)
	if err != nil {
		return nil, nil, fmt.Errorf("look for chains to sign: %w", err)
	}
	accounts, err = mysql.Collect(rows, scanText)
	if err != nil {
		return nil, nil, fmt.Errorf("look for chains to sign: %w", err)
	}
	if len(accounts) > signBatch {
		return accounts[:signBatch], &accounts[signBatch], nil
	}
	return accounts, nil, nil
}

func scanText(row mysql.Scanner) (text string, err error) { return text, row.Scan(&text) }

// Sign makes checkpoints of those of the accounts, at most signBatch, that are
// still due, in the order of accounts. Those that somebody else has, who records
// or signs, are waited for or left out.
func (s *Store) Sign(ctx context.Context, accounts []string, wait bool, sign func(Checkpoint) Checkpoint) (signed []Checkpoint, err error) {
	lock := "FOR UPDATE SKIP LOCKED"
	if wait {
		lock = "FOR UPDATE"
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		rows, err := tx.Query(ctx, `
SELECT
	account,
	seq,
	hash
FROM heads FORCE INDEX (PRIMARY)
WHERE account IN (`+places(signBatch)+`)
	AND due = 1
ORDER BY account
`+lock, fill(accounts, signBatch)...)
		if err != nil {
			return fmt.Errorf("lock chains: %w", err)
		}
		heads, err := mysql.Collect(rows, scanHead)
		if err != nil || len(heads) == 0 {
			signed = nil
			return err
		}
		signed = make([]Checkpoint, len(heads))
		for i, h := range heads {
			signed[i] = sign(Checkpoint{Account: h.account, Seq: h.seq, Hash: h.hash})
		}
		return insertCheckpoints(ctx, tx, signed)
	})
	if err != nil {
		return nil, fmt.Errorf("sign %d chains: %w", len(accounts), err)
	}
	return signed, nil
}

// insertCheckpoints adds checkpoints and moves their heads. One that is there
// already is as good: it says the same, or else it is what a check has to find.
func insertCheckpoints(ctx context.Context, tx *mysql.Tx, checkpoints []Checkpoint) error {
	var args, accounts []any
	for _, c := range checkpoints {
		args = append(args, c.Account, c.Seq, c.Hash[:], c.Time, c.KeyID, c.Signature)
		accounts = append(accounts, c.Account)
	}
	_, err := tx.Exec(ctx, `
INSERT IGNORE INTO checkpoints (
	account,
	seq,
	hash,
	signed_at,
	key_id,
	signature
) VALUES `+repeat("(?, ?, ?, ?, ?, ?)", len(checkpoints)), args...)
	if err != nil {
		return fmt.Errorf("insert checkpoints: %w", err)
	}
	_, err = tx.Exec(ctx, `
UPDATE heads
SET checkpoint_seq = seq
WHERE account IN (`+places(len(checkpoints))+`)`, accounts...)
	if err != nil {
		return fmt.Errorf("mark chains as signed: %w", err)
	}
	return nil
}

// OldestUnsigned gives the age of the oldest event that no checkpoint covers, 0
// when there is none. Looking at a thousand chains costs the same however many
// wait, and tells as well as all of them whether signing goes on.
func (s *Store) OldestUnsigned(ctx context.Context) (time.Duration, error) {
	var age sql.NullInt64
	err := s.db.QueryRow(ctx, `
SELECT TIMESTAMPDIFF(MICROSECOND, MIN(events.recorded_at), UTC_TIMESTAMP(6))
FROM (
	SELECT
		account,
		checkpoint_seq + 1 AS seq
	FROM heads FORCE INDEX (heads_due)
	WHERE due = 1
	LIMIT 1000
) AS waiting
INNER JOIN chain ON chain.account = waiting.account
	AND chain.seq = waiting.seq
INNER JOIN events ON events.id = chain.event_id`).Scan(&age)
	if err != nil {
		return 0, fmt.Errorf("measure the oldest unsigned event: %w", err)
	}
	return max(time.Duration(age.Int64)*time.Microsecond, 0), nil
}

// checkpointColumns are in the order in which scanCheckpoint reads them.
const checkpointColumns = `account,
	seq,
	hash,
	signed_at,
	key_id,
	signature`

func scanCheckpoint(row mysql.Scanner) (Checkpoint, error) {
	var c Checkpoint
	var hash []byte
	err := row.Scan(&c.Account, &c.Seq, &hash, &c.Time, &c.KeyID, &c.Signature)
	copy(c.Hash[:], hash)
	return c, err
}

// Checkpoint gives the checkpoint of a chain with so many links, nil when there
// is none.
func (s *Store) Checkpoint(ctx context.Context, account string, seq int64) (*Checkpoint, error) {
	c, err := scanCheckpoint(s.db.QueryRow(ctx, `
SELECT
	`+checkpointColumns+`
FROM checkpoints
WHERE account = ?
	AND seq = ?`, account, seq))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	return &c, nil
}

// Checkpoints gives an account's checkpoints of more than so many links, in
// order, at most limit.
func (s *Store) Checkpoints(ctx context.Context, account string, after int64, limit int) ([]Checkpoint, error) {
	rows, err := s.db.Query(ctx, `
SELECT
	`+checkpointColumns+`
FROM checkpoints
WHERE account = ?
	AND seq > ?
ORDER BY seq
LIMIT ?`, account, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	checkpoints, err := mysql.Collect(rows, scanCheckpoint)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	return checkpoints, nil
}

// CheckpointsOf gives the checkpoints that were signed in the run of a time, from
// one account on, in order, at most window, and the account to go on with, nil
// at the end.
func (s *Store) CheckpointsOf(ctx context.Context, at time.Time, from string) (checkpoints []Checkpoint, next *string, err error) {
	rows, err := s.db.Query(ctx, `
SELECT
	`+checkpointColumns+`
FROM checkpoints
WHERE signed_at = ?
	AND account >= ?
ORDER BY account
LIMIT ?`, at, from, window+1)
	if err != nil {
		return nil, nil, fmt.Errorf("read a run's checkpoints: %w", err)
	}
	checkpoints, err = mysql.Collect(rows, scanCheckpoint)
	if err != nil {
		return nil, nil, fmt.Errorf("read a run's checkpoints: %w", err)
	}
	if len(checkpoints) > window {
		return checkpoints[:window], &checkpoints[window].Account, nil
	}
	return checkpoints, nil, nil
}

// Head gives the end of an account's chain, and of how many links the newest
// checkpoint is. A chain that was never begun has none.
func (s *Store) Head(ctx context.Context, account string) (h *head, checkpointSeq int64, err error) {
	h = &head{}
	var hash []byte
	err = s.db.QueryRow(ctx, `
SELECT
	account,
	seq,
	hash,
	checkpoint_seq
FROM heads
WHERE account = ?`, account).Scan(&h.account, &h.seq, &hash, &checkpointSeq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read head: %w", err)
	}
	copy(h.hash[:], hash)
	return h, checkpointSeq, nil
}
