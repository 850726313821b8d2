package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
)

const add = "UPDATE accounts SET balance = balance + ? WHERE name = ?"

// change is a transaction's function that adds to one account.
func change(name string, by int) func(ctx context.Context, tx *mysql.Tx) error {
	return func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, add, by, name)
		return err
	}
}

func TestATransactionIsCommittedWhenItsFunctionReturnsNil(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	err := database.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		return errors.Join(change("a", -30)(ctx, tx), change("b", 30)(ctx, tx))
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"a": 70, "b": 130}, balances(t, admin)); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
	if got := database.Transactions(t, "committed"); got != 1 {
		t.Errorf("%d transactions were committed, want 1", got)
	}
}

func TestATransactionBeginsWithItsFirstStatement(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := single(t, database)
	begun, committed := status(t, db, "Com_begin"), status(t, db, "Com_commit")
	err := db.WithTx(t.Context(), change("a", 1))
	if err != nil {
		t.Fatal(err)
	}
	if n := status(t, db, "Com_begin") - begun; n != 0 {
		t.Errorf("BEGIN was sent %d times", n)
	}
	// Each look at the counter is a transaction too.
	if n := status(t, db, "Com_commit") - committed; n < 2 {
		t.Errorf("COMMIT was sent %d times", n)
	}
}

func TestATransactionReadsWhatItWrote(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	err := database.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		err := change("a", 1)(ctx, tx)
		if err != nil {
			return err
		}
		var balance int
		err = tx.QueryRow(ctx, "SELECT balance FROM accounts WHERE name = ?", "a").Scan(&balance)
		if err != nil || balance != 101 {
			t.Errorf("got %d, %v", balance, err)
		}
		rows, err := tx.Query(ctx, "SELECT name FROM accounts WHERE balance = ?", 101)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		if !rows.Next() || rows.Next() {
			t.Error("want one row")
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatItsFunctionReturnsRollsBackAndComesOutAsItIs(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	db := database.Open(t)
	plain := errors.New("the pad is full")
	refused := fault.New(fault.Precondition, "PAD_FULL", "This pad is full.")
	for _, want := range []error{plain, refused, fmt.Errorf("read: %w", sql.ErrNoRows)} {
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			err := change("a", 1)(ctx, tx)
			if err != nil {
				t.Error(err)
			}
			return want
		})
		if err != want { //nolint:errorlint // the very same one
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if got := balances(t, admin)["a"]; got != 100 {
		t.Errorf("a holds %d, want 100", got)
	}
	if got := database.Transactions(t, "rolled_back"); got != 3 {
		t.Errorf("%d transactions were rolled back, want 3", got)
	}
}

func TestADuplicateIsSeenThroughAllWrapping(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	err := database.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO accounts (name, balance) VALUES (?, ?)", "a", 1)
		return fmt.Errorf("insert account: %w", err)
	})
	var serverError *mysqldriver.MySQLError
	if !mysql.IsDuplicate(err) || !errors.As(err, &serverError) || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

func TestAPanicRollsBackAndGoesOn(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	db := database.Open(t)
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic did not come out")
			}
		}()
		_ = db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			_ = change("a", 1)(ctx, tx)
			panic("boom")
		})
	}()
	rolledBack(t, database, admin)
}

func TestAGoroutineThatEndsInsideRollsBack(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	db := database.Open(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			_ = change("a", 1)(ctx, tx)
			runtime.Goexit()
			return nil
		})
	}()
	<-ended
	rolledBack(t, database, admin)
}

// rolledBack demands that the one transaction left nothing behind, not even a lock.
func rolledBack(t *testing.T, database interface {
	Transactions(t testing.TB, results ...string) int
}, admin *sql.DB,
) {
	t.Helper()
	_, err := admin.ExecContext(t.Context(), "UPDATE accounts SET balance = balance * 2")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"a": 200, "b": 200}, balances(t, admin)); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
	if got := database.Transactions(t, "rolled_back"); got != 1 {
		t.Errorf("%d transactions were rolled back, want 1", got)
	}
}

func TestRowsMustBeClosedBeforeTheNextStatement(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	err := database.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		rows, err := tx.Query(ctx, "SELECT name FROM accounts")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			err = change("a", 1)(ctx, tx)
			if err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v, want a plain error that says so", err)
	}
}
