package notes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// noteColumns are those that scanNote reads; lists read listColumns, without the text.
const (
	noteColumns = `
		id,
		owner_id,
		pad_id,
		title,
		text,
		snippet,
		etag,
		version,
		created_at,
		updated_at,
		deleted_at`
	listColumns = `
		id,
		owner_id,
		pad_id,
		title,
		'' AS text,
		snippet,
		etag,
		version,
		created_at,
		updated_at,
		deleted_at`
)

func scanNote(row scanner) (Note, error) {
	var n Note
	var deleted sql.NullTime
	err := row.Scan(&n.ID, &n.OwnerID, &n.PadID, &n.Title, &n.Text, &n.Snippet, &n.ETag, &n.Version, &n.Created, &n.Updated, &deleted)
	n.Deleted = deleted.Time
	return n, err
}

// CreateNote makes a note.
func (s *Store) CreateNote(ctx context.Context, key idempotency.Key, draft Draft) (Note, error) {
	at := s.time()
	note := Note{ID: newID(), OwnerID: key.Person, ETag: newETag(), Version: 1, Created: at, Updated: at}
	name, replayed, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		err := validate(ctx, tx, key.Person, &draft)
		if err != nil {
			return change{}, err
		}
		draft.apply(&note)
		err = count(ctx, tx, note.OwnerID, 1, 0)
		if err != nil {
			return change{}, err
		}
		err = movePad(ctx, tx, Note{OwnerID: note.OwnerID}, note)
		if err != nil {
			return change{}, err
		}
		err = insertNote(ctx, tx, note)
		return change{event: eventNoteCreated, name: noteName(note.ID), etag: note.ETag, version: note.Version, at: at}, err
	})
	return s.noteAfter(ctx, key.Person, note, name, replayed, err)
}

// noteAfter gives the note that a write tells its caller: the one that was written or, for a repeat, the note as it is now.
func (s *Store) noteAfter(ctx context.Context, owner string, note Note, name string, replayed bool, err error) (Note, error) {
	if err != nil {
		return Note{}, err
	}
	if !replayed {
		return note, nil
	}
	id, _ := noteID(name)
	return s.Note(ctx, owner, id)
}

// Note reads a note, also a deleted one.
func (s *Store) Note(ctx context.Context, owner, id string) (Note, error) {
	n, err := scanNote(s.db.QueryRow(ctx, `
		SELECT`+noteColumns+`
		FROM notes
		WHERE id = ?
			AND owner_id = ?`, id, owner))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Note{}, errNoteNotFound
	case err != nil:
		return Note{}, fmt.Errorf("read note: %w", err)
	}
	return n, nil
}

// LiveNote is Note for a note that is not deleted.
func (s *Store) LiveNote(ctx context.Context, owner, id string) (Note, error) {
	n, err := s.Note(ctx, owner, id)
	if err != nil {
		return Note{}, err
	}
	if !n.Deleted.IsZero() {
		return Note{}, errNoteNotFound
	}
	return n, nil
}

// lockNote reads a note, also a deleted one, and takes its row.
func lockNote(ctx context.Context, tx *mysql.Tx, owner, id string) (Note, error) {
	n, err := scanNote(tx.QueryRow(ctx, `
		SELECT`+noteColumns+`
		FROM notes
		WHERE id = ?
			AND owner_id = ?
		FOR UPDATE`, id, owner))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Note{}, errNoteNotFound
	case err != nil:
		return Note{}, fmt.Errorf("lock note: %w", err)
	}
	return n, nil
}

// lockLiveNote is lockNote for a note that is not deleted.
func lockLiveNote(ctx context.Context, tx *mysql.Tx, owner, id string) (Note, error) {
	n, err := lockNote(ctx, tx, owner, id)
	if err != nil {
		return Note{}, err
	}
	if !n.Deleted.IsZero() {
		return Note{}, errNoteNotFound
	}
	return n, nil
}

