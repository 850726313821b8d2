package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// Caller is who a request comes from, as the access token says.
type Caller struct {
	AccountID string
	SessionID string // or the name of the token that the request came with
}

// isToken says that the caller is a program with a personal access token.
func (c Caller) isToken() bool { return strings.HasPrefix(c.SessionID, tokenCollection) }

// lockCaller locks the caller's account and gives its epoch. The token may be up to a minute older than the
// end of its session: then the request is refused.
func lockCaller(ctx context.Context, tx *mysql.Tx, c Caller) (epoch int, err error) {
	epoch, _, err = lockAccount(ctx, tx, c.AccountID)
	if errors.Is(err, errNoAccount) {
		return 0, errSessionEnded
	}
	if err != nil {
		return 0, err
	}
	live, err := sessionLives(ctx, tx, c.AccountID, c.SessionID, epoch)
	if err == nil && !live {
		return 0, errSessionEnded
	}
	return epoch, err
}

// sessionLives says whether the account has that session. With the account locked, it stays so.
func sessionLives(ctx context.Context, tx *mysql.Tx, accountID, sessionID string, epoch int) (bool, error) {
	var one int
	err := tx.QueryRow(ctx, `
SELECT
	1
FROM sessions
WHERE id = ? AND account_id = ? AND epoch = ? AND expires_at > UTC_TIMESTAMP(6)`,
		sessionID, accountID, epoch).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read session: %w", err)
	}
	return true, nil
}

// SignOut ends the caller's session. One that has ended already is no error: the caller has what it wanted.
func (s *Store) SignOut(ctx context.Context, key idempotency.Key, c Caller) error {
	_, _, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		_, _, err := lockAccount(ctx, tx, c.AccountID)
		if err != nil && !errors.Is(err, errNoAccount) {
			return idempotency.Result{}, err
		}
		err = s.end(ctx, tx, endableSession, ending{id: c.SessionID, accountID: c.AccountID, why: endedBySignOut})
		return idempotency.Result{Resource: sessionName(c.SessionID)}, err
	})
	return err
}

// EndSession ends one of the caller's live sessions.
func (s *Store) EndSession(ctx context.Context, key idempotency.Key, c Caller, sessionID string) error {
	_, _, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		epoch, err := lockCaller(ctx, tx, c)
		if err != nil {
			return idempotency.Result{}, err
		}
		live, err := sessionLives(ctx, tx, c.AccountID, sessionID, epoch)
		if err == nil && !live {
			err = errSessionNotFound
		}
		if err != nil {
			return idempotency.Result{}, err
		}
		err = s.end(ctx, tx, endableSession, ending{id: sessionID, accountID: c.AccountID, why: endedByPerson})
		return idempotency.Result{Resource: sessionName(sessionID)}, err
	})
	return err
}

// EndOtherSessions ends all the caller's sessions but the one that calls. A repeat gives the first count
// again: it is remembered where other resources have their etag.
func (s *Store) EndOtherSessions(ctx context.Context, key idempotency.Key, c Caller) (ended int, err error) {
	result, _, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		_, err := lockCaller(ctx, tx, c)
		if err != nil {
			return idempotency.Result{}, err
		}
		ended, err := s.endOthers(ctx, tx, c, endedByPerson)
		return idempotency.Result{Resource: accountName(c.AccountID), ETag: strconv.Itoa(ended)}, err
	})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(result.ETag)
}

// endOthers needs the account's lock: no session may start meanwhile.
func (s *Store) endOthers(ctx context.Context, tx *mysql.Tx, c Caller, why string) (ended int, err error) {
	rows, err := tx.Query(ctx, `
SELECT
	id
FROM sessions
WHERE account_id = ? AND id <> ? AND expires_at > UTC_TIMESTAMP(6)
ORDER BY created_at, id`, c.AccountID, c.SessionID)
	if err != nil {
		return 0, fmt.Errorf("list other sessions: %w", err)
	}
	others, err := mysql.Collect(rows, func(row mysql.Scanner) (ending, error) {
		e := ending{accountID: c.AccountID, why: why}
		err := row.Scan(&e.id)
		return e, err
	})
	if err != nil {
		return 0, err
	}
	return len(others), s.end(ctx, tx, endableSession, others...)
}

// endable is what ends with an event.
type endable struct {
	deletion string // of one
	event    string
	name     func(id string) string
}

var (
	endableSession = endable{`DELETE FROM sessions WHERE id = ? AND account_id = ?`, eventSessionEnded, sessionName}
	endableToken   = endable{`DELETE FROM tokens WHERE id = ? AND account_id = ?`, eventTokenDeleted, tokenName}
)

// end ends sessions or tokens, with an event for each that was there.
func (s *Store) end(ctx context.Context, tx *mysql.Tx, what endable, all ...ending) error {
	for _, e := range all {
		result, err := tx.Exec(ctx, what.deletion, e.id, e.accountID)
		if err != nil {
			return fmt.Errorf("delete %s: %w", what.name(e.id), err)
		}
		found, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if found == 0 {
			continue
		}
		if e.at.IsZero() {
			e.at = s.now()
		}
		err = s.appendEvent(ctx, tx, eventOf(ctx, what.event, what.name(e.id), e.accountID, e.at, map[string]any{"reason": e.why}))
		if err != nil {
			return err
		}
	}
	return nil
}

// endExpired ends up to limit sessions that have expired, and tells how many they were. It works on everybody's
// sessions and takes no account's row: rows that somebody else has are left to them.
func (s *Store) endExpired(ctx context.Context, limit int) (ended int, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		rows, err := tx.Query(ctx, `
SELECT
	id,
	account_id,
	expires_at
FROM sessions
WHERE expires_at < UTC_TIMESTAMP(6)
ORDER BY expires_at
LIMIT ?
FOR UPDATE SKIP LOCKED`, limit)
		if err != nil {
			return fmt.Errorf("find expired sessions: %w", err)
		}
		expired, err := mysql.Collect(rows, func(row mysql.Scanner) (ending, error) {
			e := ending{why: endedByTime}
			err := row.Scan(&e.id, &e.accountID, &e.at)
			return e, err
		})
		if err != nil {
			return err
		}
		ended = len(expired)
		return s.end(ctx, tx, endableSession, expired...)
	})
	return ended, err
}
