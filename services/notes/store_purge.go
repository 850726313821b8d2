package notes

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// purgeBatch is how many rows one transaction purges: each is a DELETE and an event.
const purgeBatch = 100

// purged is a row that goes.
type purged struct {
	id, owner string
	version   int64
}

// PurgeNotes removes for good up to purgeBatch notes that were deleted before a time, and tells how many they were.
func (s *Store) PurgeNotes(ctx context.Context, before time.Time) (int, error) {
	return s.purge(ctx, before, eventNotePurged, noteName, `
		SELECT
			id,
			owner_id,
			version
		FROM notes
		WHERE deleted_at < ?
		ORDER BY deleted_at
		LIMIT ?
		FOR UPDATE SKIP LOCKED`, `
		DELETE FROM notes
		WHERE id = ?
			AND owner_id = ?`)
}

// PurgePads is PurgeNotes for pads.
func (s *Store) PurgePads(ctx context.Context, before time.Time) (int, error) {
	return s.purge(ctx, before, eventPadPurged, padName, `
		SELECT
			id,
			owner_id,
			version
		FROM pads
		WHERE deleted_at < ?
		ORDER BY deleted_at
		LIMIT ?
		FOR UPDATE SKIP LOCKED`, `
		DELETE FROM pads
		WHERE id = ?
			AND owner_id = ?`)
}

// purge works on everybody's rows: its SELECT is the one statement of this package that names no owner. Rows that are locked are left to who has
// them, another sweeper or a person who restores them at the last moment. The event stands in the owner's trail, without a request.
func (s *Store) purge(ctx context.Context, before time.Time, event string, name func(id string) string, find, remove string) (int, error) {
	var found []purged
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		rows, err := tx.Query(ctx, find, before, purgeBatch)
		if err != nil {
			return fmt.Errorf("find what to purge: %w", err)
		}
		found, err = mysql.Collect(rows, func(row mysql.Scanner) (p purged, err error) {
			err = row.Scan(&p.id, &p.owner, &p.version)
			return p, err
		})
		if err != nil {
			return fmt.Errorf("find what to purge: %w", err)
		}
		for _, p := range found {
			_, err = tx.Exec(ctx, remove, p.id, p.owner)
			if err != nil {
				return fmt.Errorf("purge: %w", err)
			}
			err = s.tell(ctx, tx, p.owner, change{event: event, name: name(p.id), version: p.version + 1, at: s.time()})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(found), nil
}
