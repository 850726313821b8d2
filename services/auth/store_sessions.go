package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// SignedIn is what a new session needs: an account whose password was verified.
type SignedIn struct {
	Account    Account // as it was when the password was verified
	RequestID  string  // of the sign-in, in canonical form
	SecretHash []byte
	NewHash    string // replaces the account's password hash; "" keeps it
	Client     Client
}

// StartSession starts a session. It is refused like a wrong password if the credentials changed since they
// were verified.
func (s *Store) StartSession(ctx context.Context, in SignedIn) (Session, error) {
	session := Session{ID: newID()}
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		epoch, now, err := lockAccount(ctx, tx, in.Account.ID)
		if errors.Is(err, errNoAccount) || err == nil && epoch != in.Account.Epoch {
			return errCredentials
		}
		if err != nil {
			return err
		}
		err = replaceHash(ctx, tx, in.Account.ID, in.NewHash)
		if err != nil {
			return err
		}
		err = s.makeRoom(ctx, tx, in.Account.ID, in.RequestID)
		if err != nil {
			return err
		}
		session.CreatedAt, session.LastUsedAt, session.ExpiresAt = now, now, now.Add(sessionIdle)
		session.Client = in.Client
		err = insertSession(ctx, tx, session, in)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, eventSessionCreated, sessionName(session.ID), in.Account.ID, in.Client.data())
	})
	return session, err
}

func insertSession(ctx context.Context, tx *mysql.Tx, session Session, in SignedIn) error {
	_, err := tx.Exec(ctx, `
INSERT INTO sessions (
	id,
	account_id,
	secret_hash,
	epoch,
	request_id,
	created_at,
	last_used_at,
	expires_at,
	device,
	network
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		session.ID, in.Account.ID, in.SecretHash, in.Account.Epoch, in.RequestID,
		session.CreatedAt, session.LastUsedAt, session.ExpiresAt, session.Client.Device, session.Client.Network)
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// makeRoom carries out what the function of that name decides.
func (s *Store) makeRoom(ctx context.Context, tx *mysql.Tx, accountID, requestID string) error {
	rows, err := tx.Query(ctx, `
SELECT
	id,
	request_id,
	expires_at,
	expires_at <= UTC_TIMESTAMP(6)
FROM sessions
WHERE account_id = ?
ORDER BY created_at, id`, accountID)
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	held, err := mysql.Collect(rows, func(row mysql.Scanner) (h heldSession, err error) {
		return h, row.Scan(&h.id, &h.requestID, &h.expiresAt, &h.expired)
	})
	if err != nil {
		return err
	}
	end := makeRoom(held, requestID)
	for i := range end {
		end[i].accountID = accountID
	}
	return s.end(ctx, tx, endableSession, end...)
}

// SessionOwner is whom a session's secret belongs to.
type SessionOwner struct {
	SessionID string
	AccountID string
	Email     string
	UseDue    bool // the use of the session is to be written down
	NewDay    bool // and is the first of a day, in UTC
}

// SessionOwner finds the live session of a secret: one indexed read.
func (s *Store) SessionOwner(ctx context.Context, secretHash []byte) (SessionOwner, error) {
	var o SessionOwner
	err := s.db.QueryRow(ctx, `
SELECT
	s.id,
	a.id,
	a.email,
	s.last_used_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND,
	s.last_used_at < UTC_DATE()
FROM sessions s
JOIN accounts a ON a.id = s.account_id AND a.epoch = s.epoch
WHERE s.secret_hash = ? AND s.expires_at > UTC_TIMESTAMP(6)`,
		seconds(useInterval), secretHash).Scan(&o.SessionID, &o.AccountID, &o.Email, &o.UseDue, &o.NewDay)
	if errors.Is(err, sql.ErrNoRows) {
		return SessionOwner{}, errSessionEnded
	}
	if err != nil {
		return SessionOwner{}, fmt.Errorf("read session: %w", err)
	}
	return o, nil
}

// UseSession writes down that a session is in use, unless somebody else just did. Of its uses the trail has the first
// of each day: more would hide everything else there.
func (s *Store) UseSession(ctx context.Context, o SessionOwner) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		result, err := tx.Exec(ctx, `
UPDATE sessions SET
	last_used_at = UTC_TIMESTAMP(6),
	expires_at = LEAST(UTC_TIMESTAMP(6) + INTERVAL ? SECOND, created_at + INTERVAL ? SECOND)
WHERE id = ? AND account_id = ? AND last_used_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND`,
			seconds(sessionIdle), seconds(sessionLife), o.SessionID, o.AccountID, seconds(useInterval))
		if err != nil {
			return fmt.Errorf("write use of session: %w", err)
		}
		written, err := result.RowsAffected()
		if err != nil || written == 0 || !o.NewDay {
			return err
		}
		return s.record(ctx, tx, eventSessionUsed, sessionName(o.SessionID), o.AccountID, nil)
	})
}

// Sessions lists the caller's live sessions, the newest first. The one that calls must be among them, unless it is a
// token that calls.
func (s *Store) Sessions(ctx context.Context, c Caller) ([]Session, error) {
	rows, err := s.db.Query(ctx, `
SELECT
	s.id,
	s.created_at,
	s.last_used_at,
	s.expires_at,
	s.device,
	s.network
FROM sessions s
JOIN accounts a ON a.id = s.account_id AND a.epoch = s.epoch
WHERE s.account_id = ? AND s.expires_at > UTC_TIMESTAMP(6)
ORDER BY s.created_at DESC, s.id DESC`, c.AccountID)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	all, err := mysql.Collect(rows, func(row mysql.Scanner) (r Session, err error) {
		return r, row.Scan(&r.ID, &r.CreatedAt, &r.LastUsedAt, &r.ExpiresAt, &r.Client.Device, &r.Client.Network)
	})
	if err != nil {
		return nil, err
	}
	if !c.isToken() && !slices.ContainsFunc(all, func(r Session) bool { return r.ID == c.SessionID }) {
		return nil, errSessionEnded
	}
	return all, nil
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
