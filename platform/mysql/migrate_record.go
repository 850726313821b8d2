package mysql

import (
	"context"
	"fmt"
	"time"
)

// doneStep is a step as the schema's record has it.
type doneStep struct {
	file         string
	checksum     string
	dirty        bool
	appliedAt    time.Time
	needsProgram int
}

// read gives the record of steps, by number: none when nobody has migrated the schema yet.
func (m *migrator) read(ctx context.Context) (map[int]doneStep, error) {
	var there bool
	err := m.conn.QueryRowContext(ctx, hasNeedsColumn).Scan(&there)
	if err != nil {
		return nil, fmt.Errorf("read the record of steps: %w", err)
	}
	query := "SELECT version, name, checksum, dirty, applied_at, needs_program FROM schema_migrations"
	if !there {
		query = "SELECT version, name, checksum, dirty, applied_at, 0 FROM schema_migrations"
	}
	rows, err := m.conn.QueryContext(ctx, query)
	if number(err) == errNoSuchTable {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of steps: %w", err)
	}
	defer func() { _ = rows.Close() }()
	done := make(map[int]doneStep)
	for rows.Next() {
		var version int
		var d doneStep
		err = rows.Scan(&version, &d.file, &d.checksum, &d.dirty, &d.appliedAt, &d.needsProgram)
		if err != nil {
			return nil, fmt.Errorf("read the record of steps: %w", err)
		}
		done[version] = d
	}
	err = rows.Err()
	if err != nil {
		return nil, fmt.Errorf("read the record of steps: %w", err)
	}
	return done, nil
}

// recorded sums the record up, as a service reads it.
func recorded(done map[int]doneStep) schemaState {
	var state schemaState
	for version, d := range done {
		if !d.dirty {
			state.version = max(state.version, version)
		}
		state.needsProgram = max(state.needsProgram, d.needsProgram)
	}
	return state
}
