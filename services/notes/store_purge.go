package notes

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// purgeBatch is how many rows one transaction purges: each is a DELETE and an event, and for a hidden note a count.
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

// PurgeHiddenNotes is PurgeNotes for notes that a pad hides which was deleted before the time. A pad that is restored while they go hides and brings
// back the rest. Who restores a note has its row and waits for its pad's, which is why a note that is locked must be skipped and not waited for.
func (s *Store) PurgeHiddenNotes(ctx context.Context, before time.Time) (int, error) {
	return s.purge(ctx, before, eventNotePurged, noteName, `
		SELECT
			notes.id,
			notes.owner_id,
			notes.version
		FROM pads FORCE INDEX (pads_by_deletion)
		STRAIGHT_JOIN notes FORCE INDEX (notes_by_pad_update)
			ON notes.owner_id = pads.owner_id
			AND notes.deleted = 0
			AND notes.pad_id = pads.id
		WHERE pads.deleted_at < ?
			AND pads.note_count > 0
		LIMIT ?
		FOR UPDATE SKIP LOCKED`, `
		UPDATE pads
		JOIN notes
			ON notes.pad_id = pads.id
			AND notes.owner_id = pads.owner_id
		SET pads.note_count = pads.note_count - 1
		WHERE notes.id = ?
			AND notes.owner_id = ?`, `
		DELETE FROM notes
		WHERE id = ?
			AND owner_id = ?`)
}

// PurgePads is PurgeNotes for pads. One that hides notes stays until they are gone: without it they would be live.
func (s *Store) PurgePads(ctx context.Context, before time.Time) (int, error) {
	return s.purge(ctx, before, eventPadPurged, padName, `
		SELECT
			id,
			owner_id,
			version
		FROM pads
		WHERE deleted_at < ?
			AND note_count = 0
		ORDER BY deleted_at
		LIMIT ?
		FOR UPDATE SKIP LOCKED`, `
		DELETE FROM pads
		WHERE id = ?
			AND owner_id = ?`)
}

// purge works on everybody's rows: its SELECT is the one statement of this package that names no owner. Rows that are locked are left to who has
// them, another sweeper or a person who restores them at the last moment. The event stands in the owner's trail, without a request.
func (s *Store) purge(ctx context.Context, before time.Time, event string, name func(id string) string, find string, remove ...string) (int, error) {
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
			for _, statement := range remove {
				_, err = tx.Exec(ctx, statement, p.id, p.owner)
				if err != nil {
					return fmt.Errorf("purge: %w", err)
				}
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
