package notes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// noteColumns are those that scanNote reads; lists read listColumns, without the text, and then padDeletion or, where pads are known, noPadDeletion.
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
		deleted_at,` + padDeletion
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
		deleted_at,`
	// A subquery and no join, because those who take the note's row must not take the pad's.
	padDeletion = `
		(
			SELECT pads.deleted_at
			FROM pads
			WHERE pads.id = notes.pad_id
				AND pads.owner_id = notes.owner_id
		) AS pad_deleted_at`
	noPadDeletion = `
		NULL AS pad_deleted_at`
)

func scanNote(row mysql.Scanner) (Note, error) {
	var n Note
	var deleted, padDeleted sql.NullTime
	err := row.Scan(
		&n.ID, &n.OwnerID, &n.PadID, &n.Title, &n.Text, &n.Snippet, &n.ETag, &n.Version, &n.Created, &n.Updated, &deleted, &padDeleted)
	n.Deleted = deleted.Time
	if !deleted.Valid && padDeleted.Valid {
		n.Deleted, n.Hidden = padDeleted.Time, true
	}
	return n, err
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
