package notes

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// overview is what stands beside the notes on every page: the person's live pads in the order in which they were made, and the number of live notes.
type overview struct {
	Pads      []Pad
	NoteCount int
}

// NotesPage reads a page of a list of live notes and what stands beside it: two statements, whatever the person has. The list's pad must be there.
//
// Somebody who comes back to a place in the list may find that nothing is left there, or less than a page before it; that is the first page then,
// at the price of a third statement.
func (s *Store) NotesPage(ctx context.Context, l list, at *cursor, size int) (notePage, overview, error) {
	beside, err := s.Overview(ctx, l.owner)
	if err != nil {
		return notePage{}, overview{}, err
	}
	if l.inPad {
		i := slices.IndexFunc(beside.Pads, func(p Pad) bool { return p.ID == l.pad })
		if i < 0 {
			return notePage{}, overview{}, errPadNotFound
		}
		beside.NoteCount = beside.Pads[i].NoteCount
	}
	l.padsKnown, l.live = true, beside.Pads
	page, err := s.ListNotes(ctx, l, at, size)
	if err != nil {
		return notePage{}, overview{}, err
	}
	leftOver := at != nil && (len(page.Notes) == 0 || at.Back && len(page.Notes) < size)
	if leftOver {
		page, err = s.ListNotes(ctx, l, nil, size)
	}
	return page, beside, err
}

// Overview reads what stands beside the notes.
func (s *Store) Overview(ctx context.Context, owner string) (overview, error) {
	rows, err := s.db.Query(ctx, `
		SELECT
			people.note_count,
			pads.id,
			pads.title,
			pads.note_count,
			pads.etag,
			pads.version,
			pads.created_at,
			pads.updated_at
		FROM people
		LEFT JOIN pads FORCE INDEX (pads_live)
			ON pads.owner_id = people.owner_id
			AND pads.deleted = 0
		WHERE people.owner_id = ?
		ORDER BY pads.id`, owner)
	if err != nil {
		return overview{}, fmt.Errorf("read overview: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells
	var beside overview
	for rows.Next() {
		// All but the first are NULL for a person who has no pads.
		var id, title, etag sql.NullString
		var noteCount, version sql.NullInt64
		var created, updated sql.NullTime
		err = rows.Scan(&beside.NoteCount, &id, &title, &noteCount, &etag, &version, &created, &updated)
		if err != nil {
			return overview{}, fmt.Errorf("read overview: %w", err)
		}
		if id.Valid {
			beside.Pads = append(beside.Pads, Pad{
				ID: id.String, OwnerID: owner, Title: title.String, NoteCount: int(noteCount.Int64), ETag: etag.String,
				Version: version.Int64, Created: created.Time, Updated: updated.Time,
			})
		}
	}
	err = rows.Err()
	if err != nil {
		return overview{}, fmt.Errorf("read overview: %w", err)
	}
	return beside, nil
}
