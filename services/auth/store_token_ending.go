package auth

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// tokenEnding is a token that is deleted.
type tokenEnding struct {
	tokenID, accountID string
	expiresAt          time.Time
}

// DeleteToken deletes one of the caller's live tokens.
func (s *Store) DeleteToken(ctx context.Context, key idempotency.Key, c Caller, id string) error {
	_, _, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		_, err := lockCaller(ctx, tx, c)
		if err != nil {
			return idempotency.Result{}, err
		}
		live, err := findTokens(ctx, tx, `WHERE id = ? AND account_id = ? AND expires_at > UTC_TIMESTAMP(6)`, id, c.AccountID)
		if err == nil && len(live) == 0 {
			err = errTokenNotFound
		}
		if err != nil {
			return idempotency.Result{}, err
		}
		return idempotency.Result{Resource: tokenName(id)}, s.deleteTokens(ctx, tx, live, deletedByPerson)
	})
	return err
}

// deleteAllTokens needs the account's lock: no token may be made meanwhile.
func (s *Store) deleteAllTokens(ctx context.Context, tx *mysql.Tx, accountID, why string) error {
	live, err := findTokens(ctx, tx, `WHERE account_id = ? AND expires_at > UTC_TIMESTAMP(6) ORDER BY created_at, id`, accountID)
	if err != nil {
		return err
	}
	return s.deleteTokens(ctx, tx, live, why)
}

// deleteExpiredTokens deletes up to limit tokens that have expired, and tells how many they were, as endExpired does.
func (s *Store) deleteExpiredTokens(ctx context.Context, limit int) (deleted int, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		expired, err := findTokens(ctx, tx, `WHERE expires_at < UTC_TIMESTAMP(6) ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED`, limit)
		if err != nil {
			return err
		}
		deleted = len(expired)
		return s.deleteTokens(ctx, tx, expired, endedByTime)
	})
	return deleted, err
}

func findTokens(ctx context.Context, tx *mysql.Tx, where string, args ...any) ([]tokenEnding, error) {
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
	return mysql.Collect(rows, func(row mysql.Scanner) (t tokenEnding, err error) {
		return t, row.Scan(&t.tokenID, &t.accountID, &t.expiresAt)
	})
}

// deleteTokens deletes tokens, with an event for each that was there.
func (s *Store) deleteTokens(ctx context.Context, tx *mysql.Tx, tokens []tokenEnding, why string) error {
	for _, t := range tokens {
		result, err := tx.Exec(ctx, `DELETE FROM tokens WHERE id = ? AND account_id = ?`, t.tokenID, t.accountID)
		if err != nil {
			return fmt.Errorf("delete token: %w", err)
		}
		count, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if count == 0 {
			continue
		}
		at := s.now()
		if why == endedByTime {
			at = t.expiresAt
		}
		err = s.appendEvent(ctx, tx, eventOf(ctx, eventTokenDeleted, tokenName(t.tokenID), t.accountID, at, map[string]any{"reason": why}))
		if err != nil {
			return err
		}
	}
	return nil
}