// UpdateNote changes a live note as the draft says. An etag that is given must be the note's.
func (s *Store) UpdateNote(ctx context.Context, key idempotency.Key, id, etag string, draft Draft) (Note, error) {
	var note Note
	name, replayed, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		if draft.Pad != nil {
			err := lockPerson(ctx, tx, key.Person)
			if err != nil {
				return change{}, err
			}
		}
		var err error
		note, err = lockLiveNote(ctx, tx, key.Person, id)
		if err != nil {
			return change{}, err
		}
		err = validate(ctx, tx, key.Person, &draft)
		if err != nil {
			return change{}, err
		}
		if etag != "" && etag != note.ETag {
			return change{}, errNoteChanged.WithMetadata("etag", note.ETag)
		}
		before := note
		fields := draft.apply(&note)
		note.Updated = s.time()
		err = movePad(ctx, tx, before, note)
		if err != nil {
			return change{}, err
		}
		err = saveNote(ctx, tx, &note)
		return change{
			event: eventNoteUpdated, name: noteName(note.ID), etag: note.ETag, version: note.Version, at: note.Updated, fields: fields,
		}, err
	})
	return s.noteAfter(ctx, key.Person, note, name, replayed, err)
}

// saveNote writes a changed note over the one that was read, and gives it its next etag and version.
func saveNote(ctx context.Context, tx *mysql.Tx, note *Note) error {
	read := note.ETag
	note.ETag, note.Version = newETag(), note.Version+1
	n, err := affected(tx.Exec(ctx, `
		UPDATE notes
		SET
			pad_id = ?,
			title = ?,
			text = ?,
			snippet = ?,
			etag = ?,
			version = ?,
			updated_at = ?,
			deleted_at = ?,
			with_pad = 0
		WHERE id = ?
			AND owner_id = ?
			AND etag = ?`,
		note.PadID, note.Title, note.Text, note.Snippet, note.ETag, note.Version, note.Updated, nullTime(note.Deleted),
		note.ID, note.OwnerID, read))
	if err != nil {
		return fmt.Errorf("update note: %w", err)
	}
	if n != 1 {
		return errNoteChanged // its row is locked, so this is a write past these rules
	}
	return nil
}

// validate says everything that is wrong with a draft: with the other mistakes also that its pad is not there, which movePad finds when there are none.
func validate(ctx context.Context, tx *mysql.Tx, owner string, draft *Draft) error {
	wrong := draft.Validate()
	if len(wrong) == 0 {
		return nil
	}
	pad := draft.padID()
	if pad != "" {
		live, err := addToPad(ctx, tx, owner, pad, 0)
		if err != nil {
			return err
		}
		if !live {
			wrong = append(wrong, wrongPad)
		}
	}
	return fault.InvalidFields(wrong...)
}

// movePad counts a note out of the pad that it leaves and into the one that it enters.
func movePad(ctx context.Context, tx *mysql.Tx, before, after Note) error {
	if before.PadID == after.PadID {
		return nil
	}
	if before.PadID != "" {
		_, err := addToPad(ctx, tx, before.OwnerID, before.PadID, -1)
		if err != nil {
			return err
		}
	}
	if after.PadID == "" {
		return nil
	}
	live, err := addToPad(ctx, tx, after.OwnerID, after.PadID, 1)
	if err != nil {
		return err
	}
	if !live {
		return fault.InvalidFields(wrongPad)
	}
	return nil
}

func insertNote(ctx context.Context, tx *mysql.Tx, n Note) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO notes (
			id,
			owner_id,
			pad_id,
			title,
			text,
			snippet,
			etag,
			version,
			created_at,
			updated_at
		) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, n.OwnerID, n.PadID, n.Title, n.Text, n.Snippet, n.ETag, n.Version, n.Created, n.Updated)
	if err != nil {
		return fmt.Errorf("insert note: %w", err)
	}
	return nil
}
