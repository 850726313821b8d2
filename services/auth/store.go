package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
)

// Store is all SQL of auth: accounts here, sessions in store_sessions.go, the password in store_password.go,
// signing keys in store_keys.go. A method that writes owns the transaction and appends its events in it
// (events.go).
//
// Locks are taken in one order: the request's row (see idempotency.Do), the account, its sessions, the
// outbox. Whatever starts or ends sessions or changes the credentials takes the account's row before it
// reads.
type Store struct {
	db          *mysql.DB
	clock       func() time.Time
	appendEvent outbox.AppendFunc
}

// NewStore makes a store. clock gives the time of accounts and events, while sessions live by the database's;
// events are written with appendEvent.
func NewStore(db *mysql.DB, clock func() time.Time, appendEvent outbox.AppendFunc) *Store {
	return &Store{db: db, clock: clock, appendEvent: appendEvent}
}

// errNoAccount is an address or id without an account. It does not leave the package: who asked gets the same
// answer as for a wrong password.
var errNoAccount = errors.New("no such account")

// now is in the columns' precision, so that what is answered is what is stored.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// CreateAccount makes an account. A repeat gives the account that the first request made, as it is now.
func (s *Store) CreateAccount(ctx context.Context, key idempotency.Key, email, passwordHash string) (account Account, replayed bool, err error) {
	account = Account{ID: newID(), Email: email, PasswordHash: passwordHash, Epoch: 1, CreatedAt: s.now()}
	key.Known = idempotency.Result{Resource: accountName(account.ID)}
	result, replayed, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		err := insertAccount(ctx, tx, account)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = s.record(ctx, tx, eventAccountCreated, accountName(account.ID), account.ID, nil)
		return key.Known, err
	})
	if err != nil || !replayed {
		return account, false, err
	}
	id, ok := parseName(accountCollection, result.Resource)
	if !ok {
		return Account{}, false, fmt.Errorf("remembered %q is no account", result.Resource)
	}
	account, err = s.Account(ctx, id)
	return account, true, err
}

func insertAccount(ctx context.Context, tx *mysql.Tx, a Account) error {
	_, err := tx.Exec(ctx, `
INSERT INTO accounts (
	id,
	email,
	email_key,
	password_hash,
	epoch,
	created_at
) VALUES (?, ?, ?, ?, ?, ?)`,
		a.ID, a.Email, emailKey(a.Email), a.PasswordHash, a.Epoch, a.CreatedAt)
	if mysql.IsDuplicate(err) {
		return errEmailTaken.With(err)
	}
	if err != nil {
		return fmt.Errorf("insert account: %w", err)
	}
	return nil
}

const selectAccount = `
SELECT
	id,
	email,
	password_hash,
	epoch,
	created_at
FROM accounts
`

func scanAccount(row mysql.Scanner) (Account, error) {
	var a Account
	err := row.Scan(&a.ID, &a.Email, &a.PasswordHash, &a.Epoch, &a.CreatedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, errNoAccount
	}
	if err != nil {
		return Account{}, fmt.Errorf("read account: %w", err)
	}
	return a, nil
}

// Account reads an account.
func (s *Store) Account(ctx context.Context, id string) (Account, error) {
	return scanAccount(s.db.QueryRow(ctx, selectAccount+`WHERE id = ?`, id))
}

// AccountByEmail reads the account of an address in any spelling.
func (s *Store) AccountByEmail(ctx context.Context, email string) (Account, error) {
	return scanAccount(s.db.QueryRow(ctx, selectAccount+`WHERE email_key = ?`, emailKey(email)))
}

// lockAccount keeps other sign-ins and changes of the credentials of one account out until the transaction
// ends, and says which epoch holds and what time the database has.
func lockAccount(ctx context.Context, tx *mysql.Tx, id string) (epoch int, now time.Time, err error) {
	err = tx.QueryRow(ctx, `
SELECT
	epoch,
	UTC_TIMESTAMP(6)
FROM accounts
WHERE id = ?
FOR UPDATE`, id).Scan(&epoch, &now)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, errNoAccount
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("lock account: %w", err)
	}
	return epoch, now, nil
}
