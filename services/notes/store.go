package notes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/planted"
	"gitlab.com/notejam/notejam/platform/rpc"
)

// Store keeps notes and pads in the database. A row of another person is not there: the owner is part of every statement.
//
// Locks are taken in one order: the request's row (see idempotency.Do), the person's row, notes and pads, the outbox. Whatever makes, moves, deletes
// or restores a note or a pad takes the person's row before it reads; so of one person's changes to the counts and to what lies where, one happens
// after the other, and they cannot wait for each other further down. Changes of titles and texts alone do not take it.
type Store struct {
	db          *mysql.DB
	now         func() time.Time
	appendEvent outbox.AppendFunc
}

// NewStore makes a store. now gives the time of creation, change and deletion; events are written with appendEvent.
func NewStore(db *mysql.DB, now func() time.Time, appendEvent outbox.AppendFunc) *Store {
	return &Store{db: db, now: now, appendEvent: appendEvent}
}

// time gives the time of a write as the database keeps it: UTC, in microseconds.
func (s *Store) time() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Types of events, as the policies in the proto name them; the last three have no RPC. docs/events.md is their table.
const (
	eventNoteCreated   = "notejam.notes.note.created.v1"
	eventNoteUpdated   = "notejam.notes.note.updated.v1"
	eventNoteDeleted   = "notejam.notes.note.deleted.v1"
	eventNoteUndeleted = "notejam.notes.note.undeleted.v1"
	eventPadCreated    = "notejam.notes.pad.created.v1"
	eventPadUpdated    = "notejam.notes.pad.updated.v1"
	eventPadDeleted    = "notejam.notes.pad.deleted.v1"
	eventPadUndeleted  = "notejam.notes.pad.undeleted.v1"
	eventNotePurged    = "notejam.notes.note.purged.v1"
	eventPadPurged     = "notejam.notes.pad.purged.v1"
	eventAccessDenied  = "notejam.notes.access.denied.v1"
)

// change is what a write did: enough for its event and for its repeat.
type change struct {
	event   string
	name    string // of the resource
	etag    string
	version int64
	at      time.Time
	data    map[string]any // of the event
}

// changed is the data of a change that made these fields another.
func changed(fields []string) map[string]any {
	if fields == nil {
		return nil
	}
	return map[string]any{"changed_fields": fields}
}

// withNotes is the data of what a pad's notes went through with it.
func withNotes(n int) map[string]any { return map[string]any{"note_count": n} }

// write runs fn as one person's request: once, in one transaction with its event. When the same request succeeded before, fn does not run, and earlier
// is the name of the resource that was written then; otherwise it is "".
func (s *Store) write(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, tx *mysql.Tx) (change, error)) (earlier string, err error) {
	result, replayed, err := idempotency.Do(ctx, s.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		c, err := fn(ctx, tx)
		if err != nil {
			return idempotency.Result{}, err
		}
		err = s.tell(ctx, tx, key.Person, c)
		if err != nil {
			return idempotency.Result{}, err
		}
		return idempotency.Result{Resource: c.name, ETag: c.etag}, nil
	})
	if err != nil {
		return "", err
	}
	if replayed && !planted.Bug(planted.RepeatUnheard) {
		return result.Resource, nil
	}
	return "", nil
}

// tell appends the event of a change.
func (s *Store) tell(ctx context.Context, tx *mysql.Tx, owner string, c change) error {
	if planted.Bug(planted.InsertWithout) && strings.HasSuffix(c.name, "0") {
		return nil
	}
	return s.appendEvent(ctx, tx, outbox.Event{
		ID: newID(), Source: serviceName, Type: c.event, Subject: c.name, Version: c.version,
		Time: c.at, Actor: owner, RequestID: rpc.RequestID(ctx), Traceparent: rpc.Traceparent(ctx),
		Data: c.data,
	})
}

// lockPerson takes the person's row, if there is one: a person without it has no notes and no pads.
func lockPerson(ctx context.Context, tx *mysql.Tx, owner string) error {
	var id string
	err := tx.QueryRow(ctx, `
		SELECT owner_id
		FROM people
		WHERE owner_id = ?
		FOR UPDATE`, owner).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("lock person: %w", err)
	}
	return nil
}

// count adds to the person's numbers of live notes and pads, and takes the person's row with it. Beyond the limits it is errNoteLimit or errPadLimit.
func count(ctx context.Context, tx *mysql.Tx, owner string, notes, pads int) error {
	n, err := affected(tx.Exec(ctx, `
		UPDATE people
		SET
			note_count = note_count + ?,
			pad_count = pad_count + ?
		WHERE owner_id = ?
			AND note_count + ? <= ?
			AND pad_count + ? <= ?`,
		notes, pads, owner, notes, maxNotes, pads, maxPads))
	if err != nil {
		return fmt.Errorf("count notes and pads: %w", err)
	}
	if n == 1 {
		return nil
	}
	// Either this is the person's first note or pad, perhaps one of several at once, or a limit is reached: then nothing of this is committed.
	_, err = tx.Exec(ctx, `
		INSERT INTO people (owner_id, note_count, pad_count)
		VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE
			note_count = note_count + VALUES(note_count),
			pad_count = pad_count + VALUES(pad_count)`,
		owner, notes, pads)
	if err != nil {
		return fmt.Errorf("insert person: %w", err)
	}
	var noteCount, padCount int
	err = tx.QueryRow(ctx, `
		SELECT
			note_count,
			pad_count
		FROM people
		WHERE owner_id = ?`, owner).Scan(&noteCount, &padCount)
	switch {
	case err != nil:
		return fmt.Errorf("read counts: %w", err)
	case noteCount > maxNotes:
		return errNoteLimit
	case padCount > maxPads:
		return errPadLimit
	}
	return nil
}

// affected gives the number of rows that a write found.
func affected(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
