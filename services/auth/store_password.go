package auth

import (
	"context"
	"fmt"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// PasswordChange replaces a password.
type PasswordChange struct {
	Caller Caller
	// Verified says that the current password was right when the account was at Epoch.
	Verified bool
	Epoch    int
	NewHash  string
}

// ChangePassword replaces the caller's password, ends all the caller's sessions but the one that calls and deletes
// the caller's tokens. It also takes the change whose current password was wrong, and refuses it here: when the request is the repeat
// of one that succeeded, the current password is no longer what it was.
func (s *Store) ChangePassword(ctx context.Context, key idempotency.Key, change PasswordChange) (replayed bool, err error) {
	c := change.Caller
	_, replayed, err = idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		epoch, err := lockCaller(ctx, tx, c)
		if err == nil && (!change.Verified || epoch != change.Epoch) {
			err = errCurrentPassword
		}
		if err != nil {
			return idempotency.Result{}, err
		}
		err = s.setPassword(ctx, tx, c.AccountID, change.NewHash, eventPasswordChanged)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = carryOver(ctx, tx, c)
		if err != nil {
			return idempotency.Result{}, err
		}
		_, err = s.endOthers(ctx, tx, c, endedByChange)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = s.deleteAllTokens(ctx, tx, c.AccountID, endedByChange)
		return idempotency.Result{Resource: accountName(c.AccountID)}, err
	})
	return replayed, err
}

// setPassword begins a new epoch: what was given out before it no longer holds, and what was asked for to get a
// new password is withdrawn.
func (s *Store) setPassword(ctx context.Context, tx *mysql.Tx, accountID, hash, event string) error {
	_, err := tx.Exec(ctx, `
UPDATE accounts SET
	password_hash = ?,
	epoch = epoch + 1
WHERE id = ?`, hash, accountID)
	if err != nil {
		return fmt.Errorf("update password: %w", err)
	}
	err = withdrawResets(ctx, tx, accountID)
	if err != nil {
		return err
	}
	return s.record(ctx, tx, event, accountName(accountID), accountID, nil)
}

// carryOver takes the caller's session into the account's new epoch.
func carryOver(ctx context.Context, tx *mysql.Tx, c Caller) error {
	_, err := tx.Exec(ctx, `
UPDATE sessions SET
	epoch = (SELECT epoch FROM accounts WHERE id = ?)
WHERE id = ? AND account_id = ?`, c.AccountID, c.SessionID, c.AccountID)
	if err != nil {
		return fmt.Errorf("carry session over: %w", err)
	}
	return nil
}

// replaceHash stores another hash of the same password; "" changes nothing.
func replaceHash(ctx context.Context, tx *mysql.Tx, accountID, hash string) error {
	if hash == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE accounts SET password_hash = ? WHERE id = ?`, hash, accountID)
	if err != nil {
		return fmt.Errorf("replace password hash: %w", err)
	}
	return nil
}
