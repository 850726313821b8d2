package notes

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// A note is deleted since its own deletion or, where it has none, since its pad's: so every statement reads it. A pad's deletion alone thus takes its
// notes with it and its return alone brings them back, in one row and at once, however many they are. Such notes are hidden. Nothing is left to be done
// afterwards, so nobody, be it a reader, the next request or whoever comes after a crash, finds it half done.
//
// But hidden notes stand among the live ones in the indexes of lists, and a list that meets them must be read another way, which costs more (see
// ListNotes). To make that rare, the notes of a small pad are marked when it goes: each has a deletion of its own then, which takes it out of those
// indexes, and loses it when the pad comes back.
//
// One number holds both together: pads.note_count is how many notes in the pad have no deletion of their own. In a live pad they are its live notes, in
// a deleted one the hidden ones, of which a pad whose notes were marked has none. See docs/adr/0010-large-pads.md.

// mostMarked is how many notes a pad may have to be a small one, and how many are marked by one statement. This many take about 0.1 s, which people
// wait for without noticing; and few have a pad of more.
const mostMarked = 2000

// DeletePad deletes a live pad; one that has notes only with force, and then its notes with it. An etag that is given must be the pad's.
func (s *Store) DeletePad(ctx context.Context, key idempotency.Key, id, etag string, force bool) (Pad, error) {
	var pad Pad
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		err := lockPerson(ctx, tx, key.Person)
		if err != nil {
			return change{}, err
		}
		pad, err = lockLivePad(ctx, tx, key.Person, id)
		switch {
		case err != nil:
			return change{}, err
		case etag != "" && etag != pad.ETag:
			return change{}, errPadChanged.WithMetadata("etag", pad.ETag)
		case pad.NoteCount > 0 && !force:
			return change{}, errPadNotEmpty
		}
		pad.Deleted = s.time()
		notes := pad.NoteCount
		if notes > mostMarked {
			pad.Hidden = notes
		} else {
			notes, err = deleteNotesOf(ctx, tx, pad)
			if err != nil {
				return change{}, err
			}
		}
		err = count(ctx, tx, key.Person, -notes, -1)
		if err != nil {
			return change{}, err
		}
		pad.NoteCount = 0
		err = savePad(ctx, tx, &pad)
		return change{event: eventPadDeleted, name: padName(pad.ID), etag: pad.ETag, version: pad.Version, at: pad.Deleted, data: withNotes(notes)}, err
	})
	return s.padAfter(ctx, key.Person, pad, earlier, err)
}

// deleteNotesOf marks the notes of a small pad, which goes, and tells how many they are.
func deleteNotesOf(ctx context.Context, tx *mysql.Tx, pad Pad) (deleted int, err error) {
	for {
		n, err := affected(tx.Exec(ctx, `
			UPDATE notes
			SET
				deleted_at = ?,
				with_pad = 1,
				version = version + 1,
				etag = LEFT(SHA2(CONCAT(?, id), 256), 32)
			WHERE owner_id = ?
				AND deleted = 0
				AND pad_id = ?
			LIMIT ?`, pad.Deleted, newETag(), pad.OwnerID, pad.ID, mostMarked))
		if err != nil {
			return 0, fmt.Errorf("delete notes of pad: %w", err)
		}
		deleted += n
		if n < mostMarked {
			return deleted, nil
		}
	}
}

// UndeletePad restores a deleted pad, and the notes that were deleted with it.
func (s *Store) UndeletePad(ctx context.Context, key idempotency.Key, id string) (Pad, error) {
	var pad Pad
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		err := lockPerson(ctx, tx, key.Person)
		if err != nil {
			return change{}, err
		}
		pad, err = lockPad(ctx, tx, key.Person, id)
		if err != nil {
			return change{}, err
		}
		if pad.Deleted.IsZero() {
			return change{}, errPadNotDeleted
		}
		if pad.Hidden > 0 {
			pad.NoteCount, pad.Hidden = pad.Hidden, 0
		} else {
			pad.NoteCount, err = undeleteNotesOf(ctx, tx, pad)
			if err != nil {
				return change{}, err
			}
		}
		err = count(ctx, tx, key.Person, pad.NoteCount, 1)
		if err != nil {
			return change{}, err
		}
		pad.Deleted = time.Time{}
		err = savePad(ctx, tx, &pad)
		return change{event: eventPadUndeleted, name: padName(pad.ID), etag: pad.ETag, version: pad.Version, at: s.time(), data: withNotes(pad.NoteCount)}, err
	})
	return s.padAfter(ctx, key.Person, pad, earlier, err)
}

// undeleteNotesOf takes the marks from the notes that were marked with the pad and tells how many they are: a few, unless 0.1.0 has deleted the pad,
// which marked all there were.
func undeleteNotesOf(ctx context.Context, tx *mysql.Tx, pad Pad) (restored int, err error) {
	for {
		n, err := affected(tx.Exec(ctx, `
			UPDATE notes
			SET
				deleted_at = NULL,
				with_pad = 0,
				version = version + 1,
				etag = LEFT(SHA2(CONCAT(?, id), 256), 32)
			WHERE owner_id = ?
				AND deleted = 1
				AND pad_id = ?
				AND with_pad = 1
			LIMIT ?`, newETag(), pad.OwnerID, pad.ID, mostMarked))
		if err != nil {
			return 0, fmt.Errorf("restore notes of pad: %w", err)
		}
		restored += n
		if n < mostMarked {
			return restored, nil
		}
	}
}
