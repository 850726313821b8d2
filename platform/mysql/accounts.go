package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"gitlab.com/notejam/notejam/platform/env"
)

// passwordText is where a password belongs in a file of accounts: 'password of auth/db-password'. CREATE USER takes no parameters.
var passwordText = regexp.MustCompile(`'password of ([a-z/-]+)'`)

// RunAccounts runs a file of statements that make schemas and users and give them their rights, each of which may be run again. cfg's user is an
// administrator, its Database is empty. A statement ends with a semicolon at the end of a line; a line that begins with -- is a comment.
func RunAccounts(ctx context.Context, cfg Config, file string, password func(name string) (env.Secret, error), log *slog.Logger) error {
	base, err := newConnector(cfg, granting, log)
	if err != nil {
		return fmt.Errorf("make accounts: %w", err)
	}
	pool := sql.OpenDB(base)
	defer func() { _ = pool.Close() }() // what matters has been answered by then
	for _, statement := range accountStatements(file) {
		complete, err := withPasswords(statement, password)
		if err != nil {
			return fmt.Errorf("make accounts: %w", err)
		}
		_, err = pool.ExecContext(ctx, complete)
		if err != nil {
			return fmt.Errorf("make accounts: %s: %w", statement, withoutText(err, complete != statement))
		}
	}
	return nil
}

// Reach tells whether a user of the server can sign in.
func Reach(ctx context.Context, cfg Config, log *slog.Logger) error {
	base, err := newConnector(cfg, granting, log)
	if err != nil {
		return err
	}
	pool := sql.OpenDB(base)
	defer func() { _ = pool.Close() }() // what matters has been answered by then
	return pool.PingContext(ctx)
}

// IsAccessDenied tells whether the server knows the user with another password, or not at all.
func IsAccessDenied(err error) bool { return number(err) == errAccessDenied }

// PasswordNames gives the names of the passwords that a file of accounts asks for.
func PasswordNames(file string) []string {
	var names []string
	for _, statement := range accountStatements(file) {
		for _, found := range passwordText.FindAllStringSubmatch(statement, -1) {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func accountStatements(file string) []string {
	var lines []string
	for line := range strings.Lines(file) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, line)
		}
	}
	var statements []string
	for statement := range strings.SplitSeq(strings.Join(lines, ""), ";\n") {
		statement = strings.TrimSpace(statement)
		if statement != "" {
			statements = append(statements, statement)
		}
	}
	return statements
}

// withPasswords puts passwords where they belong.
func withPasswords(statement string, password func(name string) (env.Secret, error)) (string, error) {
	var errs []error
	complete := passwordText.ReplaceAllStringFunc(statement, func(text string) string {
		secret, err := password(passwordText.FindStringSubmatch(text)[1])
		errs = append(errs, err)
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(secret.Reveal()) + "'"
	})
	return complete, errors.Join(errs...)
}

// withoutText leaves of the server's error the number if the statement held a password: its message may repeat the statement.
func withoutText(err error, secret bool) error {
	var serverError *mysqldriver.MySQLError
	if secret && errors.As(err, &serverError) {
		return fmt.Errorf("error %d", serverError.Number)
	}
	return err
}
