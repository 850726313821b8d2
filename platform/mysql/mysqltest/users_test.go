package mysqltest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestEnsureDatabase(t *testing.T) {
	t.Parallel()
	server := start(t, mysqltest.ServerConfig{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	t.Run("lets users do what their grants say and nothing else", func(t *testing.T) { grantsAreExact(t, server) })
	t.Run("ends old passwords and grants", func(t *testing.T) { oldOnesEnd(t, server) })
	t.Run("tells no password", func(t *testing.T) { errorsHoldNoPassword(t, server) })
	t.Run("makes users whom a read-only server refuses, on connections that are then left", func(t *testing.T) { readOnlyStops(t, server) })
}

func grantsAreExact(t *testing.T, server *mysqltest.Server) {
	t.Helper()
	service := mysqltest.User{Name: "audit", Password: env.NewSecret("it's\\ours"), Grants: []string{"SELECT, INSERT ON audit.events", "SELECT ON audit.heads"}}
	migrator := mysqltest.User{Name: "audit_migrate", Password: env.NewSecret("2"), Grants: mysqltest.MigratorGrants("audit")}
	notes := mysqltest.User{Name: "notes", Password: env.NewSecret("3"), Grants: mysqltest.ServiceGrants("notes")}
	err := errors.Join(
		mysqltest.EnsureDatabase(t.Context(), server, "audit", migrator),
		mysqltest.EnsureDatabase(t.Context(), server, "notes", notes),
	)
	if err != nil {
		t.Fatal(err)
	}
	try := func(user mysqltest.User, schema string, statements ...string) (refused []string) {
		cfg := config(server, schema)
		cfg.Addr, cfg.User, cfg.Password = server.Addr, user.Name, user.Password
		db := open(t, cfg)
		for _, statement := range statements {
			err := write(t.Context(), db, statement)
			if err != nil {
				refused = append(refused, strings.Fields(statement)[0])
			}
		}
		return refused
	}
	cfg := config(server, "audit")
	cfg.Addr, cfg.User, cfg.Password = server.Addr, migrator.Name, migrator.Password
	err = mysql.Migrate(t.Context(), cfg, fstest.MapFS{
		"0001_create_events.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS events (id INT PRIMARY KEY)")},
		"0002_create_heads.sql":  {Data: []byte("CREATE TABLE IF NOT EXISTS heads (id INT PRIMARY KEY)")},
		"0003_add_at.sql": {Data: []byte("-- done-when: SELECT 1 FROM information_schema.columns WHERE table_name = 'events' AND column_name = 'at'\n" +
			"ALTER TABLE events ADD COLUMN at INT")},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Errorf("the migrator may not: %v", err)
	}
	for range 2 { // and again, over the users that are there
		err = mysqltest.EnsureDatabase(t.Context(), server, "audit", service)
		if err != nil {
			t.Fatal(err)
		}
	}
	refused := try(service, "audit", "INSERT INTO events (id) SELECT COUNT(*) FROM events", "UPDATE events SET at = 1", "DELETE FROM events", "DROP TABLE events",
		"INSERT INTO heads VALUES (1)", "CREATE TABLE mine (id INT PRIMARY KEY)")
	if fmt.Sprint(refused) != "[UPDATE DELETE DROP INSERT CREATE]" {
		t.Errorf("the service is refused %v", refused)
	}
	refused = try(notes, "notes", "CREATE TABLE mine (id INT PRIMARY KEY)", "INSERT INTO audit.events (id) VALUES (9)", "GRANT SELECT ON notes.* TO audit", "DO 0")
	if fmt.Sprint(refused) != "[CREATE INSERT GRANT]" {
		t.Errorf("another service is refused %v", refused)
	}
}

func oldOnesEnd(t *testing.T, server *mysqltest.Server) {
	t.Helper()
	user := mysqltest.User{Name: "old", Password: env.NewSecret("old"), Grants: mysqltest.MigratorGrants("old")}
	err := mysqltest.EnsureDatabase(t.Context(), server, "old", user)
	if err != nil {
		t.Fatal(err)
	}
	user.Password, user.Grants = env.NewSecret("new"), mysqltest.ServiceGrants("old")
	err = mysqltest.EnsureDatabase(t.Context(), server, "old", user)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(server, "old")
	cfg.User, cfg.Password = user.Name, env.NewSecret("old")
	err = open(t, cfg).Ping(t.Context())
	if err == nil {
		t.Error("the old password works")
	}
	cfg.Password = user.Password
	err = write(t.Context(), open(t, cfg), "CREATE TABLE mine (id INT PRIMARY KEY)")
	if err == nil {
		t.Error("the old grants work")
	}
}

func errorsHoldNoPassword(t *testing.T, server *mysqltest.Server) {
	t.Helper()
	for _, user := range []mysqltest.User{
		{Name: strings.Repeat("long", 50), Password: env.NewSecret("hunter2")},
		{Name: "notes", Password: env.NewSecret("hunter2"), Grants: []string{"NOTHING ON nothing"}},
	} {
		err := mysqltest.EnsureDatabase(t.Context(), server, "old", user)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
}

func readOnlyStops(t *testing.T, server *mysqltest.Server) {
	t.Helper()
	user := mysqltest.User{Name: "pads", Password: env.NewSecret("4"), Grants: mysqltest.ServiceGrants("pads")}
	err := mysqltest.EnsureDatabase(t.Context(), server, "pads", user)
	if err != nil {
		t.Fatal(err)
	}
	admin := open(t, config(server, "pads"))
	cfg := config(server, "pads")
	cfg.User, cfg.Password, cfg.MaxOpen = user.Name, user.Password, 1
	service := open(t, cfg)
	connections := make(map[int]bool)
	err = write(t.Context(), admin, "CREATE TABLE n (id INT PRIMARY KEY)")
	if err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []string{"OFF", "ON", "OFF"} {
		_, err = admin.ExecAutocommit(t.Context(), "SET GLOBAL read_only = "+readOnly)
		if err != nil {
			t.Fatal(err)
		}
		// Whether the server takes writes again is asked once a second.
		for limit := time.Now().Add(10 * time.Second); ; {
			err = write(t.Context(), service, "INSERT INTO n SELECT COUNT(*) FROM n")
			if fault.Is(err, fault.ReasonReadOnly) == (readOnly == "ON") || time.Now().After(limit) {
				break
			}
		}
		refused := fault.Is(err, fault.ReasonReadOnly)
		var connection, n int
		readErr := service.QueryRow(t.Context(), "SELECT COUNT(*) FROM n").Scan(&n)
		if refused != (readOnly == "ON") || !refused && err != nil || readErr != nil || service.ReadOnly(t.Context()) != refused {
			t.Errorf("read-only %s: got %v and %v", readOnly, err, readErr)
		}
		if refused {
			continue
		}
		err = service.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			return tx.QueryRow(ctx, "SELECT CONNECTION_ID()").Scan(&connection)
		})
		if err != nil {
			t.Fatal(err)
		}
		connections[connection] = true
	}
	if len(connections) != 2 {
		t.Errorf("%d connections were used, want a second one after the refusal", len(connections))
	}
}
