package plain

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// draft is what the form holds.
type draft struct {
	request, title, text string
}

// The limits of notes.
const (
	maxTitle   = 100       // characters
	maxText    = 256 << 10 // bytes
	maxNotes   = 100_000   // of one person
	maxPads    = 1_000
	maxSnippet = 200 // characters
)

func readDraft(r *http.Request) (draft, error) {
	err := r.ParseForm()
	if err != nil {
		return draft{}, fmt.Errorf("read form: %w", err)
	}
	d := draft{
		request: r.PostForm.Get("request_id"),
		title:   strings.TrimSpace(r.PostForm.Get("name")),
		text:    strings.ReplaceAll(r.PostForm.Get("text"), "\r\n", "\n"),
	}
	if d.title == "" || utf8.RuneCountInString(d.title) > maxTitle || d.text == "" || len(d.text) > maxText {
		return draft{}, errors.New("the name or the text cannot be kept")
	}
	return d, nil
}

// snippet is the beginning of the text on one line.
func (d draft) snippet() string {
	line := []rune(strings.Join(strings.Fields(d.text), " "))
	return string(line[:min(len(line), maxSnippet)])
}

// writes are the statements of the transaction that makes a note, in their order.
type writes struct {
	begin, count, insert, announce, finish *sql.Stmt
}

const (
	// beginSQL makes a form that is sent twice one note.
	beginSQL = `
	INSERT INTO idem (person_id, request_id, method, req_hash, resource, etag, nonce, created_at)
	VALUES (?, ?, ?, ?, '', '', ?, UTC_TIMESTAMP(6))`

	countSQL = `
	UPDATE people
	SET
		note_count = note_count + ?,
		pad_count = pad_count + ?
	WHERE owner_id = ?
		AND note_count + ? <= ?
		AND pad_count + ? <= ?`

	insertSQL = `
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
	) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	// announceSQL writes the event as one that was sent, so that the relay of notes leaves it alone.
	announceSQL = `
	INSERT INTO outbox (
		event_id,
		agg,
		agg_seq,
		type,
		payload,
		visible_at,
		status
	) VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6), 1)`

	finishSQL = `
	UPDATE idem SET resource = ?, etag = ?
	WHERE person_id = ? AND request_id = ? AND nonce = ?`
)

// create makes a note.
func (s *store) create(ctx context.Context, owner string, d draft) error {
	tx, err := s.pool.BeginTx(ctx, nil) //nolint:forbidigo // what platform/mysql adds is part of what is measured
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err = s.writes.run(ctx, tx, owner, d)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	err = tx.Commit()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (w *writes) run(ctx context.Context, tx *sql.Tx, owner string, d draft) error {
	const eventType = "notejam.notes.note.created.v1"
	id, event := uuid.Must(uuid.NewV7()).String(), uuid.Must(uuid.NewV7()).String()
	now := time.Now().UTC().Truncate(time.Microsecond)
	name, etag, nonce := "notes/"+id, randomHex(), randomHex()[:16]
	hash := sha256.Sum256([]byte(d.title + "\x00" + d.text))
	payload, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": event, "source": "notes", "type": eventType, "subject": name, "subject_version": 1, "time": now, "actor": owner,
	})
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	for _, step := range []struct {
		statement *sql.Stmt
		args      []any
	}{
		{w.begin, []any{owner, d.request, "/notejam.notes.v1.NotesService/CreateNote", hash[:], nonce}},
		{w.count, []any{1, 0, owner, 1, maxNotes, 0, maxPads}},
		{w.insert, []any{id, owner, "", d.title, d.text, d.snippet(), etag, 1, now, now}},
		{w.announce, []any{event, name, 1, eventType, string(payload)}},
		{w.finish, []any{name, etag, owner, d.request, nonce}},
	} {
		result, err := tx.StmtContext(ctx, step.statement).ExecContext(ctx, step.args...) //nolint:sqlclosecheck // the end of tx closes it
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil || n != 1 {
			return fmt.Errorf("write: %d rows, want 1: %w", n, err)
		}
	}
	return nil
}

// randomHex gives 16 random bytes.
func randomHex() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
