package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// Caller is who a request comes from, as the access token says.
type Caller struct {
	AccountID string
	SessionID string
}

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
		err = s.endAll(ctx, tx, []string{c.SessionID}, c.AccountID)
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
		err = s.endAll(ctx, tx, []string{sessionID}, c.AccountID)
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
		ended, err := s.endOthers(ctx, tx, c)
		return idempotency.Result{Resource: accountName(c.AccountID), ETag: strconv.Itoa(ended)}, err
	})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(result.ETag)
}

// endOthers needs the account's lock: no session may start meanwhile.
func (s *Store) endOthers(ctx context.Context, tx *mysql.Tx, c Caller) (ended int, err error) {
	rows, err := tx.Query(ctx, `
SELECT
	id
FROM sessions
WHERE account_id = ? AND id <> ? AND expires_at > UTC_TIMESTAMP(6)
ORDER BY created_at, id`, c.AccountID, c.SessionID)
	if err != nil {
		return 0, fmt.Errorf("list other sessions: %w", err)
	}
	others, err := mysql.Collect(rows, func(row mysql.Scanner) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return 0, err
	}
	return len(others), s.endAll(ctx, tx, others, c.AccountID)
}

// endAll ends sessions of one account, with an event for each that was there.
func (s *Store) endAll(ctx context.Context, tx *mysql.Tx, ids []string, accountID string) error {
	for _, id := range ids {
		found, err := deleteSession(ctx, tx, id, accountID)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		err = s.record(ctx, tx, eventSessionEnded, sessionName(id), accountID)
		if err != nil {
			return err
		}
	}
	return nil
}

func deleteSession(ctx context.Context, tx *mysql.Tx, id, accountID string) (found bool, err error) {
	result, err := tx.Exec(ctx, `DELETE FROM sessions WHERE id = ? AND account_id = ?`, id, accountID)
	if err != nil {
		return false, fmt.Errorf("delete session: %w", err)
	}
	count, err := result.RowsAffected()
	return count == 1, err
}
