package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

const readBalance = "SELECT balance FROM accounts WHERE name = ?"

// status adds up a counter of the two connections that db has: one for single statements, one for transactions.
func status(t *testing.T, db *mysql.DB, name string) int {
	t.Helper()
	show := "SHOW SESSION STATUS LIKE '" + name + "'"
	var ignored string
	var single, inTransaction int
	err := errors.Join(
		db.QueryRow(t.Context(), show).Scan(&ignored, &single),
		db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			return tx.QueryRow(ctx, show).Scan(&ignored, &inTransaction)
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return single + inTransaction
}

// single opens a pool that uses one connection at a time.
func single(t *testing.T, database *mysqltest.Database) *mysql.DB {
	t.Helper()
	cfg := database.Config
	cfg.MaxOpen = 1
	return open(t, cfg, database.Registry)
}

func TestAStatementIsPreparedOncePerConnection(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := single(t, database)
	before := status(t, db, "Com_stmt_prepare")
	for range 5 {
		var balance int
		err := db.QueryRow(t.Context(), readBalance, "a").Scan(&balance)
		if err != nil || balance != 100 {
			t.Fatalf("got %d, %v", balance, err)
		}
		err = db.WithTx(t.Context(), change("b", 0))
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := status(t, db, "Com_stmt_prepare") - before; got != 2 {
		t.Errorf("%d statements were prepared, want 2", got)
	}
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	t.Parallel()
	db := single(t, mysqltest.New(t, nil))
	for i := range 100 {
		var got int
		err := db.QueryRow(t.Context(), fmt.Sprintf("SELECT %d", i)).Scan(&got)
		if err != nil || got != i {
			t.Fatalf("got %d, %v", got, err)
		}
	}
	prepared, closed := status(t, db, "Com_stmt_prepare"), status(t, db, "Com_stmt_close")
	if prepared-closed > 64 || prepared < 100 {
		t.Errorf("%d were prepared and %d closed", prepared, closed)
	}
}

func TestAStatementThatFailedToPrepareIsTriedAgain(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	db := single(t, database)
	var n int
	err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM late").Scan(&n)
	if err == nil {
		t.Fatal("there is a table already")
	}
	_, err = database.OpenAdmin(t).ExecContext(t.Context(), "CREATE TABLE late (id INT PRIMARY KEY)")
	if err != nil {
		t.Fatal(err)
	}
	err = db.QueryRow(t.Context(), "SELECT COUNT(*) FROM late").Scan(&n)
	if err != nil {
		t.Errorf("got %v", err)
	}
}

func TestAMissingRowIsErrNoRows(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	var balance int
	err := database.Open(t).QueryRow(t.Context(), readBalance, "nobody").Scan(&balance)
	if !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("got %v", err)
	}
}

func TestWhoeverGetsNoConnectionInTimeIsRefused(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := single(t, database)
	rows, err := db.Query(t.Context(), "SELECT name FROM accounts ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var balance int
	_, queryErr := db.Query(t.Context(), readBalance, "a")
	for what, refuse := range map[string]func() error{
		"Query":          func() error { return queryErr },
		"QueryRow":       func() error { return db.QueryRow(t.Context(), readBalance, "a").Scan(&balance) },
		"WithTx":         func() error { return db.WithTx(t.Context(), change("a", 1)) },
		"Ping":           func() error { return db.Ping(t.Context()) },
		"ExecAutocommit": func() error { _, err := db.ExecAutocommit(t.Context(), add, 1, "a"); return err },
	} {
		err := refuse()
		if fault.KindOf(err) != fault.Unavailable || !fault.Is(err, fault.ReasonOverloaded) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if got := metric(t, database.Registry, "mysql_pool_refused_total", nil); got != 5 {
		t.Errorf("%v were refused, want 5", got)
	}
	var names []string
	for rows.Next() {
		var name string
		err = rows.Scan(&name)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if rows.Err() != nil || len(names) != 2 {
		t.Errorf("the rows that were open gave %v, %v", names, rows.Err())
	}
	err = db.QueryRow(t.Context(), readBalance, "a").Scan(&balance)
	if err != nil || balance != 100 {
		t.Errorf("once they are read: got %d, %v", balance, err)
	}
}

func TestWhoeverWaitsForAConnectionGetsTheNextOne(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := single(t, database)
	rows, err := db.Query(t.Context(), "SELECT name FROM accounts")
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan error)
	go func() {
		var balance int
		answer <- db.QueryRow(t.Context(), readBalance, "a").Scan(&balance)
	}()
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		err = rows.Scan(&name)
		if err != nil {
			t.Fatal(err)
		}
	}
	err = rows.Err()
	if err != nil {
		t.Fatal(err)
	}
	err = <-answer
	if err != nil {
		t.Error(err)
	}
	if got := metric(t, database.Registry, "mysql_pool_wait_seconds", nil); got != 2 {
		t.Errorf("%v waits were observed, want 2", got)
	}
}

func TestAReadIsRepeatedWhenItsConnectionIsLost(t *testing.T) {
	t.Parallel()
	for _, cuts := range []int32{1, 2, 3} {
		t.Run(fmt.Sprintf("%d times in a row", cuts), func(t *testing.T) {
			t.Parallel()
			database, _ := newAccounts(t)
			var left atomic.Int32
			between := mysqltest.NewProxy(t, database.Config.Addr, func(command byte, _ string) mysqltest.Verdict {
				if command == mysqltest.ComStmtExecute && left.Add(-1) >= 0 {
					return mysqltest.Drop
				}
				return mysqltest.Pass
			})
			cfg := database.Config
			cfg.Addr = between.Addr
			db := open(t, cfg, database.Registry)
			wantUnavailable := cuts > 2
			left.Store(cuts)
			var balance int
			err := db.QueryRow(t.Context(), readBalance, "a").Scan(&balance)
			if wantUnavailable != (fault.KindOf(err) == fault.Unavailable) || !wantUnavailable && (err != nil || balance != 100) {
				t.Errorf("QueryRow: got %d, %v", balance, err)
			}
			left.Store(cuts)
			rows, err := db.Query(t.Context(), readBalance, "a")
			if wantUnavailable != (fault.KindOf(err) == fault.Unavailable) {
				t.Errorf("Query: got %v", err)
			}
			if err != nil {
				return
			}
			defer func() { _ = rows.Close() }()
			if !rows.Next() || rows.Err() != nil {
				t.Errorf("the row is missing: %v", rows.Err())
			}
		})
	}
}

func TestConnectionsThatDiedInThePoolAreNotNoticed(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	db := database.Open(t)
	var id int
	err := db.QueryRow(t.Context(), "SELECT CONNECTION_ID()").Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = admin.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection is gone", func() bool {
		var left int
		err := admin.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?", id).Scan(&left)
		return err == nil && left == 0
	})
	err = db.WithTx(t.Context(), change("a", 1))
	if err != nil {
		t.Error(err)
	}
}

