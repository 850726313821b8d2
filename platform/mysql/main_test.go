package mysql_test

import (
	"database/sql"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

var discard = slog.New(slog.DiscardHandler)

// accounts is the schema of most tests: a row for each account, with what it holds.
var accounts = fstest.MapFS{"0001_create_accounts.sql": {Data: []byte(`
CREATE TABLE IF NOT EXISTS accounts (
	name    VARCHAR(40) NOT NULL PRIMARY KEY,
	balance INT         NOT NULL,
	email   VARCHAR(80) NULL,
	UNIQUE KEY by_email (email)
)`)}}

// newAccounts makes the schema with the accounts a and b, which hold 100 each.
func newAccounts(t *testing.T) (*mysqltest.Database, *sql.DB) {
	t.Helper()
	database := mysqltest.New(t, accounts)
	admin := database.OpenAdmin(t)
	_, err := admin.ExecContext(t.Context(), "INSERT INTO accounts (name, balance) VALUES ('a', 100), ('b', 100)")
	if err != nil {
		t.Fatal(err)
	}
	return database, admin
}

// balances reads what is committed.
func balances(t *testing.T, admin *sql.DB) map[string]int {
	t.Helper()
	rows, err := admin.QueryContext(t.Context(), "SELECT name, balance FROM accounts")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found := make(map[string]int)
	for rows.Next() {
		var name string
		var balance int
		err = rows.Scan(&name, &balance)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = balance
	}
	err = rows.Err()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// open makes a pool that differs from the database's own in what change does.
func open(t *testing.T, cfg mysql.Config, registry prometheus.Registerer) *mysql.DB {
	t.Helper()
	db, err := mysql.Open(cfg, discard, registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := db.Close()
		if err != nil {
			t.Error(err)
		}
	})
	return db
}

// metric reads a counter, or how often a histogram observed something; 0 when it never did.
func metric(t *testing.T, registry *prometheus.Registry, name string, labels map[string]string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			matching := 0
			for _, label := range m.GetLabel() {
				if labels[label.GetName()] == label.GetValue() {
					matching++
				}
			}
			if family.GetName() == name && matching == len(labels) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return 0
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for !isSo() {
		select {
		case <-poll.C:
		case <-limit.C:
			t.Fatalf("after 10 s still not: %s", what)
		}
	}
}
