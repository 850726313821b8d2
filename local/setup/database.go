package setup

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// Grants is the file that makes schemas and users.
//
//go:embed grants.sql
var Grants string

// Passwords are the names of those that Grants asks for.
func Passwords() []string {
	return mysql.PasswordNames(Grants)
}

const (
	// answerLimit is how long a database may take to answer: one that was paused on AWS takes half a minute.
	answerLimit = time.Minute
	answerPause = 500 * time.Millisecond
)

// Database waits for the database server and makes schemas and users there.
// admin is the administrator; password gives what is kept under a name such as
// auth/db-password.
func Database(ctx context.Context, admin mysql.Config, password func(name string) (env.Secret, error), log *slog.Logger) error {
	err := awaitServer(ctx, admin, log)
	if err != nil {
		return err
	}
	return mysql.RunAccounts(ctx, admin, Grants, password, log)
}

func awaitServer(ctx context.Context, admin mysql.Config, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	for {
		err := mysql.Reach(ctx, admin, log)
		switch {
		case err == nil:
			return nil
		case mysql.IsAccessDenied(err):
			return errors.New("the database refuses its administrator's password: it was made with another one, so either bring the secrets of then back, or remove the database's volume with all that is in it")
		}
		select {
		case <-time.After(answerPause):
		case <-ctx.Done():
			return fmt.Errorf("the database at %s did not answer within %v: %w", admin.Addr, answerLimit, err)
		}
	}
}
