package notes

import (
	"context"
	"database/sql"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// A deleted row stays until it is purged, and only marks that it is deleted: it has left the lists and the counts, and can come back.

// DeleteNote deletes a live note. An etag that is given must be the note's.
func (s *Store) DeleteNote(ctx context.Context, key idempotency.Key, id, etag string) (Note, error) {
	var note Note
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		err := lockPerson(ctx, tx, key.Person)
		if err != nil {
			return change{}, err
		}
		note, err = lockLiveNote(ctx, tx, key.Person, id)
		if err != nil {
			return change{}, err
		}
		if etag != "" && etag != note.ETag {
			return change{}, errNoteChanged.WithMetadata("etag", note.ETag)
		}
		err = count(ctx, tx, key.Person, -1, 0)
		if err != nil {
			return change{}, err
		}
		if note.PadID != "" {
			_, err = addToPad(ctx, tx, key.Person, note.PadID, -1)
			if err != nil {
				return change{}, err
			}
		}
		note.Deleted = s.time()
		err = saveNote(ctx, tx, &note)
		return change{event: eventNoteDeleted, name: noteName(note.ID), etag: note.ETag, version: note.Version, at: note.Deleted}, err
	})
	return s.noteAfter(ctx, key.Person, note, earlier, err)
}

// UndeleteNote restores a deleted note: into its pad or, when that is not there any more, into none.
func (s *Store) UndeleteNote(ctx context.Context, key idempotency.Key, id string) (Note, error) {
	var note Note
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		err := lockPerson(ctx, tx, key.Person)
		if err != nil {
			return change{}, err
		}
		note, err = lockNote(ctx, tx, key.Person, id)
		if err != nil {
			return change{}, err
		}
		if note.Deleted.IsZero() {
			return change{}, errNoteNotDeleted
		}
		err = count(ctx, tx, key.Person, 1, 0)
		if err != nil {
			return change{}, err
		}
		if note.PadID != "" {
			live, err := addToPad(ctx, tx, key.Person, note.PadID, 1)
			if err != nil {
				return change{}, err
			}
			if !live {
				note.PadID = ""
			}
		}
		note.Deleted = time.Time{}
		err = saveNote(ctx, tx, &note)
		return change{event: eventNoteUndeleted, name: noteName(note.ID), etag: note.ETag, version: note.Version, at: s.time()}, err
	})
	return s.noteAfter(ctx, key.Person, note, earlier, err)
}

// nullTime is how the database keeps a time that may not be there.
func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
