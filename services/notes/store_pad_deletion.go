package notes

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// cascadeBatch is how many notes of a pad one statement deletes or restores. A statement has 2.5 s at most; this many take about 0.2 s.
const cascadeBatch = 5000

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
		notes, err := deleteNotesOf(ctx, tx, pad)
		if err != nil {
			return change{}, err
		}
		err = count(ctx, tx, key.Person, -notes, -1)
		if err != nil {
			return change{}, err
		}
		pad.NoteCount = 0
		err = savePad(ctx, tx, &pad)
		return change{event: eventPadDeleted, name: padName(pad.ID), etag: pad.ETag, version: pad.Version, at: pad.Deleted}, err
	})
	return s.padAfter(ctx, key.Person, pad, earlier, err)
}

// deleteNotesOf deletes the notes of a pad with it and tells how many they are.
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
			LIMIT ?`, pad.Deleted, newETag(), pad.OwnerID, pad.ID, cascadeBatch))
		if err != nil {
			return 0, fmt.Errorf("delete notes of pad: %w", err)
		}
		deleted += n
		if n < cascadeBatch {
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
		pad.NoteCount, err = undeleteNotesOf(ctx, tx, pad)
		if err != nil {
			return change{}, err
		}
		err = count(ctx, tx, key.Person, pad.NoteCount, 1)
		if err != nil {
			return change{}, err
		}
		pad.Deleted = time.Time{}
		err = savePad(ctx, tx, &pad)
		return change{event: eventPadUndeleted, name: padName(pad.ID), etag: pad.ETag, version: pad.Version, at: s.time()}, err
	})
	return s.padAfter(ctx, key.Person, pad, earlier, err)
}

// undeleteNotesOf restores the notes that were deleted with the pad and tells how many they are.
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
			LIMIT ?`, newETag(), pad.OwnerID, pad.ID, cascadeBatch))
		if err != nil {
			return 0, fmt.Errorf("restore notes of pad: %w", err)
		}
		restored += n
		if n < cascadeBatch {
			return restored, nil
		}
	}
}
