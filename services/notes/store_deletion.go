package notes

import (
	"context"
	"database/sql"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/planted"
)

// A deleted row stays until it is purged, and only marks that it is deleted: it has left the lists and the counts, and can come back. How a pad takes
// its notes with it is in store_pad_deletion.go.

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
		if note.PadID != "" && !planted.Bug(planted.CountKept) {
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
		pad := note.PadID
		note.PadID, err = padToReturnTo(ctx, tx, note)
		if err != nil {
			return change{}, err
		}
		var fields []string
		if note.PadID != pad {
			fields = append(fields, fieldPad)
		}
		note.Deleted, note.Hidden = time.Time{}, false
		err = saveNote(ctx, tx, &note)
		return change{
			event: eventNoteUndeleted, name: noteName(note.ID), etag: note.ETag, version: note.Version, at: s.time(), data: changed(fields),
		}, err
	})
	return s.noteAfter(ctx, key.Person, note, earlier, err)
}

// padToReturnTo counts a deleted note into its pad and gives the pad's id: "" if that is not there any more.
func padToReturnTo(ctx context.Context, tx *mysql.Tx, note Note) (id string, err error) {
	switch {
	case note.PadID == "", planted.Bug(planted.PadForgotten):
		return "", nil
	case note.Hidden:
		return "", addToDeletedPad(ctx, tx, note.OwnerID, note.PadID, -1)
	}
	live, err := addToPad(ctx, tx, note.OwnerID, note.PadID, 1)
	if err != nil || !live {
		return "", err
	}
	return note.PadID, nil
}

// nullTime is how the database keeps a time that may not be there.
func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
