package auth

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// DeleteToken deletes one of the caller's live tokens.
func (s *Store) DeleteToken(ctx context.Context, key idempotency.Key, c Caller, id string) error {
	_, _, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		_, err := lockCaller(ctx, tx, c)
		if err != nil {
			return idempotency.Result{}, err
		}
		live, err := findTokens(ctx, tx, deletedByPerson, `WHERE id = ? AND account_id = ? AND expires_at > UTC_TIMESTAMP(6)`, id, c.AccountID)
		if err == nil && len(live) == 0 {
			err = errTokenNotFound
		}
		if err != nil {
			return idempotency.Result{}, err
		}
		return idempotency.Result{Resource: tokenName(id)}, s.end(ctx, tx, endableToken, live...)
	})
	return err
}

// deleteAllTokens needs the account's lock: no token may be made meanwhile.
func (s *Store) deleteAllTokens(ctx context.Context, tx *mysql.Tx, accountID, why string) error {
	live, err := findTokens(ctx, tx, why, `WHERE account_id = ? AND expires_at > UTC_TIMESTAMP(6) ORDER BY created_at, id`, accountID)
	if err != nil {
		return err
	}
	return s.end(ctx, tx, endableToken, live...)
}

// deleteExpiredTokens deletes up to limit tokens that have expired, and tells how many they were, as endExpired does.
func (s *Store) deleteExpiredTokens(ctx context.Context, limit int) (deleted int, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		expired, err := findTokens(ctx, tx, endedByTime, `WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED`, limit)
		if err != nil {
			return err
		}
		deleted = len(expired)
		return s.end(ctx, tx, endableToken, expired...)
	})
	return deleted, err
}

// findTokens finds tokens that end, and why.
func findTokens(ctx context.Context, tx *mysql.Tx, why, where string, args ...any) ([]ending, error) {
	rows, err := tx.Query(ctx, `
SELECT
	id,
	account_id,
	expires_at
FROM tokens
`+where, args...)
	if err != nil {
		return nil, fmt.Errorf("find tokens: %w", err)
	}
	return mysql.Collect(rows, func(row mysql.Scanner) (ending, error) {
		e := ending{why: why}
		err := row.Scan(&e.id, &e.accountID, &e.at)
		if why != endedByTime {
			e.at = time.Time{}
		}
		return e, err
	})
}
