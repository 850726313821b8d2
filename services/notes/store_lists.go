package notes

import (
	"context"
	"fmt"
	"slices"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// notePage is a part of a list, with the places before and after it; nil where the list ends.
type notePage struct {
	Notes    []Note
	Previous *cursor
	Next     *cursor
}

// ListNotes reads the page of a list at a place, nil for the first page.
//
// The index that has the list's order also has the notes that a deleted pad hides. A page that meets one is read again, by pads.
func (s *Store) ListNotes(ctx context.Context, l list, at *cursor, size int) (notePage, error) {
	query, args := l.statement(at, size+1) // one more tells whether there is more
	notes, err := s.readNotes(ctx, query, args)
	if err != nil {
		return notePage{}, err
	}
	met := slices.ContainsFunc(notes, l.hides)
	if met && l.inPad {
		return notePage{}, nil // it is this pad that is deleted
	}
	if met {
		query, args = l.statementByPads(at, size+1)
		notes, err = s.readNotes(ctx, query, args)
		if err != nil {
			return notePage{}, err
		}
	}
	more := len(notes) > size
	notes = notes[:min(len(notes), size)]
	back := at != nil && at.Back
	if back {
		slices.Reverse(notes)
	}
	page := notePage{Notes: notes}
	if len(notes) == 0 {
		return page, nil
	}
	if back && more || !back && at != nil {
		page.Previous = l.order.cursorAt(notes[0], true)
	}
	if !back && more || back {
		page.Next = l.order.cursorAt(notes[len(notes)-1], false)
	}
	return page, nil
}

func (s *Store) readNotes(ctx context.Context, query string, args []any) ([]Note, error) {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	notes, err := mysql.Collect(rows, scanNote)
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	return notes, nil
}

// statement is the SQL that reads rows of the list from a place on, in the direction of the place. Only words of this package are built into it.
//
// The index is forced: it alone gives the rows in their order. Left to choose, MariaDB walked over 37,000 rows to find eleven of them.
func (l list) statement(at *cursor, limit int) (query string, args []any) {
	query, args = l.half(0, at, limit)
	if !l.showDeleted {
		return query, args
	}
	deleted, deletedArgs := l.half(1, at, limit)
	query = "(" + query + ")\n\t\tUNION ALL\n\t\t(" + deleted + ")" + l.orderBy(at)
	return query, append(append(args, deletedArgs...), limit)
}

// half reads the live rows of the list, or the deleted ones.
func (l list) half(deleted int, at *cursor, limit int) (query string, args []any) {
	index, padColumns := l.order.index, padDeletion
	if l.padsKnown {
		padColumns = noPadDeletion
	}
	conditions, args := l.conditions(deleted, at)
	if l.inPad {
		index = l.order.padIndex
		conditions += " AND pad_id = ?"
		args = append(args, l.pad)
	}
	query = `
		SELECT` + listColumns + padColumns + `
		FROM notes FORCE INDEX (` + index + `)
		WHERE ` + conditions + l.orderBy(at)
	return query, append(args, limit)
}

// statementByPads is the SQL that reads the same page in another way: it gathers the notes that lie in live pads or in none, and sorts them. For each of
// them it reads an entry of an index, but none for a hidden one: that takes 1 ms for a thousand notes, up to 0.1 s for a hundred thousand.
func (l list) statementByPads(at *cursor, limit int) (query string, args []any) {
	conditions, args := l.conditions(0, at)
	query = `
		SELECT` + listColumns + noPadDeletion + `
		FROM (
			SELECT id AS note_id
			FROM (
				SELECT _ascii'' COLLATE ascii_bin AS live_pad
				UNION ALL
				SELECT id
				FROM pads FORCE INDEX (pads_live)
				WHERE owner_id = ?
					AND deleted = 0
			) AS live_pads
			STRAIGHT_JOIN notes FORCE INDEX (` + l.order.padIndex + `)
				ON pad_id = live_pad
			WHERE ` + conditions + l.orderBy(at) + `
		) AS page
		STRAIGHT_JOIN notes
			ON id = note_id
		WHERE owner_id = ?` + l.orderBy(at)
	return query, append(append([]any{l.owner}, args...), limit, l.owner, limit)
}

// conditions choose the owner's rows from a place on, the live ones or the deleted ones.
func (l list) conditions(deleted int, at *cursor) (conditions string, args []any) {
	conditions, args = fmt.Sprintf("owner_id = ? AND deleted = %d", deleted), []any{l.owner}
	if !l.since.IsZero() {
		conditions += " AND updated_at > ?"
		args = append(args, l.since)
	}
	if at == nil {
		return conditions, args
	}
	beyond := ">"
	if l.descends(at) {
		beyond = "<"
	}
	// As two ranges of the index, which are read one after the other. Row values, (title, id) > (?, ?), are not taken for a range.
	conditions += fmt.Sprintf(" AND (%[1]s %[2]s ? OR (%[1]s = ? AND id %[2]s ?))", l.order.column, beyond)
	return conditions, append(args, at.key(l.order), at.key(l.order), at.ID)
}

func (l list) orderBy(at *cursor) string {
	direction := "ASC"
	if l.descends(at) {
		direction = "DESC"
	}
	return fmt.Sprintf(`
		ORDER BY %[1]s %[2]s, id %[2]s
		LIMIT ?`, l.order.column, direction)
}

// descends tells in which direction the rows are read: that of the order, turned round on the way back.
func (l list) descends(at *cursor) bool { return l.order.desc != (at != nil && at.Back) }

// ListPads reads pads in the order in which they were made, those after an id; "" begins with the first. more says that there are others.
func (s *Store) ListPads(ctx context.Context, owner, after string, showDeleted bool, size int) (pads []Pad, more bool, err error) {
	query := `
		SELECT` + padColumns + `
		FROM pads FORCE INDEX (pads_live)
		WHERE owner_id = ?
			AND deleted = 0
			AND id > ?
		ORDER BY id
		LIMIT ?`
	if showDeleted {
		query = `
		SELECT` + padColumns + `
		FROM pads FORCE INDEX (pads_all)
		WHERE owner_id = ?
			AND id > ?
		ORDER BY id
		LIMIT ?`
	}
	rows, err := s.db.Query(ctx, query, owner, after, size+1)
	if err != nil {
		return nil, false, fmt.Errorf("list pads: %w", err)
	}
	pads, err = mysql.Collect(rows, scanPad)
	if err != nil {
		return nil, false, fmt.Errorf("list pads: %w", err)
	}
	return pads[:min(len(pads), size)], len(pads) > size, nil
}
