package notes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// padColumns are those that scanPad reads.
const padColumns = `
		id,
		owner_id,
		title,
		note_count,
		etag,
		version,
		created_at,
		updated_at,
		deleted_at`

func scanPad(row mysql.Scanner) (Pad, error) {
	var p Pad
	var deleted sql.NullTime
	err := row.Scan(&p.ID, &p.OwnerID, &p.Title, &p.NoteCount, &p.ETag, &p.Version, &p.Created, &p.Updated, &deleted)
	p.Deleted = deleted.Time
	if deleted.Valid {
		p.NoteCount, p.Hidden = 0, p.NoteCount
	}
	return p, err
}

// CreatePad makes a pad.
func (s *Store) CreatePad(ctx context.Context, key idempotency.Key, title string) (Pad, error) {
	title, err := cleanPadTitle(title)
	if err != nil {
		return Pad{}, err
	}
	at := s.time()
	pad := Pad{ID: newID(), OwnerID: key.Person, Title: title, ETag: newETag(), Version: 1, Created: at, Updated: at}
	key.Known = idempotency.Result{Resource: padName(pad.ID), ETag: pad.ETag}
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		err := count(ctx, tx, pad.OwnerID, 0, 1)
		if err != nil {
			return change{}, err
		}
		err = insertPad(ctx, tx, pad)
		return change{event: eventPadCreated, name: padName(pad.ID), etag: pad.ETag, version: pad.Version, at: at}, err
	})
	return s.padAfter(ctx, key.Person, pad, earlier, err)
}

// padAfter gives the pad that a write tells its caller: the one that was written or, for a repeat, the pad as it is now.
func (s *Store) padAfter(ctx context.Context, owner string, pad Pad, earlier string, err error) (Pad, error) {
	if err != nil {
		return Pad{}, err
	}
	if earlier == "" {
		return pad, nil
	}
	id, _ := padID(earlier)
	return s.Pad(ctx, owner, id)
}

// Pad reads a pad, also a deleted one.
func (s *Store) Pad(ctx context.Context, owner, id string) (Pad, error) {
	p, err := scanPad(s.db.QueryRow(ctx, `
		SELECT`+padColumns+`
		FROM pads
		WHERE id = ?
			AND owner_id = ?`, id, owner))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Pad{}, errPadNotFound
	case err != nil:
		return Pad{}, fmt.Errorf("read pad: %w", err)
	}
	return p, nil
}

// lockPad reads a pad, also a deleted one, and takes its row.
func lockPad(ctx context.Context, tx *mysql.Tx, owner, id string) (Pad, error) {
	p, err := scanPad(tx.QueryRow(ctx, `
		SELECT`+padColumns+`
		FROM pads
		WHERE id = ?
			AND owner_id = ?
		FOR UPDATE`, id, owner))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Pad{}, errPadNotFound
	case err != nil:
		return Pad{}, fmt.Errorf("lock pad: %w", err)
	}
	return p, nil
}

// lockLivePad is lockPad for a pad that is not deleted.
func lockLivePad(ctx context.Context, tx *mysql.Tx, owner, id string) (Pad, error) {
	p, err := lockPad(ctx, tx, owner, id)
	if err != nil {
		return Pad{}, err
	}
	if !p.Deleted.IsZero() {
		return Pad{}, errPadNotFound
	}
	return p, nil
}

// UpdatePad renames a live pad. An etag that is given must be the pad's.
func (s *Store) UpdatePad(ctx context.Context, key idempotency.Key, id, etag, title string) (Pad, error) {
	var pad Pad
	earlier, err := s.write(ctx, key, func(ctx context.Context, tx *mysql.Tx) (change, error) {
		var err error
		pad, err = lockLivePad(ctx, tx, key.Person, id)
		if err != nil {
			return change{}, err
		}
		title, err := cleanPadTitle(title)
		if err != nil {
			return change{}, err
		}
		if etag != "" && etag != pad.ETag {
			return change{}, errPadChanged.WithMetadata("etag", pad.ETag)
		}
		var fields []string
		if title != pad.Title {
			fields = append(fields, fieldTitle)
		}
		pad.Title, pad.Updated = title, s.time()
		err = savePad(ctx, tx, &pad)
		return change{
			event: eventPadUpdated, name: padName(pad.ID), etag: pad.ETag, version: pad.Version, at: pad.Updated, data: changed(fields),
		}, err
	})
	return s.padAfter(ctx, key.Person, pad, earlier, err)
}

// savePad writes a changed pad over the one that was read, and gives it its next etag and version. Its notes are counted elsewhere, see addToPad.
func savePad(ctx context.Context, tx *mysql.Tx, pad *Pad) error {
	read := pad.ETag
	pad.ETag, pad.Version = newETag(), pad.Version+1
	n, err := affected(tx.Exec(ctx, `
		UPDATE pads
		SET
			title = ?,
			note_count = ?,
			etag = ?,
			version = ?,
			updated_at = ?,
			deleted_at = ?
		WHERE id = ?
			AND owner_id = ?
			AND etag = ?`,
		pad.Title, pad.NoteCount+pad.Hidden, pad.ETag, pad.Version, pad.Updated, nullTime(pad.Deleted),
		pad.ID, pad.OwnerID, read))
	if err != nil {
		return fmt.Errorf("update pad: %w", err)
	}
	if n != 1 {
		return errPadChanged // its row is locked, so this is a write past these rules
	}
	return nil
}

// addToPad counts notes into a live pad, or out of it, and takes its row. It tells whether there is such a pad.
func addToPad(ctx context.Context, tx *mysql.Tx, owner, id string, notes int) (live bool, err error) {
	n, err := affected(tx.Exec(ctx, `
		UPDATE pads
		SET note_count = note_count + ?
		WHERE id = ?
			AND owner_id = ?
			AND deleted = 0`, notes, id, owner))
	if err != nil {
		return false, fmt.Errorf("count notes of pad: %w", err)
	}
	return n == 1, nil
}

// addToDeletedPad counts notes that a deleted pad hides.
func addToDeletedPad(ctx context.Context, tx *mysql.Tx, owner, id string, notes int) error {
	_, err := tx.Exec(ctx, `
		UPDATE pads
		SET note_count = note_count + ?
		WHERE id = ?
			AND owner_id = ?
			AND deleted = 1`, notes, id, owner)
	if err != nil {
		return fmt.Errorf("count hidden notes of pad: %w", err)
	}
	return nil
}

func insertPad(ctx context.Context, tx *mysql.Tx, p Pad) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO pads (
			id,
			owner_id,
			title,
			note_count,
			etag,
			version,
			created_at,
			updated_at
		) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.OwnerID, p.Title, p.NoteCount, p.ETag, p.Version, p.Created, p.Updated)
	if err != nil {
		return fmt.Errorf("insert pad: %w", err)
	}
	return nil
}
