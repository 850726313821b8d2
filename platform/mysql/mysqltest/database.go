package mysqltest

import (
	"context"
	"database/sql"
	"io/fs"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// How many connections a test's pool may use. Few, because tests run beside each other.
const testMaxOpen = 10

// Database is a schema of one test's own.
type Database struct {
	Config   mysql.Config         // for the code under test: a user that reads and writes rows, like a service's
	Admin    mysql.Config         // for faults that the test plants, and for migrators: may do everything
	Registry *prometheus.Registry // the metrics of the pools that Open makes
}

// New makes a schema with the migrations done, and drops it at the end of the test; nil leaves it empty. The server is the one that
// NOTEJAM_TEST_MYSQL_ADDR names, or else a private one, started for the first New of a package, whose TestMain must call Main.
func New(t testing.TB, migrations fs.FS) *Database {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatalf("a database server for the tests: %v", err)
	}
	random, err := randomHex(6)
	if err != nil {
		t.Fatalf("name the test's schema: %v", err)
	}
	schema := schemaPrefix + random
	ctx := t.Context()
	err = ensureDatabase(ctx, server.admin, schema, nil)
	if err != nil {
		t.Fatalf("make the test's schema: %v", err)
	}
	t.Cleanup(func() {
		_, err := server.admin.ExecContext(context.Background(), "DROP DATABASE "+identifier(schema))
		if err != nil {
			t.Errorf("drop the test's schema: %v", err)
		}
	})
	d := &Database{
		Config:   mysql.Config{Addr: server.addr, User: server.user.Name, Password: server.user.Password, Database: schema, MaxOpen: testMaxOpen},
		Admin:    mysql.Config{Addr: server.addr, User: server.adminName, Password: server.adminPassword, Database: schema, MaxOpen: testMaxOpen},
		Registry: prometheus.NewRegistry(),
	}
	if migrations == nil {
		return d
	}
	err = mysql.Migrate(ctx, d.Admin, migrations, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("migrate the test's schema: %v", err)
	}
	return d
}

// Narrow gives the code under test a user of its own that has these rights and no others, as a service's may be.
func (d *Database) Narrow(t testing.TB, grants []mysql.Grant) {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		t.Fatalf("a database server for the tests: %v", err)
	}
	user := User{Name: d.Config.Database, Password: env.NewSecret(d.Config.Database)} // as random as the schema's name
	err = ensureUser(t.Context(), server.admin, user)
	if err != nil {
		t.Fatalf("make the test's user: %v", err)
	}
	t.Cleanup(func() {
		_, err := server.admin.ExecContext(context.Background(), "DROP USER "+quote(user.Name)+"@'%'")
		if err != nil {
			t.Errorf("drop the test's user: %v", err)
		}
	})
	err = mysql.GrantTables(t.Context(), d.Admin, user.Name, grants, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("narrow the test's user: %v", err)
	}
	d.Config.User, d.Config.Password = user.Name, user.Password
}

// Open makes a pool for the code under test and closes it at the end of the test.
func (d *Database) Open(t testing.TB) *mysql.DB {
	t.Helper()
	random, err := randomHex(4)
	if err != nil {
		t.Fatalf("name the pool: %v", err)
	}
	cfg := d.Config
	cfg.Pool = random // several pools may share the registry
	db, err := mysql.Open(cfg, slog.New(slog.DiscardHandler), d.Registry)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() {
		err := db.Close()
		if err != nil {
			t.Errorf("close the test's database: %v", err)
		}
	})
	return db
}

// OpenAdmin makes a plain pool of the administrator's, to plant faults and to look behind the code under test. It does not count statements.
func (d *Database) OpenAdmin(t testing.TB) *sql.DB {
	t.Helper()
	pool, err := openAdmin(d.Admin.Addr, d.Admin.User, d.Admin.Database, d.Admin.Password)
	if err != nil {
		t.Fatalf("open the test's database as administrator: %v", err)
	}
	t.Cleanup(func() {
		err := pool.Close()
		if err != nil {
			t.Errorf("close the administrator's pool: %v", err)
		}
	})
	return pool
}

// Statements gives how many statements of a kind (select, insert, update, delete, other) the pools of Open have sent. No kind counts all.
func (d *Database) Statements(t testing.TB, kinds ...string) int {
	t.Helper()
	return d.count(t, "mysql_statements_total", kinds)
}

// Transactions gives how many transactions of the pools of Open ended so: committed, rolled_back, unknown. No result counts all.
func (d *Database) Transactions(t testing.TB, results ...string) int {
	t.Helper()
	return d.count(t, "mysql_transactions_total", results)
}

// count adds up a counter with one label over the label's values that are asked for.
func (d *Database) count(t testing.TB, name string, values []string) int {
	t.Helper()
	families, err := d.Registry.Gather()
	if err != nil {
		t.Fatalf("gather metrics: %v", err)
	}
	wanted := make(map[string]bool, len(values))
	for _, value := range values {
		wanted[value] = true
	}
	total := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			if len(wanted) == 0 || wanted[metric.GetLabel()[0].GetValue()] {
				total += metric.GetCounter().GetValue()
			}
		}
	}
	return int(total)
}
