package mysqltest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"gitlab.com/notejam/notejam/platform/env"
)

// The private server's administrator.
const administrator = "root"

// User is a database user and what it may do.
type User struct {
	Name     string
	Password env.Secret
	Grants   []string // each as in GRANT … TO: "SELECT, INSERT ON audit.events"
}

// ServiceGrants let a service read and write the rows of its schema and nothing else.
func ServiceGrants(schema string) []string {
	return []string{"SELECT, INSERT, UPDATE, DELETE ON " + identifier(schema) + ".*"}
}

// MigratorGrants let a migrator also change the tables of its schema.
func MigratorGrants(schema string) []string {
	return []string{"SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER ON " + identifier(schema) + ".*"}
}

// GrantorGrants let a migrator also pass its rights on to the service's user.
func GrantorGrants(schema string) []string {
	return append(MigratorGrants(schema), "GRANT OPTION ON "+identifier(schema)+".*")
}

// EnsureDatabase makes a schema and users for it where they are missing, and gives the users these passwords and exactly these grants. A grant on
// a table needs the table: such a user comes in a second call, after the migrations.
func EnsureDatabase(ctx context.Context, server *Server, schema string, users ...User) error {
	pool, err := server.OpenAdmin()
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }() // what matters has been answered by then
	return ensureDatabase(ctx, pool, schema, users)
}

func ensureDatabase(ctx context.Context, pool *sql.DB, schema string, users []User) error {
	_, err := pool.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+identifier(schema)+" CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
	if err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	for _, user := range users {
		err = ensureUser(ctx, pool, user)
		if err != nil {
			return fmt.Errorf("create user %s: %w", user.Name, err)
		}
	}
	return nil
}

func ensureUser(ctx context.Context, pool *sql.DB, user User) error {
	// From anywhere, because the server listens on loopback only and a client on the socket is "localhost", on TCP an address.
	account := quote(user.Name) + "@'%'"
	for _, statement := range []string{"CREATE USER IF NOT EXISTS ", "ALTER USER "} {
		_, err := pool.ExecContext(ctx, statement+account+" IDENTIFIED BY "+quote(user.Password.Reveal()))
		if err != nil {
			return withoutStatement(err)
		}
	}
	_, err := pool.ExecContext(ctx, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM "+account) //nolint:gosec // quoted
	if err != nil {
		return fmt.Errorf("take its old grants: %w", err)
	}
	for _, grant := range user.Grants {
		_, err = pool.ExecContext(ctx, "GRANT "+grant+" TO "+account)
		if err != nil {
			return fmt.Errorf("grant %s: %w", grant, err)
		}
	}
	return nil
}

// withoutStatement leaves of the server's error the number: its message may repeat the statement, with the password in it.
func withoutStatement(err error) error {
	var serverError *mysqldriver.MySQLError
	if errors.As(err, &serverError) {
		return fmt.Errorf("set its password: error %d", serverError.Number)
	}
	return fmt.Errorf("set its password: %w", err)
}

// OpenAdmin makes a pool of the administrator's connections; schema may be "".
func (s *Server) OpenAdmin() (*sql.DB, error) {
	return openAdmin(cmp.Or(s.Socket, s.Addr), s.User, "", s.Password)
}

func openAdmin(addr, user, schema string, password env.Secret) (*sql.DB, error) {
	cfg := mysqldriver.NewConfig()
	cfg.Net, cfg.Addr = "tcp", addr
	if strings.HasPrefix(addr, "/") {
		cfg.Net = "unix"
	}
	cfg.User, cfg.Passwd, cfg.DBName = user, password.Reveal(), schema
	cfg.ParseTime = true
	cfg.Logger = &mysqldriver.NopLogger{} // errors are returned, and during the start they are many
	connector, err := mysqldriver.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("configure the driver: %w", err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxIdleConns(2)
	return pool, nil
}

// quote makes an SQL text of s: passwords and names of accounts cannot be parameters.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func identifier(s string) string {
	return "`" + strings.ReplaceAll(s, "`", "``") + "`"
}

func runsAsRoot() bool { return os.Geteuid() == 0 }
