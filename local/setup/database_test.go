package setup_test

import (
	"context"
	"path/filepath"
	"testing"

	"gitlab.com/notejam/notejam/local/setup"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestEachUserMayDoWhatItMustInItsOwnSchemaAndNothingElsewhere(t *testing.T) {
	server, err := mysqltest.StartServer(t.Context(), mysqltest.ServerConfig{Dir: t.TempDir(), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := server.Stop(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Error(err)
		}
	})
	admin := mysql.Config{Addr: server.Socket, User: server.User, Password: server.Password}
	kept := t.TempDir()
	keys(t, kept, t.TempDir())
	password := func(name string) (env.Secret, error) {
		value, err := setup.Read(filepath.Join(kept, name))
		return env.NewSecret(value), err
	}
	for range 2 {
		err = setup.Database(t.Context(), admin, password, discard)
		if err != nil {
			t.Fatal(err)
		}
	}
	as := func(user, secret, schema string) mysql.Config {
		value, err := password(secret)
		if err != nil {
			t.Fatal(err)
		}
		return mysql.Config{Addr: server.Socket, User: user, Password: value, Database: schema, MaxOpen: 1}
	}
	for _, service := range []string{"auth", "notes", "audit"} {
		migrator := as(service+"_migrate", service+"/db-migrate-password", service)
		wantMay(t, migrator, true, "CREATE TABLE things (id INT PRIMARY KEY)", "ALTER TABLE things ADD COLUMN name INT", "INSERT INTO things VALUES (1, 1)")
		own := as(service, service+"/db-password", service)
		if service == "audit" { // whose rights come with its tables
			own.Database = ""
			wantMay(t, own, false, "INSERT INTO audit.things VALUES (2, 2)", "DELETE FROM audit.things")
			continue
		}
		wantMay(t, own, true, "INSERT INTO things VALUES (2, 2)", "UPDATE things SET name = 3", "DELETE FROM things")
		wantMay(t, own, false, "CREATE TABLE others (id INT)", "DROP TABLE things", "ALTER TABLE things ADD COLUMN more INT")
		for _, foreign := range []string{"auth", "notes", "audit", "mysql"} {
			if foreign != service {
				wantMay(t, own, false, "USE "+foreign)
				wantMay(t, migrator, false, "USE "+foreign)
			}
		}
	}
}

// wantMay runs the statements one after the other.
func wantMay(t *testing.T, cfg mysql.Config, may bool, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		err := mysql.RunAccounts(t.Context(), cfg, statement, nil, discard)
		if may != (err == nil) {
			t.Errorf("%s, %q: %v", cfg.User, statement, err)
		}
	}
}
