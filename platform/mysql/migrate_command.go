package mysql

import (
	"context"
	"errors"
	"io/fs"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// MigrateCommand is a service's sub-command that brings its schema to the last step in fsys. It is a job of its own, with the service's settings but for
// the user, PREFIX_MYSQL_USER: that one may change tables, which the service's own may not. With grants, its last step is to give them to the user that
// PREFIX_MYSQL_GRANT_TO names.
func MigrateCommand(prefix string, fsys fs.FS, grants ...Grant) service.Command {
	c := migrateCommand{prefix: prefix, fsys: fsys, grants: grants}
	return service.Command{
		Name: "migrate",
		Doc:  "bring the database's schema up to date, as a user of " + prefix + "_MYSQL_USER that may change tables; the same as migrate up",
		Run:  c.up,
		Commands: []service.Command{
			{Name: "up", Doc: "do the steps that are missing", Run: c.up},
			{Name: "status", Doc: "show which steps are done; exit code 1 when some are to be done or cannot be", Run: c.status},
		},
	}
}

type migrateCommand struct {
	prefix string
	fsys   fs.FS
	grants []Grant
}

func (c migrateCommand) up(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	dryRun := flags.Bool("dry-run", false, "only show the statements that would run")
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	set := env.New(lookup)
	cfg := Settings(set, c.prefix, 1)
	user := ""
	if len(c.grants) > 0 {
		user = GrantTo(set, c.prefix)
	}
	err = set.Err()
	if err != nil {
		return err
	}
	if *dryRun {
		status, err := ReadSchemaStatus(ctx, cfg, c.fsys, rt.Log)
		if err != nil {
			return err
		}
		if status.Problem != "" {
			return errors.New(status.Problem)
		}
		return status.writePlan(rt.Stdout)
	}
	err = Migrate(ctx, cfg, c.fsys, rt.Log)
	if err != nil || user == "" {
		return err
	}
	return GrantTables(ctx, cfg, user, c.grants, rt.Log)
}

func (c migrateCommand) status(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	set := env.New(lookup)
	cfg := Settings(set, c.prefix, 1)
	err = set.Err()
	if err != nil {
		return err
	}
	status, err := ReadSchemaStatus(ctx, cfg, c.fsys, rt.Log)
	if err != nil {
		return err
	}
	if *asJSON {
		err = rt.WriteJSON(status)
	} else {
		err = status.write(rt.Stdout)
	}
	if err == nil && (status.Problem != "" || len(status.missing()) > 0) {
		err = service.ErrFound
	}
	return err
}
