package auth

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// CreateToken makes a token of the caller. A repeat is refused: the secret was shown once and is not kept.
func (s *Store) CreateToken(ctx context.Context, key idempotency.Key, c Caller, draft TokenDraft) (token Token, text string, err error) {
	token = Token{ID: newID(), Title: draft.Title, Scopes: draft.Scopes}
	text, hash := newToken(token.ID)
	key.Known = idempotency.Result{Resource: tokenName(token.ID)}
	result, replayed, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		epoch, err := lockCaller(ctx, tx, c)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = timeToken(ctx, tx, c, draft, &token)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = insertToken(ctx, tx, token, c.AccountID, hash, epoch)
		if err != nil {
			return idempotency.Result{}, err
		}
		return key.Known, s.record(ctx, tx, eventTokenCreated, tokenName(token.ID), c.AccountID, nil)
	})
	if err != nil {
		return Token{}, "", err
	}
	if replayed {
		return Token{}, "", errSecretShownOnce.WithMetadata("token", result.Resource)
	}
	return token, text, nil
}

// timeToken sets a new token's times by the database's clock, if the account has room for it.
func timeToken(ctx context.Context, tx *mysql.Tx, c Caller, draft TokenDraft, token *Token) error {
	var held int
	err := tx.QueryRow(ctx, `
SELECT
	COUNT(*),
	UTC_TIMESTAMP(6)
FROM tokens
WHERE account_id = ? AND expires_at > UTC_TIMESTAMP(6)`, c.AccountID).Scan(&held, &token.CreatedAt)
	if err != nil {
		return fmt.Errorf("count tokens: %w", err)
	}
	token.ExpiresAt, err = draft.endAt(token.CreatedAt)
	if err == nil && held >= maxTokens {
		err = errTokenLimit
	}
	return err
}

func insertToken(ctx context.Context, tx *mysql.Tx, token Token, accountID string, hash []byte, epoch int) error {
	_, err := tx.Exec(ctx, `
INSERT INTO tokens (
	id,
	account_id,
	secret_hash,
	epoch,
	title,
	scopes,
	created_at,
	expires_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		token.ID, accountID, hash, epoch, token.Title, strings.Join(token.Scopes, " "), token.CreatedAt, token.ExpiresAt)
	if err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	return nil
}

const selectToken = `
SELECT
	t.id,
	t.title,
	t.scopes,
	t.created_at,
	t.last_used_at,
	t.expires_at
FROM tokens t
JOIN accounts a ON a.id = t.account_id AND a.epoch = t.epoch
`

func scanToken(row mysql.Scanner) (Token, error) {
	var t Token
	var scopes string
	var used sql.NullTime
	err := row.Scan(&t.ID, &t.Title, &scopes, &t.CreatedAt, &used, &t.ExpiresAt)
	if errors.Is(err, sql.ErrNoRows) {
		return Token{}, errTokenNotFound
	}
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	t.Scopes, t.LastUsedAt = strings.Fields(scopes), used.Time
	return t, nil
}

// Token reads one live token of the caller.
func (s *Store) Token(ctx context.Context, c Caller, id string) (Token, error) {
	return scanToken(s.db.QueryRow(ctx, selectToken+`WHERE t.id = ? AND t.account_id = ? AND t.expires_at > UTC_TIMESTAMP(6)`, id, c.AccountID))
}

// Tokens lists the caller's live tokens, the newest first.
func (s *Store) Tokens(ctx context.Context, c Caller) ([]Token, error) {
	rows, err := s.db.Query(ctx, selectToken+`WHERE t.account_id = ? AND t.expires_at > UTC_TIMESTAMP(6) ORDER BY t.created_at DESC, t.id DESC`, c.AccountID)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return mysql.Collect(rows, scanToken)
}

// TokenOwner is whom a token belongs to and what it may do.
type TokenOwner struct {
	TokenID   string
	AccountID string
	Scopes    []string
	UseDue    bool // its use is to be written down
}

// TokenOwner finds the live token of that id, if it has that secret: one indexed read.
func (s *Store) TokenOwner(ctx context.Context, id string, secretHash []byte) (TokenOwner, error) {
	o := TokenOwner{TokenID: id}
	var kept []byte
	var scopes string
	err := s.db.QueryRow(ctx, `
SELECT
	t.secret_hash,
	t.account_id,
	t.scopes,
	t.last_used_at IS NULL OR t.last_used_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND
FROM tokens t
JOIN accounts a ON a.id = t.account_id AND a.epoch = t.epoch
WHERE t.id = ? AND t.expires_at > UTC_TIMESTAMP(6)`,
		seconds(useInterval), id).Scan(&kept, &o.AccountID, &scopes, &o.UseDue)
	if errors.Is(err, sql.ErrNoRows) {
		return TokenOwner{}, errTokenInvalid
	}
	if err != nil {
		return TokenOwner{}, fmt.Errorf("read token: %w", err)
	}
	if subtle.ConstantTimeCompare(kept, secretHash) != 1 {
		return TokenOwner{}, errTokenInvalid
	}
	o.Scopes = strings.Fields(scopes)
	return o, nil
}

// UseToken writes down that a token is in use, unless somebody else just did.
func (s *Store) UseToken(ctx context.Context, o TokenOwner) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `
UPDATE tokens SET
	last_used_at = UTC_TIMESTAMP(6)
WHERE id = ? AND account_id = ? AND (last_used_at IS NULL OR last_used_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND)`,
			o.TokenID, o.AccountID, seconds(useInterval))
		if err != nil {
			return fmt.Errorf("write use of token: %w", err)
		}
		return nil
	})
}
