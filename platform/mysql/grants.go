package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"regexp"

	"gitlab.com/notejam/notejam/platform/env"
)

// Grant is what a service's user may do with a table, where that is less than reading and writing all of its rows: "SELECT, INSERT".
type Grant struct{ Rights, Table string }

// noNewUsers makes MariaDB refuse, as MySQL does, a grant to a user that there is not: it would make one that needs no password.
const noNewUsers = "SET SESSION lock_wait_timeout = 5 /*M!100101 , sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_CREATE_USER') */"

var granting = use{setup: []string{migratorSession, noNewUsers}}

// GrantTables gives a user rights on tables, and takes away those that it has on all tables of the schema. It is the last step of a migration, because
// there is no right to a table that does not exist; cfg's user needs these rights itself, with GRANT OPTION.
func GrantTables(ctx context.Context, cfg Config, user string, grants []Grant, log *slog.Logger) error {
	base, err := newConnector(cfg, granting, log)
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	pool := sql.OpenDB(base)
	defer func() { _ = pool.Close() }() // what matters has been answered by then
	account := "'" + user + "'@'%'"
	for _, g := range grants {
		_, err = pool.ExecContext(ctx, "GRANT "+g.Rights+" ON `"+g.Table+"` TO "+account)
		if err != nil {
			return fmt.Errorf("grant %s on %s to %s: %w", g.Rights, g.Table, user, err)
		}
	}
	_, err = pool.ExecContext(ctx, "REVOKE SELECT, INSERT, UPDATE, DELETE ON `"+cfg.Database+"`.* FROM "+account) //nolint:gosec // both names are plain
	if err != nil && number(err) != errNoSuchGrant {
		return fmt.Errorf("take the other rights from %s: %w", user, err)
	}
	log.Info("rights granted", "schema", cfg.Database, "user", user, "tables", len(grants))
	return nil
}

// GrantTo reads PREFIX_MYSQL_GRANT_TO, for the contract of a service whose MigrateCommand has grants.
func GrantTo(s *env.Set, prefix string) string {
	return s.String(prefix+"_MYSQL_GRANT_TO", "",
		"The service's database user, to which the command migrate gives the rights that it needs and no more. Empty: they are somebody else's matter.", plainUser)
}

// Narrower than what MySQL allows: a name that never needs quoting. MySQL's limit is 32 characters.
var plainUserName = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

func plainUser(value string) error {
	if !plainUserName.MatchString(value) {
		return errors.New("must be 1 to 32 characters of A-Z, a-z, 0-9 and _")
	}
	return nil
}
