//go:build compose

package compose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

const password = "a long enough password"

// person uses REST through the published port.
type person struct {
	base, email, token string
	http               http.Client
}

func newPerson(base string) *person {
	return &person{base: base, email: uuid.NewString()[:13] + "@example.test", http: http.Client{Timeout: 10 * time.Second}}
}

// signedUp is a person who has signed up and in.
func signedUp(t *testing.T, base string) *person {
	t.Helper()
	p := newPerson(base)
	p.must(t, http.MethodPost, "/v1/auth:signUp", map[string]string{"email": p.email, "password": password})
	p.signIn(t, password)
	return p
}

func (p *person) signIn(t *testing.T, with string) {
	t.Helper()
	p.token, _ = p.must(t, http.MethodPost, "/v1/auth:signIn", map[string]string{"email": p.email, "password": with})["sessionToken"].(string)
}

// must is call for what has to succeed.
func (p *person) must(t *testing.T, method, path string, body any) map[string]any {
	t.Helper()
	answer, err := p.call(t.Context(), method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// refusal is an answer that is not 200.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

func (p *person) call(ctx context.Context, method, path string, body any) (map[string]any, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %w", method, path, refusal{resp.StatusCode, string(text)})
	}
	answer := map[string]any{}
	return answer, json.Unmarshal(text, &answer)
}

// createNote makes a note of the request id and gives its name.
func (p *person) createNote(ctx context.Context, id, title string) (string, error) {
	answer, err := p.call(ctx, http.MethodPost, "/v1/notes?requestId="+id, map[string]string{"title": title, "text": "written while things die"})
	name, _ := answer["name"].(string)
	return name, err
}

// created counts, by its name, how often each note's creation is in the person's trail.
func (p *person) created(ctx context.Context) (map[string]int, error) {
	found := map[string]int{}
	token := ""
	for {
		query := url.Values{"pageSize": {"100"}, "pageToken": {token}, "filter": {`type = "notejam.notes.note.created.v1"`}}
		answer, err := p.call(ctx, http.MethodGet, "/v1/activities?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		activities, _ := answer["activities"].([]any)
		for _, one := range activities {
			activity, _ := one.(map[string]any)
			subject, _ := activity["subject"].(string)
			found[subject]++
		}
		token, _ = answer["nextPageToken"].(string)
		if token == "" {
			return found, nil
		}
	}
}

// writers make notes without pause. What fails is sent again with the same request id, as a program would, until it is acknowledged.
type writers struct {
	people []*person
	stop   context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex
	acked    map[*person][]string
	failures []error // answers that no outage explains
}

func startWriting(t *testing.T, base string, count int) *writers {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &writers{stop: cancel, acked: map[*person][]string{}}
	for range count {
		w.people = append(w.people, signedUp(t, base))
	}
	for _, p := range w.people {
		w.work.Go(func() { w.write(ctx, p) })
	}
	t.Cleanup(func() { cancel(); w.work.Wait() })
	return w
}

// between spaces a writer's notes: this machine has more to do than to take them.
const between = 20 * time.Millisecond

func (w *writers) write(ctx context.Context, p *person) {
	for ctx.Err() == nil {
		id := uuid.NewString()
		for ctx.Err() == nil {
			name, err := p.createNote(context.WithoutCancel(ctx), id, "In the storm")
			w.note(p, name, err)
			if err == nil {
				break
			}
			pause(ctx, 5*between)
		}
		pause(ctx, between)
	}
}

func (w *writers) note(p *person, name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var answered refusal
	switch {
	case err == nil:
		w.acked[p] = append(w.acked[p], name)
	case errors.As(err, &answered) && answered.status < 500:
		w.failures = append(w.failures, err)
	}
}

// end waits for the last answers and gives how many notes were acknowledged.
func (w *writers) end(t *testing.T) int {
	t.Helper()
	w.stop()
	w.work.Wait()
	if len(w.failures) > 0 {
		t.Errorf("%d answers that no outage explains, the first: %v", len(w.failures), w.failures[0])
	}
	total := 0
	for _, names := range w.acked {
		total += len(names)
	}
	return total
}

// missing tells which acknowledged note is not there.
func (w *writers) missing(t *testing.T) {
	t.Helper()
	for p, names := range w.acked {
		for _, name := range names {
			_, err := p.call(t.Context(), http.MethodGet, "/v1/"+name, nil)
			if err != nil {
				t.Errorf("an acknowledged note is lost: %v", err)
			}
		}
	}
}

// complete is nil if each note has exactly one creation in the trail.
func (w *writers) complete(ctx context.Context) error {
	for p, names := range w.acked {
		found, err := p.created(ctx)
		if err != nil {
			return err
		}
		for _, name := range names {
			if found[name] != 1 {
				return fmt.Errorf("%s is %d times in the trail", name, found[name])
			}
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
