package auth

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// A restored backup brings back what was ended since: sessions, tokens, links that were used. So everybody begins a
// new epoch then, as after a change of the password. There is no epoch of the whole besides those of the accounts:
// what is given out names its account's already, each statement that looks at it compares the two, and so does the
// program of the release before.

const (
	// epochBatch is how many accounts one transaction takes on.
	epochBatch = 1000
	// endBatch is how many sessions or tokens one transaction ends: each is a DELETE and an event.
	endBatch = 100
)

// Bumped is how many there were of what has ended.
type Bumped struct {
	Accounts int `json:"accounts"`
	Sessions int `json:"sessions"`
	Tokens   int `json:"tokens"`
	Mails    int `json:"mails"` // that were to be sent
	Keys     int `json:"signing_keys"`
}

// BumpEpochs ends all that was ever given out: nothing of it holds once the accounts are done, which come first; then
// what is dead already is taken away, and the trail says why. It may be repeated at any time, after an interruption
// for example. say is told how far it is.
func (s *Store) BumpEpochs(ctx context.Context, say func(Bumped)) (b Bumped, err error) {
	for _, step := range []struct {
		count *int
		some  func(ctx context.Context, after string) (next string, done int, err error)
	}{
		{&b.Accounts, s.bumpAccounts},
		{&b.Sessions, s.endStale(endableSession, staleSessions)},
		{&b.Tokens, s.endStale(endableToken, staleTokens)},
		{&b.Mails, s.withdrawMails},
		{&b.Keys, s.dropAllSigningKeys},
	} {
		for next, first := "", true; first || next != ""; first = false {
			var done int
			next, done, err = step.some(ctx, next)
			if err != nil {
				return b, err
			}
			*step.count += done
			say(b)
		}
	}
	return b, nil
}

// bumpAccounts takes the next accounts in the order of their ids. With the first ones the trail learns of it.
func (s *Store) bumpAccounts(ctx context.Context, after string) (next string, done int, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		if after == "" {
			err := s.record(ctx, tx, eventEpochBumped, epochName(newID()), "", nil)
			if err != nil {
				return err
			}
		}
		var last sql.NullString
		err := tx.QueryRow(ctx, `
SELECT
	MAX(id),
	COUNT(*)
FROM (SELECT id FROM accounts WHERE id > ? ORDER BY id LIMIT ?) batch`, after, epochBatch).Scan(&last, &done)
		if err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		next = last.String
		_, err = tx.Exec(ctx, `UPDATE accounts SET epoch = epoch + 1 WHERE id > ? AND id <= ?`, after, next)
		if err != nil {
			return fmt.Errorf("bump epochs: %w", err)
		}
		return nil
	})
	return next, done, err
}

// What is of another epoch than its account.
const (
	staleSessions = `
SELECT
	s.id,
	s.account_id
FROM sessions s
JOIN accounts a ON a.id = s.account_id AND a.epoch <> s.epoch
WHERE s.id > ?
ORDER BY s.id
LIMIT ?`
	staleTokens = `
SELECT
	t.id,
	t.account_id
FROM tokens t
JOIN accounts a ON a.id = t.account_id AND a.epoch <> t.epoch
WHERE t.id > ?
ORDER BY t.id
LIMIT ?`
)

// endStale ends the next ones that a query finds. It takes no account's row: nothing of an old epoch can be carried over.
func (s *Store) endStale(what endable, query string) func(ctx context.Context, after string) (next string, done int, err error) {
	return func(ctx context.Context, after string) (next string, done int, err error) {
		err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			rows, err := tx.Query(ctx, query, after, endBatch)
			if err != nil {
				return fmt.Errorf("find what is of an old epoch: %w", err)
			}
			stale, err := mysql.Collect(rows, func(row mysql.Scanner) (ending, error) {
				e := ending{why: endedByEpoch}
				err := row.Scan(&e.id, &e.accountID)
				return e, err
			})
			if err != nil {
				return err
			}
			next, done = "", len(stale)
			if done > 0 {
				next = stale[done-1].id
			}
			return s.end(ctx, tx, what, stale...)
		})
		return next, done, err
	}
}

// withdrawMails takes back what was to be sent when the backup was made: it was sent then, or nobody waits for it any more.
func (s *Store) withdrawMails(ctx context.Context, after string) (next string, done int, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		result, err := tx.Exec(ctx, `DELETE FROM mails WHERE status = 0 LIMIT ?`, epochBatch)
		if err != nil {
			return fmt.Errorf("withdraw mails: %w", err)
		}
		found, err := result.RowsAffected()
		done = int(found)
		return err
	})
	if done == epochBatch {
		next = after + "."
	}
	return next, done, err
}

// dropAllSigningKeys lets the next refresh make a key that was in no backup, and that is sealed as this service seals.
func (s *Store) dropAllSigningKeys(ctx context.Context, _ string) (next string, done int, err error) {
	keys, err := s.signingKeys(ctx)
	if err != nil {
		return "", 0, err
	}
	return "", len(keys), s.dropSigningKeys(ctx, math.MaxInt32)
}