func TestAnAutocommitWriteIsWrittenAtOnce(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	result, err := database.Open(t).ExecAutocommit(t.Context(), add, 1, "a")
	if err != nil {
		t.Fatal(err)
	}
	found, err := result.RowsAffected()
	if err != nil || found != 1 || balances(t, admin)["a"] != 101 || database.Transactions(t) != 0 {
		t.Errorf("found %d rows, %v", found, err)
	}
}

func TestStatementsAndConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	first, second := database.Open(t), database.Open(t)
	for _, db := range []*mysql.DB{first, second} {
		err := errors.Join(db.Ping(t.Context()), db.WithTx(t.Context(), change("a", 1)))
		if err != nil {
			t.Fatal(err)
		}
		var balance int
		err = db.QueryRow(t.Context(), readBalance, "a").Scan(&balance)
		if err != nil {
			t.Fatal(err)
		}
	}
	got := []int{database.Statements(t), database.Statements(t, "select"), database.Statements(t, "update", "insert"), database.Transactions(t)}
	if fmt.Sprint(got) != "[4 2 2 2]" {
		t.Errorf("got %v, want 4 statements, 2 of them reads and 2 writes, in 2 transactions", got)
	}
	if got := metric(t, database.Registry, "go_sql_max_open_connections", nil); got != 10 {
		t.Errorf("the pool's gauge says %v, want 10", got)
	}
}

func TestTwoPoolsOfOneNameAreRefused(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	registry := prometheus.NewRegistry()
	first, err := mysql.Open(database.Config, discard, registry)
	if err != nil {
		t.Fatal(err)
	}
	_, err = mysql.Open(database.Config, discard, registry)
	if err == nil {
		t.Error("the second one opened")
	}
	err = first.Close()
	if err != nil {
		t.Fatal(err)
	}
	open(t, database.Config, registry) // and the name is free again
}

func TestAnEndedContextIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	db := single(t, database)
	rows, err := db.Query(t.Context(), "SELECT name FROM accounts")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = errors.Join(rows.Err(), rows.Close()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = db.Ping(ctx)
	if fault.Classify(err).Kind != fault.Timeout {
		t.Errorf("got %v", err)
	}
}
