package mysql

import (
	"context"
	"io/fs"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// MigrateCommand is a service's sub-command that brings its schema to the last step in fsys. It is a job of its own, with the service's settings but for
// the user, PREFIX_MYSQL_USER: that one may change tables, which the service's own may not. With grants, its last step is to give them to the user that
// PREFIX_MYSQL_GRANT_TO names.
func MigrateCommand(prefix string, fsys fs.FS, grants ...Grant) service.Command {
	return service.Command{
		Name: "migrate",
		Doc:  "bring the database's schema up to date, as a user of " + prefix + "_MYSQL_USER that may change tables",
		Run: func(ctx context.Context, rt *service.Runtime, lookup env.Lookup, _ []string) error {
			set := env.New(lookup)
			cfg := Settings(set, prefix, 1)
			user := ""
			if len(grants) > 0 {
				user = GrantTo(set, prefix)
			}
			err := set.Err()
			if err != nil {
				return err
			}
			err = Migrate(ctx, cfg, fsys, rt.Log)
			if err != nil || user == "" {
				return err
			}
			return GrantTables(ctx, cfg, user, grants, rt.Log)
		},
	}
}
