package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// writeRate is how many notes a second are written, whatever becomes of the ones
// before: who is slow is not asked more rarely.
const writeRate = 50

// latencies are those of steady writing, from the moment when a write was due.
type latencies struct{ took []time.Duration }

func (l *latencies) add(more latencies) {
	l.took = append(l.took, more.took...)
	slices.Sort(l.took)
}

// percentile gives one of them: 50 the middle one.
func (l latencies) percentile(n int) time.Duration { return l.took[len(l.took)*n/100] }

// steady writes notes by REST at a fixed rate for a while, or until ctx ends.
func (r *rig) steady(ctx context.Context, p person, d time.Duration) (latencies, error) {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	ticker := time.NewTicker(time.Second / writeRate)
	defer ticker.Stop()
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var writing sync.WaitGroup
	for over := false; !over; {
		select {
		case due := <-ticker.C:
			writing.Go(func() {
				err := r.writeNote(context.WithoutCancel(ctx), p)
				mu.Lock()
				defer mu.Unlock()
				took = append(took, time.Since(due))
				failed = cmp.Or(failed, err)
			})
		case <-deadline.C:
			over = true
		case <-ctx.Done():
			over = true
		}
	}
	writing.Wait()
	if failed != nil || len(took) == 0 {
		return latencies{}, errors.Join(failed, ctx.Err())
	}
	slices.Sort(took)
	return latencies{took}, nil
}

func (r *rig) writeNote(ctx context.Context, p person) error {
	body, err := json.Marshal(map[string]string{"title": "Steadily", "text": "One after the other."})
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.pages.url+"/v1/notes", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.session)
	resp, err := direct.Do(req)
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return errors.Join(err, fmt.Errorf("write a note: %s: %s", resp.Status, answer))
	}
	return nil
}

// answered waits until notes can be written: after a service has come back, web finds it when it looks next.
func (r *rig) answered(ctx context.Context, p person) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := r.writeNote(ctx, p)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// putEvents fills the outbox of notes as if its relay had been away for long.
func (r *rows) putEvents(ctx context.Context, n int) error {
	const atOnce = 1000
	statement := `
		INSERT INTO outbox (event_id, agg, agg_seq, type, payload, visible_at, claim, sent_at)
		VALUES ` + strings.TrimSuffix(strings.Repeat("(?, ?, 1, ?, ?, UTC_TIMESTAMP(6), '"+uuid.Nil.String()+"', UTC_TIMESTAMP(6)), ", atOnce), ", ")
	const kind = "notejam.notes.note.created.v1"
	for range n / atOnce {
		var args []any
		for range atOnce {
			id := newID()
			payload := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"notes","type":%q,"subject":"notes/%s","subject_version":1,`+
				`"time":"2026-01-02T03:04:05.678901Z","actor":%q,"request_id":%q}`, id, kind, id, uuid.NewString(), uuid.NewString())
			args = append(args, id, "notes/"+id, kind, payload)
		}
		err := r.notes.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			_, err := tx.Exec(ctx, statement, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("put events: %w", err)
		}
	}
	return nil
}

// unsentGone waits until notes has sent all its events.
func (r *rows) unsentGone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		var waiting int
		err := r.notes.QueryRow(ctx, `SELECT COUNT(*) FROM outbox WHERE status = 0`).Scan(&waiting)
		if err != nil || waiting == 0 {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d events were not sent: %w", waiting, ctx.Err())
		}
	}
}
