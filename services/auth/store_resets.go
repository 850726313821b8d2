package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// AskReset writes down that a mail is to be sent to the account of an address. Without such an account the same
// work is done for one that does not exist: as many statements, of the same weight, in a transaction that is
// committed as well. Its mail is taken back, and nothing about the address stays. So it is for an account that may be
// sent no more mails for now.
func (s *Store) AskReset(ctx context.Context, key idempotency.Key, email string, mayMail bool) error {
	_, _, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		accountID, err := accountByEmail(ctx, tx, email)
		known := mayMail && !errors.Is(err, errNoAccount)
		if errors.Is(err, errNoAccount) {
			accountID, err = newID(), nil
		}
		if err != nil {
			return idempotency.Result{}, err
		}
		mailID := newID()
		err = insertMail(ctx, tx, mailID, mailPasswordReset, accountID)
		switch {
		case err != nil:
		case known:
			err = s.record(ctx, tx, eventResetRequested, accountName(accountID), accountID, nil)
		default:
			err = deleteMail(ctx, tx, mailID)
		}
		return idempotency.Result{}, err
	})
	return err
}

func accountByEmail(ctx context.Context, tx *mysql.Tx, email string) (id string, err error) {
	err = tx.QueryRow(ctx, `
SELECT
	id
FROM accounts
WHERE email_key = ?`, emailKey(email)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errNoAccount
	}
	if err != nil {
		return "", fmt.Errorf("read account's id: %w", err)
	}
	return id, nil
}

// Reset is what a reset mail's token stands for.
type Reset struct {
	TokenHash []byte
	Epoch     int     // of the account when the mail was sent
	Works     bool    // not used, not too old, and the credentials have not changed since
	Account   Account // as it is now
}

// Reset finds the token of that hash.
func (s *Store) Reset(ctx context.Context, tokenHash []byte) (Reset, error) {
	r := Reset{TokenHash: tokenHash}
	a := &r.Account
	err := s.db.QueryRow(ctx, `
SELECT
	r.epoch,
	r.used_at IS NULL AND r.expires_at > UTC_TIMESTAMP(6) AND r.epoch = a.epoch,
	a.id,
	a.email,
	a.password_hash,
	a.epoch,
	a.created_at
FROM password_resets r
JOIN accounts a ON a.id = r.account_id
WHERE r.token_hash = ?`, tokenHash).Scan(&r.Epoch, &r.Works, &a.ID, &a.Email, &a.PasswordHash, &a.Epoch, &a.CreatedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return Reset{}, errResetNotFound
	}
	if err != nil {
		return Reset{}, fmt.Errorf("read password reset: %w", err)
	}
	return r, nil
}

// ResetPassword uses a token: it replaces the account's password, ends all its sessions and deletes its tokens.
// It also takes the token that does not work, and refuses it here: when the request is the repeat of one that succeeded, the
// token has been used.
func (s *Store) ResetPassword(ctx context.Context, key idempotency.Key, reset Reset, newHash string) (replayed bool, err error) {
	accountID := reset.Account.ID
	result, replayed, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		epoch, _, err := lockAccount(ctx, tx, accountID)
		if errors.Is(err, errNoAccount) || err == nil && (!reset.Works || epoch != reset.Epoch) {
			err = errResetNotFound
		}
		if err != nil {
			return idempotency.Result{}, err
		}
		err = useReset(ctx, tx, reset.TokenHash)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = s.setPassword(ctx, tx, accountID, newHash, eventPasswordReset)
		if err != nil {
			return idempotency.Result{}, err
		}
		_, err = s.endOthers(ctx, tx, Caller{AccountID: accountID}, endedByReset)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = s.deleteAllTokens(ctx, tx, accountID, endedByReset)
		return idempotency.Result{Resource: accountName(accountID)}, err
	})
	if err == nil && replayed && result.Resource != accountName(accountID) {
		err = errRequestIDReused
	}
	return replayed, err
}

// useReset uses a token up. With the account locked, nobody else does meanwhile; the conditions say so again,
// by the database's clock.
func useReset(ctx context.Context, tx *mysql.Tx, tokenHash []byte) error {
	result, err := tx.Exec(ctx, `
UPDATE password_resets SET
	used_at = UTC_TIMESTAMP(6)
WHERE token_hash = ? AND used_at IS NULL AND expires_at > UTC_TIMESTAMP(6)`, tokenHash)
	if err != nil {
		return fmt.Errorf("use password reset: %w", err)
	}
	used, err := result.RowsAffected()
	if err == nil && used == 0 {
		return errResetNotFound
	}
	return err
}

func insertReset(ctx context.Context, tx *mysql.Tx, tokenHash []byte, accountID string, epoch int) error {
	_, err := tx.Exec(ctx, `
INSERT INTO password_resets (
	token_hash,
	account_id,
	epoch,
	expires_at
) VALUES (?, ?, ?, UTC_TIMESTAMP(6) + INTERVAL ? SECOND)`,
		tokenHash, accountID, epoch, seconds(resetLife))
	if err != nil {
		return fmt.Errorf("insert password reset: %w", err)
	}
	return nil
}
