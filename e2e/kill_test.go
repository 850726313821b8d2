package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// history is what writers were told and what the system then holds.
type history struct {
	acked   []string // titles of notes whose creation was acknowledged
	tried   []string // titles of all that were sent
	notes   []string // titles in the list afterwards
	ids     []string // ids in the list afterwards
	created []string // subjects of the trail's note.created events
}

// check says everything that is wrong with a history: a lost note, a doubled
// or invented one, an event lost, doubled or invented.
func (h history) check() []string {
	var wrong []string
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, title := range h.acked {
		if !slices.Contains(h.notes, title) {
			note("acknowledged note %s is lost", title)
		}
	}
	for _, title := range h.notes {
		if !slices.Contains(h.tried, title) {
			note("note %s is invented", title)
		}
		if n := count(h.notes, title); n != 1 {
			note("note %s is there %d times", title, n)
		}
	}
	for _, id := range h.ids {
		if n := count(h.created, "notes/"+id); n != 1 {
			note("note %s has %d events", id, n)
		}
	}
	for _, subject := range h.created {
		if !slices.Contains(h.ids, strings.TrimPrefix(subject, "notes/")) {
			note("the event of %s tells of no note", subject)
		}
	}
	return wrong
}

func TestTheCheckerOfTheKillTestFindsEachSortOfLie(t *testing.T) {
	good := func() history {
		return history{acked: []string{"a"}, tried: []string{"a", "b"}, notes: []string{"a", "b"}, ids: []string{"1", "2"}, created: []string{"notes/1", "notes/2"}}
	}
	if wrong := good().check(); len(wrong) != 0 {
		t.Fatalf("an honest history is refused: %v", wrong)
	}
	for name, plant := range map[string]func(*history){
		"lost note":      func(h *history) { h.acked = append(h.acked, "c"); h.tried = append(h.tried, "c") },
		"doubled note":   func(h *history) { h.notes = append(h.notes, "a") },
		"invented note":  func(h *history) { h.notes = append(h.notes, "z") },
		"lost event":     func(h *history) { h.created = h.created[:1] },
		"doubled event":  func(h *history) { h.created = append(h.created, "notes/1") },
		"invented event": func(h *history) { h.created = append(h.created, "notes/9") },
	} {
		h := good()
		plant(&h)
		if len(h.check()) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}

// writer creates notes by REST, one after the other, as a careful client: what
// fails is sent again with the same request_id, until ctx ends.
func (p *person) writer(ctx context.Context, name string, h *history, mu *sync.Mutex) {
	for i := 0; ctx.Err() == nil; i++ {
		title := fmt.Sprintf("%s-%04d", name, i)
		mu.Lock()
		h.tried = append(h.tried, title)
		mu.Unlock()
		body, _ := json.Marshal(map[string]string{"title": title, "text": "written while things die"}) //nolint:errchkjson // strings
		path := "/v1/notes?request_id=" + uuid.NewString()
		for ctx.Err() == nil {
			req := p.request(http.MethodPost, path, strings.NewReader(string(body)))
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+p.token)
			got, err := p.try(req)
			if err == nil && got.status == http.StatusOK {
				mu.Lock()
				h.acked = append(h.acked, title)
				mu.Unlock()
				break
			}
			if err == nil && (got.status == http.StatusInternalServerError || got.status == http.StatusBadRequest) {
				p.t.Errorf("a write met %d: %s", got.status, got.body)
				return
			}
			select { // a client that is refused waits a little
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

func TestNothingAcknowledgedIsLostOrDoubledWhenAnyProcessIsKilled(t *testing.T) {
	p := startProcesses(t)
	ann := signedIn(t, p.stack.URL(), "ann")
	ann.api(http.MethodGet, "/v1/notes", nil)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	h, mu := &history{}, &sync.Mutex{}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() { ann.writer(ctx, fmt.Sprintf("w%d", i), h, mu) })
	}
	progress := func(what string) {
		mu.Lock()
		from := len(h.acked)
		mu.Unlock()
		eventually(t, "writes go on after "+what, 20*time.Second, func() error {
			mu.Lock()
			defer mu.Unlock()
			if len(h.acked) < from+10 {
				return fmt.Errorf("%d writes since", len(h.acked)-from)
			}
			return nil
		})
	}
	progress("the start")
	for range 2 {
		for _, name := range serviceNames {
			p.kill(name)
			// What it had received is visible again after a minute: that minute passes now.
			p.stack.Queue.Advance(time.Minute)
			p.start(name)
			p.waitReady(name)
			progress("the kill of " + name)
		}
		p.killDatabase()
		p.restartDatabase()
		progress("the kill of the database")
	}
	stop()
	writers.Wait()

	h.notes, h.ids = ann.allNotes()
	eventually(t, "the trail catches up", 90*time.Second, func() error {
		h.created = ann.createdSubjects()
		if len(h.created) < len(h.ids) {
			return fmt.Errorf("%d of %d events", len(h.created), len(h.ids))
		}
		return nil
	})
	for _, wrong := range h.check() {
		t.Error(wrong)
	}
	t.Logf("10 kills: %d writes tried, %d acknowledged, %d notes, %d events", len(h.tried), len(h.acked), len(h.notes), len(h.created))
}

// allNotes lists every note of the person by REST.
func (p *person) allNotes() (titles, ids []string) {
	p.t.Helper()
	p.each("/v1/notes", "notes", func(n map[string]any) {
		titles = append(titles, fmt.Sprint(n["title"]))
		ids = append(ids, strings.TrimPrefix(fmt.Sprint(n["name"]), "notes/"))
	})
	return titles, ids
}

func (p *person) createdSubjects() []string {
	p.t.Helper()
	var subjects []string
	p.each("/v1/activities", "activities", func(a map[string]any) {
		if a["type"] == "notejam.notes.note.created.v1" {
			subjects = append(subjects, fmt.Sprint(a["subject"]))
		}
	})
	return subjects
}

// each walks all pages of a list. Like any careful client it asks again when it
// is told that the service is busy.
func (p *person) each(path, field string, visit func(map[string]any)) {
	p.t.Helper()
	for token := ""; ; {
		var answer map[string]any
		eventually(p.t, "a page of "+path, 20*time.Second, func() error {
			status, got := p.api(http.MethodGet, path+"?page_size=100&page_token="+url.QueryEscape(token), nil)
			if status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout {
				return fmt.Errorf("%d %v", status, got)
			}
			if status != http.StatusOK {
				p.t.Fatalf("%s: %d %v", path, status, got)
			}
			answer = got
			return nil
		})
		list, _ := answer[field].([]any)
		for _, one := range list {
			visit(one.(map[string]any))
		}
		token, _ = answer["nextPageToken"].(string)
		if token == "" {
			return
		}
	}
}
