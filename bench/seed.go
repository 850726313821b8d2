package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/queue"
)

// rows is the bench's own way into the database and the queue.
type rows struct {
	auth, notes *mysql.DB
	queue       *queue.Queue
}

// openRows connects as the services do.
func openRows(ctx context.Context, stack *local.Stack) (*rows, error) {
	set := env.New(env.Map(stack.Settings("notes")))
	notes, events := mysql.Settings(set, "NOTES", 2), queue.Settings(set, "NOTES")
	authSet := env.New(env.Map(stack.Settings("auth")))
	auth := mysql.Settings(authSet, "AUTH", 2)
	err := errors.Join(set.Err(), authSet.Err())
	if err != nil {
		return nil, err
	}
	var r rows
	log := slog.New(slog.DiscardHandler)
	r.auth, err = mysql.Open(auth, log, prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	r.notes, err = mysql.Open(notes, log, prometheus.NewRegistry())
	if err != nil {
		return nil, errors.Join(err, r.auth.Close())
	}
	r.queue, err = queue.Open(ctx, events, prometheus.NewRegistry())
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return &r, nil
}

func (r *rows) close() error { return errors.Join(r.notes.Close(), r.auth.Close()) }

func (r *rows) accountID(ctx context.Context, email string) (string, error) {
	var id string
	err := r.auth.QueryRow(ctx, `SELECT id FROM accounts WHERE email_key = ?`, email).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("find the account: %w", err)
	}
	return id, nil
}

const (
	padsOfAPerson = 5
	batch         = 500             // rows of one INSERT
	between       = 7 * time.Minute // from one note's change to the next one's
	sentence      = "The quick brown fox jumps over the lazy dog & leaves <nothing> behind. "
	paragraphs    = 8 // of a note's text: about 1 KB
	snippetLength = 200
)

// seed gives a person 5 pads and notes in them and in none, the newest changed just before now. It gives the notes' ids, the newest first. No
// event tells of them.
func (r *rows) seed(ctx context.Context, owner string, count int, now time.Time) (ids []string, err error) {
	pads := make([]string, padsOfAPerson)
	inPad := make([]int, padsOfAPerson)
	for i := range pads {
		pads[i] = newID()
	}
	for i := range count {
		if pad := padOf(i); pad >= 0 {
			inPad[pad]++
		}
		ids = append(ids, newID())
	}
	err = r.notes.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO people (owner_id, note_count, pad_count) VALUES (?, ?, ?)`, owner, count, len(pads))
		if err != nil {
			return fmt.Errorf("insert person: %w", err)
		}
		for i, id := range pads {
			_, err = tx.Exec(ctx, `
				INSERT INTO pads (id, owner_id, title, note_count, etag, version, created_at, updated_at)
				VALUES (?, ?, ?, ?, ?, 1, ?, ?)`, id, owner, fmt.Sprintf("Pad number %d", i+1), inPad[i], etag(), now.UTC(), now.UTC())
			if err != nil {
				return fmt.Errorf("insert pad: %w", err)
			}
		}
		return nil
	})
	for from := 0; from < count && err == nil; from += batch {
		err = r.insertNotes(ctx, owner, pads, ids, from, min(from+batch, count), now)
	}
	return ids, err
}

func (r *rows) insertNotes(ctx context.Context, owner string, pads, ids []string, from, to int, now time.Time) error {
	text := strings.Repeat(strings.Repeat(sentence, 2)+"\n\n", paragraphs)
	var args []any
	for i := from; i < to; i++ {
		pad := ""
		if at := padOf(i); at >= 0 {
			pad = pads[at]
		}
		changed := now.UTC().Add(-time.Duration(i) * between)
		args = append(args, ids[i], owner, pad, titleOf(i), text, text[:snippetLength], etag(), 1, changed, changed)
	}
	statement := `
		INSERT INTO notes (id, owner_id, pad_id, title, text, snippet, etag, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)` + strings.Repeat(", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", to-from-1)
	return r.notes.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		if err != nil {
			return fmt.Errorf("insert notes: %w", err)
		}
		return nil
	})
}

// padOf tells which pad the i-th note is in; every sixth is in none: -1.
func padOf(i int) int { return i%(padsOfAPerson+1) - 1 }

func titleOf(i int) string { return fmt.Sprintf("What I must not forget, part %d", i+1) }

// noteCount tells how many notes people have in all.
func (r *rows) noteCount(ctx context.Context, people []person) (int, error) {
	total := 0
	for _, p := range people {
		var count int
		err := r.notes.QueryRow(ctx, `SELECT COALESCE(SUM(note_count), 0) FROM people WHERE owner_id = ?`, p.id).Scan(&count)
		if err != nil {
			return 0, fmt.Errorf("count notes: %w", err)
		}
		total += count
	}
	return total, nil
}

// settleLimit is how long events may take to reach the trail after a round.
const settleLimit = 3 * time.Minute

// settle waits until every event has left notes and the queue is empty, so that the next round has the machine for itself.
func (r *rows) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		var waiting int
		err := r.notes.QueryRow(ctx, `SELECT COUNT(*) FROM outbox WHERE status = 0`).Scan(&waiting)
		if err != nil {
			return fmt.Errorf("count events: %w", err)
		}
		if waiting == 0 {
			queued, err := r.queue.Attributes(ctx)
			if err != nil {
				return err
			}
			if queued == (queue.Attributes{}) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("events did not reach the trail: %w", ctx.Err())
		case <-poll.C:
		}
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// etag is as long as those of notes.
func etag() string { return strings.ReplaceAll(uuid.NewString(), "-", "") }
