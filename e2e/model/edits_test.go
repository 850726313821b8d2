package model_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
)

const editors = 50

// edits is how many must be acknowledged, of all editors together; `make model`
// asks for a thousand.
var edits = flag.Int("edits", 200, "how many edits of one note must be acknowledged")

// editing is a note that many edit at once.
type editing struct {
	path, token string
	began       time.Time

	mu      sync.Mutex
	history []porcupine.Operation
	acked   []acked
}

// acked is an edit that was acknowledged: the etag that it named, and the new one.
type acked struct{ named, given string }

func TestFiftyEditorsOfOneNoteLoseNothingAndEachChangesWhatItHasRead(t *testing.T) {
	e, first := startEditing(t)
	var group sync.WaitGroup
	for i := range editors {
		group.Go(func() {
			lost := 0
			for n := 0; !e.enough(); n++ {
				done, err := e.edit(t.Context(), i, fmt.Sprintf("%d by editor %d", n, i))
				if err != nil {
					t.Error(err)
					return
				}
				lost++
				if done {
					lost = 0
				}
				pause(t.Context(), lost)
			}
		})
	}
	group.Wait()
	unknown := 0
	for _, operation := range e.history {
		told, _ := operation.Output.(result)
		if told.unknown {
			unknown++
		}
	}
	t.Logf("%d edits acknowledged, %d of unknown outcome, in a history of %d steps and %v", len(e.acked), unknown, len(e.history), time.Since(e.began))
	oneChain(t, first, e.acked, unknown)
	if !linearizable(t, e.history) {
		t.Error("the history is not linearizable")
	}
}

// pause lets those who have lost go out of each other's way, the longer the more
// often they have: as a careful client does, and so that not all of the history
// is refusals.
func pause(ctx context.Context, lost int) {
	if lost == 0 {
		return
	}
	longest := 8 * time.Millisecond << min(lost, 6)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// oneChain looks at the etags alone, which is quick and says what is wrong: no two
// edits name one etag, and from the first etag on each one leads to the next. Only
// an edit whose answer was lost may stand between.
func oneChain(t *testing.T, first string, all []acked, unknown int) {
	t.Helper()
	next := map[string]string{}
	for _, a := range all {
		if next[a.named] != "" {
			t.Fatalf("two edits changed what etag %s stands for", a.named)
		}
		next[a.named] = a.given
	}
	length := 0
	for etag := first; next[etag] != ""; etag = next[etag] {
		length++
	}
	if length != len(all) && unknown == 0 {
		t.Errorf("a chain of %d edits, %d were acknowledged", length, len(all))
	}
}

// startEditing makes a person and a note, whose first title is part of the
// history: it is written before all else.
func startEditing(t *testing.T) (e *editing, etag string) {
	t.Helper()
	e = &editing{began: time.Now()}
	body := map[string]any{"email": uuid.NewString() + "@model.test", "password": password}
	e.must(t, call{verb: http.MethodPost, path: "/v1/auth:signUp", body: body})
	in := e.must(t, call{verb: http.MethodPost, path: "/v1/auth:signIn", body: body})
	e.token, _ = in.body["sessionToken"].(string)
	made := e.must(t, call{verb: http.MethodPost, path: "/v1/notes", query: freshID(), body: map[string]any{"title": "first", "text": "x"}})
	name, _ := made.body["name"].(string)
	e.path = "/v1/" + name
	e.tell(-1, e.now(), e.now(), step{from: "", to: "first"}, result{done: true})
	return e, made.etag
}

func (e *editing) must(t *testing.T, c call) answer {
	t.Helper()
	got, err := c.send(t.Context(), doors[0], e.token)
	if err != nil || got.status != http.StatusOK {
		t.Fatalf("%s: %v %s", c, err, got.text)
	}
	return got
}

func (e *editing) now() int64 { return int64(time.Since(e.began)) }

func (e *editing) tell(editor int, from, to int64, asked step, told result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.history = append(e.history, porcupine.Operation{ClientId: editor, Call: from, Return: to, Input: asked, Output: told})
}

func (e *editing) enough() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.acked) >= *edits
}

// edit reads the note, and gives it another title if it is still as it was read.
func (e *editing) edit(ctx context.Context, editor int, title string) (done bool, err error) {
	door := doors[editor%len(doors)]
	from := e.now()
	read, err := call{verb: http.MethodGet, path: e.path}.send(ctx, door, e.token)
	if err != nil || read.status != http.StatusOK {
		return false, busy(read, err) // a reading that failed says nothing
	}
	before, _ := read.body["title"].(string)
	e.tell(editor, from, e.now(), step{}, result{title: before})

	from = e.now()
	got, err := call{
		verb: http.MethodPatch, path: e.path, query: url.Values{"request_id": {uuid.NewString()}},
		body: map[string]any{"title": title}, ifMatch: read.etag,
	}.send(ctx, door, e.token)
	asked := step{from: before, to: title}
	switch {
	case err == nil && got.status == http.StatusOK:
		e.tell(editor, from, e.now(), asked, result{done: true})
		e.mu.Lock()
		e.acked = append(e.acked, acked{read.etag, got.etag})
		e.mu.Unlock()
		return true, nil
	case err == nil && got.status == http.StatusPreconditionFailed:
		e.tell(editor, from, e.now(), asked, result{})
	default:
		e.tell(editor, from, never, asked, result{unknown: true})
		return false, busy(got, err)
	}
	return false, nil
}

// busy lets pass what a service may say while too many want something of it.
func busy(got answer, err error) error {
	if err != nil {
		return err
	}
	switch got.status {
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests, http.StatusConflict:
		return nil
	}
	return fmt.Errorf("got %d %s", got.status, got.text)
}
