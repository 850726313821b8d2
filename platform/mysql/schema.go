package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
)

// SchemaVersion gives the number of the last step that is done on the schema, 0 when there is none.
func SchemaVersion(ctx context.Context, db *DB) (int, error) {
	var version sql.NullInt64
	err := db.QueryRow(ctx, "SELECT MAX(version) FROM schema_migrations WHERE dirty = 0").Scan(&version)
	if number(err) == errNoSuchTable {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return int(version.Int64), nil
}

// RequireSchema fails when the schema lacks steps that are in fsys: a service must not serve on it. A newer schema is fine, because each step keeps
// the program of before running.
func RequireSchema(ctx context.Context, db *DB, fsys fs.FS) error {
	needed, err := LatestMigration(fsys)
	if err != nil {
		return err
	}
	version, err := SchemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if version < needed {
		return fmt.Errorf("the schema is at version %d and this program needs %d: run its migrations first", version, needed)
	}
	return nil
}
