package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/auth"
)

// RestoreOptions say what to restore.
type RestoreOptions struct {
	File string
	// Replace drops the schemas that are there. Without it a data folder that
	// holds a Notejam is left as it is.
	Replace bool
	// Loaded looks at the database when it is as the backup says and nothing has
	// changed it yet; nil for nobody.
	Loaded func(ctx context.Context, server *mysqltest.Server) error
}

// Restore brings a backup into a data folder on which nothing runs, with users and
// passwords of that folder, brings the schemas to this program's step, and ends
// all that was given out before.
func Restore(ctx context.Context, options Options, restore RestoreOptions) (err error) {
	err = checkDump(restore.File)
	if err != nil {
		return err
	}
	s := &Stack{options: options, Addr: options.Addr, migrators: map[string]map[string]string{}}
	s.load = func(ctx context.Context) error { return s.loadDump(ctx, restore) }
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	err = s.start(ctx)
	if err != nil {
		return err
	}
	s.progress("Ending all sessions, tokens and reset links")
	log, err := s.logFile("auth")
	if err != nil {
		return err
	}
	err = service.RunCommand(ctx, auth.Program(), "epoch", []string{"bump"}, env.Map(s.Settings("auth")), log)
	return errors.Join(err, log.Close())
}

// loadDump fills the database.
func (s *Stack) loadDump(ctx context.Context, restore RestoreOptions) (err error) {
	db, err := s.server.OpenAdmin()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = s.makeRoom(ctx, db, restore.Replace)
	if err != nil {
		return err
	}
	dump, err := os.Open(restore.File)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer func() { _ = dump.Close() }() // only read from
	s.progress("Restoring %s", restore.File)
	err = runTool(ctx, s.server, []string{"mariadb", "mysql"}, dump, nil, "--default-character-set=utf8mb4", "--binary-mode")
	if err != nil {
		return fmt.Errorf("the backup was restored in part, do it again with REPLACE=yes: %w", err)
	}
	if restore.Loaded != nil {
		return restore.Loaded(ctx, s.server)
	}
	return nil
}

// makeRoom sees that nothing is lost that somebody did not mean to lose.
func (s *Stack) makeRoom(ctx context.Context, db *sql.DB, replace bool) error {
	var tables int
	err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema IN ('auth', 'notes', 'audit')").Scan(&tables)
	if err != nil {
		return fmt.Errorf("look what is in the database: %w", err)
	}
	if tables > 0 && !replace {
		return fmt.Errorf("there is a Notejam in the data folder %s already: REPLACE=yes throws it away, or give another folder with DATA=", s.folder.root)
	}
	for _, schema := range schemas {
		_, err = db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+schema) // one of three names
		if err != nil {
			return fmt.Errorf("drop what is there: %w", err)
		}
	}
	return nil
}
