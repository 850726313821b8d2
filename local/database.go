package local

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"gitlab.com/notejam/notejam/local/setup"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// startDatabase starts the private database server on its data, always
// at the same address.
func (s *Stack) startDatabase(ctx context.Context) error {
	if s.options.MySQL != nil {
		s.server, s.dbAddr = s.options.MySQL.server(), s.options.MySQL.Addr
		return nil
	}
	program, err := mysqltest.EnsureServer(ctx, s.options.Progress)
	if err != nil {
		return err
	}
	server, err := mysqltest.StartServer(ctx, mysqltest.ServerConfig{
		Dir: s.folder.path("database"), Addr: s.dbAddr, Log: s.options.Progress, Fast: s.options.Fast, Program: program,
	})
	if err != nil {
		return err
	}
	s.server = server
	return os.WriteFile(s.folder.path("env", addressFile), []byte(server.Addr), 0o600)
}

// addressFile holds where the database of this run is, for who makes a backup of it.
const addressFile = "database-address"

// runningDatabase gives the server of a data folder on which another Notejam runs.
func runningDatabase(data string) (*mysqltest.Server, error) {
	addr, err := os.ReadFile(filepath.Join(data, "env", addressFile)) //nolint:gosec // in the folder that the caller names
	if err != nil {
		return nil, fmt.Errorf("find the database that runs: %w", err)
	}
	return mysqltest.Running(filepath.Join(data, "database"), string(addr))
}

// KillDatabase ends the database server as a crash would and waits for its
// end. RestartDatabase brings it back at the same address.
func (s *Stack) KillDatabase(ctx context.Context) error {
	if s.options.MySQL != nil {
		return s.options.MySQL.kill(ctx)
	}
	return s.server.Kill()
}

// StopDatabase asks the private database server to end and waits for its end.
func (s *Stack) StopDatabase(ctx context.Context) error { return s.server.Stop(ctx) }

// OpenDatabase connects to the database server as its administrator, with no
// schema.
func (s *Stack) OpenDatabase() (*sql.DB, error) { return s.server.OpenAdmin() }

// RestartDatabase starts the database server again after KillDatabase or StopDatabase.
func (s *Stack) RestartDatabase(ctx context.Context) error {
	if s.options.MySQL != nil {
		return s.options.MySQL.start(ctx)
	}
	return s.startDatabase(ctx)
}

// passwordFile is the name of a password of grants.sql in the data folder.
func passwordFile(name string) string {
	service, kind, _ := strings.Cut(name, "/")
	return service + map[string]string{"db-password": "-mysql", "db-migrate-password": "-migrate"}[kind]
}

// makeAccounts makes the services' schemas and users.
func (s *Stack) makeAccounts(ctx context.Context) error {
	admin := mysql.Config{Addr: cmp.Or(s.server.Socket, s.server.Addr), User: s.server.User, Password: s.server.Password}
	password := func(name string) (env.Secret, error) {
		value, err := s.folder.secret(passwordFile(name))
		return env.NewSecret(value), err
	}
	return setup.Database(ctx, admin, password, slog.New(slog.DiscardHandler))
}

// narrowed are the services whose user may not read and write every row of its
// schema: migrate gives it what it needs.
var narrowed = map[string]bool{"audit": true}

// database gives the settings of a service's schema and users. The service's
// user reads and writes rows; only the migrator's changes tables.
func (s *Stack) database(service string) (map[string]string, error) {
	password, err := s.folder.secret(passwordFile(service + "/db-password"))
	if err != nil {
		return nil, err
	}
	migratorPassword, err := s.folder.secret(passwordFile(service + "/db-migrate-password"))
	if err != nil {
		return nil, err
	}
	s.migrators[service] = prefixed(service, map[string]string{"MYSQL_USER": service + "_migrate", "MYSQL_PASSWORD": migratorPassword})
	if narrowed[service] {
		add(s.migrators[service], service, map[string]string{"MYSQL_GRANT_TO": service})
	}
	return map[string]string{
		"MYSQL_ADDR":     s.dbAddr,
		"MYSQL_DB":       service,
		"MYSQL_USER":     service,
		"MYSQL_PASSWORD": password,
	}, nil
}
