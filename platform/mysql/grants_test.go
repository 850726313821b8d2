package mysql_test

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// makeUser makes a user with these grants and gives what connects as it. The schema's own name is as random as a user's should be.
func makeUser(t *testing.T, database *mysqltest.Database, suffix string, grants ...string) mysql.Config {
	t.Helper()
	admin, cfg := database.OpenAdmin(t), database.Config
	cfg.User, cfg.Password = cfg.Database+suffix, env.NewSecret("a password")
	account := "'" + cfg.User + "'@'%'"
	exec(t, admin, "CREATE USER "+account+" IDENTIFIED BY 'a password'")
	t.Cleanup(func() {
		_, err := admin.ExecContext(context.Background(), "DROP USER "+account)
		if err != nil {
			t.Error(err)
		}
	})
	for _, grant := range grants {
		exec(t, admin, "GRANT "+grant+" TO "+account)
	}
	return cfg
}

func exec(t *testing.T, admin *sql.DB, statement string) {
	t.Helper()
	_, err := admin.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestGrantTablesLeavesAUserTheRightsThatItNeedsAndNoOthers(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes))
	all := "`" + database.Config.Database + "`.*"
	migrator := makeUser(t, database, "_m", "ALL ON "+all, "GRANT OPTION ON "+all)
	user := makeUser(t, database, "_u", mysqltest.ServiceGrants(database.Config.Database)...)
	fresh := makeUser(t, database, "_f")
	grants := []mysql.Grant{{Rights: "SELECT, INSERT", Table: "notes"}, {Rights: "SELECT", Table: "schema_migrations"}}
	for _, cfg := range []mysql.Config{user, fresh} {
		for range 2 {
			err := mysql.GrantTables(t.Context(), migrator, cfg.User, grants, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
		}
		db := open(t, cfg, prometheus.NewRegistry())
		for statement, may := range map[string]bool{
			"INSERT INTO notes (id, title) VALUES (RAND() * 1000000, '')": true,
			"UPDATE notes SET id = 7":                                     false,
			"DELETE FROM notes":                                           false,
			"DELETE FROM schema_migrations":                               false,
		} {
			_, err := db.ExecAutocommit(t.Context(), statement)
			if (err == nil) != may || err != nil && !strings.Contains(err.Error(), "Error 1142") {
				t.Errorf("%s: %s: %v", cfg.User, statement, err)
			}
		}
		_, err := mysql.SchemaVersion(t.Context(), db)
		if err != nil {
			t.Errorf("%s: %v", cfg.User, err)
		}
	}
}

func TestGrantTablesFailsForAUserThatThereIsNot(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes))
	nobody := database.Config.Database + "_n"
	err := mysql.GrantTables(t.Context(), database.Admin, nobody, []mysql.Grant{{Rights: "SELECT", Table: "notes"}}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), nobody) {
		t.Errorf("got %v", err)
	}
	var users int
	err = database.OpenAdmin(t).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM mysql.user WHERE user = ?", nobody).Scan(&users)
	if err != nil || users != 0 {
		t.Errorf("%d users were made: %v", users, err)
	}
}

func TestGrantTablesFailsWithoutTheRightToGrant(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes))
	migrator := makeUser(t, database, "_m", mysqltest.MigratorGrants(database.Config.Database)...)
	user := makeUser(t, database, "_u")
	err := mysql.GrantTables(t.Context(), migrator, user.User, []mysql.Grant{{Rights: "SELECT", Table: "notes"}}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "grant SELECT on notes") {
		t.Errorf("got %v", err)
	}
}
