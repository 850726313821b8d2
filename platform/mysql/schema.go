package mysql

import (
	"context"
	"fmt"
	"io/fs"
)

// schemaState is what the record of steps says to a program.
type schemaState struct {
	version      int // the last step that is done
	needsProgram int // the last step of the oldest program that runs on the schema; of steps under way, too
}

// SchemaVersion gives the number of the last step that is done on the schema, 0 when there is none.
func SchemaVersion(ctx context.Context, db *DB) (int, error) {
	state, err := readState(ctx, db)
	return state.version, err
}

func readState(ctx context.Context, db *DB) (schemaState, error) {
	var state schemaState
	err := db.QueryRow(ctx, `
SELECT
	COALESCE(MAX(CASE WHEN dirty = 0 THEN version END), 0),
	COALESCE(MAX(needs_program), 0)
FROM schema_migrations`).Scan(&state.version, &state.needsProgram)
	if number(err) == errNoSuchColumn { // a record of before 0.3.0, and then no step needs a program
		err = db.QueryRow(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_migrations WHERE dirty = 0").Scan(&state.version)
	}
	if number(err) == errNoSuchTable {
		return schemaState{}, nil
	}
	if err != nil {
		return schemaState{}, fmt.Errorf("read the schema's version: %w", err)
	}
	return state, nil
}

// RequireSchema fails when the schema lacks steps that are in fsys, or had one that took away what this program uses: a service must not serve on it.
// A schema that is newer in other ways is fine, because such steps keep the program of before running.
func RequireSchema(ctx context.Context, db *DB, fsys fs.FS) error {
	last, err := LatestMigration(fsys)
	if err != nil {
		return err
	}
	state, err := readState(ctx, db)
	if err != nil {
		return err
	}
	if state.version < last {
		return fmt.Errorf("the schema is at version %d and this program needs %d: run its migrations first", state.version, last)
	}
	return state.refuse(last)
}

// refuse fails when a program whose last step is this one is too old for the schema.
func (s schemaState) refuse(last int) error {
	if s.needsProgram > last {
		return fmt.Errorf("the schema needs a program of version %d or newer and this one is of %d: run the release that migrated it, or a newer one",
			s.needsProgram, last)
	}
	return nil
}
