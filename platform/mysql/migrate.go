package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
)

// How long a migrator waits for another one that is at work on the same schema, in seconds.
const migratorWait = 60

// The record of what has been done to the schema. A step is dirty from before its statement until after it.
const createRecord = `
CREATE TABLE IF NOT EXISTS schema_migrations (
	version    INT          NOT NULL PRIMARY KEY,
	name       VARCHAR(100) NOT NULL,
	checksum   CHAR(64)     NOT NULL,
	dirty      TINYINT      NOT NULL,
	applied_at DATETIME(6)  NOT NULL
)`

// A column that records of before 0.3.0 do not have yet. MySQL cannot add one "if not exists".
const (
	hasNeedsColumn = `
SELECT COUNT(*)
FROM information_schema.columns
WHERE table_schema = DATABASE()
	AND table_name = 'schema_migrations'
	AND column_name = 'needs_program'`
	addNeedsColumn = "ALTER TABLE schema_migrations ADD COLUMN needs_program INT NOT NULL DEFAULT 0"
)

// Migrate brings the schema of cfg to the last step in fsys (see migration_files.go for what its files hold). It is a job of its own with a user
// that may change tables; a service does not do it at start. One migrator works at a time, others wait for it. A step that was interrupted is
// done again, which its guard makes harmless. A schema that is newer than the files is left alone if the program of before still runs on it, and
// refused if not.
func Migrate(ctx context.Context, cfg Config, fsys fs.FS, log *slog.Logger) error {
	return withMigrator(ctx, cfg, fsys, log, (*migrator).run)
}

// withMigrator has fn work on one connection: the lock ends with it, and so does the work.
func withMigrator(ctx context.Context, cfg Config, fsys fs.FS, log *slog.Logger, fn func(m *migrator, ctx context.Context, steps []step) error) error {
	steps, err := readSteps(fsys)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	base, err := newConnector(cfg, migrating, log)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	pool := sql.OpenDB(base)
	defer func() { _ = pool.Close() }() // what matters has been answered by then
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate %s: connect: %w", cfg.Database, err)
	}
	defer func() { _ = conn.Close() }()
	err = fn(&migrator{conn: conn, schema: cfg.Database, log: log}, ctx, steps)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", cfg.Database, err)
	}
	return nil
}

type migrator struct {
	conn   *sql.Conn
	schema string
	log    *slog.Logger
}

func (m *migrator) run(ctx context.Context, steps []step) error {
	err := m.lock(ctx)
	if err != nil {
		return err
	}
	err = m.createRecord(ctx)
	if err != nil {
		return fmt.Errorf("create the record of steps: %w", err)
	}
	done, err := m.read(ctx)
	if err != nil {
		return err
	}
	todo, err := pending(steps, done)
	if err != nil {
		return err
	}
	for _, s := range todo {
		err = m.apply(ctx, s)
		if err != nil {
			return fmt.Errorf("step %s: %w", s.file, err)
		}
		m.log.Info("schema migrated", "schema", m.schema, "step", s.file)
	}
	return nil
}

// lock keeps other migrators of the schema out until the connection ends. The name is the server's, hence the schema in it, and at most 64
// characters long, hence the hash.
func (m *migrator) lock(ctx context.Context) error {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(m.schema)) // never fails
	name := fmt.Sprintf("migrate-%016x", hash.Sum64())
	var got sql.NullInt64
	err := m.conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, migratorWait).Scan(&got)
	if err != nil {
		return fmt.Errorf("wait for other migrators: %w", err)
	}
	if got.Int64 != 1 {
		return fmt.Errorf("another migrator has been at work for %d s", migratorWait)
	}
	return nil
}

func (m *migrator) createRecord(ctx context.Context) error {
	_, err := m.conn.ExecContext(ctx, createRecord)
	if err != nil {
		return err
	}
	var there bool
	err = m.conn.QueryRowContext(ctx, hasNeedsColumn).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = m.conn.ExecContext(ctx, addNeedsColumn)
	return err
}

// pending gives the steps that are still to be done, in order. A dirty one is among them; its file may have been mended since it failed. The file
// of a finished one may not have changed: other schemas would then differ from this one under the same number.
func pending(steps []step, done map[int]doneStep) ([]step, error) {
	err := recorded(done).refuse(len(steps))
	if err != nil {
		return nil, err
	}
	var todo []step
	for _, s := range steps {
		d, recorded := done[s.version]
		switch {
		case !recorded && hasLater(done, s.version):
			return nil, fmt.Errorf("step %s is missing below steps that are done", s.file)
		case !recorded || d.dirty:
			todo = append(todo, s)
		case d.checksum != s.checksum:
			return nil, fmt.Errorf("step %s was changed after it was done: add a new step instead", s.file)
		}
	}
	return todo, nil
}

func hasLater(done map[int]doneStep, version int) bool {
	for v, d := range done {
		if v > version && !d.dirty {
			return true
		}
	}
	return false
}

func (m *migrator) apply(ctx context.Context, s step) error {
	_, err := m.conn.ExecContext(ctx, `
INSERT INTO schema_migrations (version, name, checksum, dirty, applied_at, needs_program)
VALUES (?, ?, ?, 1, UTC_TIMESTAMP(6), ?)
ON DUPLICATE KEY UPDATE name = VALUES(name), checksum = VALUES(checksum), dirty = 1, needs_program = VALUES(needs_program)`,
		s.version, s.file, s.checksum, s.needsProgram)
	if err != nil {
		return fmt.Errorf("mark it dirty: %w", err)
	}
	done, err := m.isDone(ctx, s)
	if err != nil {
		return err
	}
	if !done {
		_, err = m.conn.ExecContext(ctx, s.statement)
		if err != nil {
			return fmt.Errorf("run its statement: %w", err)
		}
		if s.guard != "" {
			done, err = m.isDone(ctx, s)
			if err != nil {
				return err
			}
			if !done {
				return errors.New("its statement ran, but its done-when query still finds no row")
			}
		}
	}
	_, err = m.conn.ExecContext(ctx, "UPDATE schema_migrations SET dirty = 0, applied_at = UTC_TIMESTAMP(6) WHERE version = ?", s.version)
	if err != nil {
		return fmt.Errorf("mark it done: %w", err)
	}
	return nil
}

// isDone asks the step's guard. A step without one is guarded by its statement itself.
func (m *migrator) isDone(ctx context.Context, s step) (bool, error) {
	if s.guard == "" {
		return false, nil
	}
	rows, err := m.conn.QueryContext(ctx, s.guard)
	if err != nil {
		return false, fmt.Errorf("run its done-when query: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := rows.Next()
	err = rows.Err()
	if err != nil {
		return false, fmt.Errorf("run its done-when query: %w", err)
	}
	return found, nil
}
