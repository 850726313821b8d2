package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	password    = "a fleet is on its way"
	people      = 10
	askLimit    = 9 * time.Second // longer than web lets anything take
	setupLimit  = 30 * time.Second
	examples    = 10
	tryingAgain = 100 * time.Millisecond
)

// Traffic is people who are signed in and use pages and REST at a fixed rate,
// whatever becomes of what they asked before.
type Traffic struct {
	url    string
	client *http.Client
	people []*user

	mu      sync.Mutex
	took    []time.Duration
	failed  []Failure
	written []string // names of notes that were acknowledged
	begun   int
	asking  sync.WaitGroup
}

// Failure is an answer that should have been another one.
type Failure struct {
	At     time.Time
	Took   time.Duration
	What   string // GET /
	Status int    // 0 when there was no answer
	Got    string
}

// wrongAnswer is one with a status that should have been another.
type wrongAnswer struct {
	status int
	text   string
}

func (w *wrongAnswer) Error() string { return w.text }

// user is one of the people.
type user struct{ session, note string }

// NewTraffic signs people up and in; each has a note.
func NewTraffic(ctx context.Context, url string) (*Traffic, error) {
	t := &Traffic{url: url, client: &http.Client{
		Timeout:       askLimit,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1000},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	ctx, cancel := context.WithTimeout(ctx, setupLimit)
	defer cancel()
	for range people {
		u, err := t.newcomer(ctx)
		if err != nil {
			return nil, fmt.Errorf("sign somebody up: %w", err)
		}
		t.people = append(t.people, u)
	}
	return t, nil
}

// newcomer insists: the fleet may have only just come up.
func (t *Traffic) newcomer(ctx context.Context) (*user, error) {
	u := &user{}
	credentials := map[string]string{"email": uuid.NewString() + "@example.com", "password": password}
	for _, step := range []struct {
		path string
		body any
		keep func(answer map[string]any)
	}{
		{"/v1/auth:signUp", credentials, func(map[string]any) {}},
		{"/v1/auth:signIn", credentials, func(answer map[string]any) { u.session, _ = answer["sessionToken"].(string) }},
		{"/v1/notes", map[string]string{"title": "Under way", "text": "Written while things end and begin."}, func(answer map[string]any) {
			u.note, _ = answer["name"].(string)
		}},
	} {
		for {
			status, answer, err := t.call(ctx, http.MethodPost, step.path, u.session, step.body)
			if err == nil && status == http.StatusOK {
				step.keep(answer)
				break
			}
			select {
			case <-time.After(tryingAgain):
			case <-ctx.Done():
				return nil, errors.Join(fmt.Errorf("%s: %d %v", step.path, status, answer), err, ctx.Err())
			}
		}
	}
	return u, nil
}

// call is a call of REST.
func (t *Traffic) call(ctx context.Context, method, path, session string, body any) (int, map[string]any, error) {
	var text []byte
	if body != nil {
		var err error
		text, err = json.Marshal(body)
		if err != nil {
			return 0, nil, fmt.Errorf("write the body: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, t.url+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if session != "" {
		req.Header.Set("Authorization", "Bearer "+session)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer := map[string]any{}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return resp.StatusCode, answer, err
}

// page opens a page.
func (t *Traffic) page(ctx context.Context, path, session string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Cookie", "nj_session="+session)
	resp, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.HasSuffix(text, []byte("</html>\n")) {
		return errors.Join(err, &wrongAnswer{resp.StatusCode, fmt.Sprintf("%s, %d bytes", resp.Status, len(text))})
	}
	return nil
}

// Flow asks rate times a second until ctx ends, and then waits for the last
// answers: six of ten requests are pages, two write a note, two read one.
func (t *Traffic) Flow(ctx context.Context, rate int) {
	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case due := <-ticker.C:
			t.asking.Go(func() { t.one(context.WithoutCancel(ctx), n, due) })
		case <-ctx.Done():
			t.asking.Wait()
			return
		}
	}
}

func (t *Traffic) one(ctx context.Context, n int, due time.Time) {
	u := t.people[n%len(t.people)]
	what, err := "GET /", error(nil)
	switch n / len(t.people) % 5 {
	case 0, 1:
		err = t.page(ctx, "/", u.session)
	case 2:
		what = "GET /" + u.note + "/"
		err = t.page(ctx, "/"+u.note+"/", u.session)
	case 3:
		what = "POST /v1/notes"
		err = t.write(ctx, u)
	case 4:
		what = "GET /v1/" + u.note
		err = t.read(ctx, u)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun++
	t.took = append(t.took, time.Since(due))
	if err != nil {
		failure := Failure{At: due, Took: time.Since(due), What: what, Got: err.Error()}
		var wrong *wrongAnswer
		if errors.As(err, &wrong) {
			failure.Status = wrong.status
		}
		t.failed = append(t.failed, failure)
	}
}

func (t *Traffic) write(ctx context.Context, u *user) error {
	body := map[string]string{"title": "Under way", "text": "And once more."}
	status, answer, err := t.call(ctx, http.MethodPost, "/v1/notes?requestId="+uuid.NewString(), u.session, body)
	if err != nil || status != http.StatusOK {
		return errors.Join(err, &wrongAnswer{status, fmt.Sprintf("%d %v", status, answer)})
	}
	name, _ := answer["name"].(string)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written = append(t.written, name)
	return nil
}

func (t *Traffic) read(ctx context.Context, u *user) error {
	status, answer, err := t.call(ctx, http.MethodGet, "/v1/"+u.note, u.session, nil)
	if err != nil || status != http.StatusOK {
		return errors.Join(err, &wrongAnswer{status, fmt.Sprintf("%d %v", status, answer)})
	}
	return nil
}

// Report is what became of it.
type Report struct {
	Requests int
	P50, P99 time.Duration
	Failed   []Failure
	Written  []string // names of notes that were acknowledged
}

// Report sums up what was asked since the last one.
func (t *Traffic) Report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := Report{Requests: t.begun, Failed: t.failed, Written: t.written}
	if len(t.took) > 0 {
		slices.Sort(t.took)
		r.P50, r.P99 = t.took[len(t.took)/2], t.took[len(t.took)*99/100]
	}
	t.begun, t.failed, t.took, t.written = 0, nil, nil, nil
	return r
}

// String is a line, and some examples of what failed.
func (r Report) String() string {
	line := fmt.Sprintf("%d requests, %d failed, p50 %v, p99 %v", r.Requests, len(r.Failed), r.P50.Round(time.Millisecond), r.P99.Round(time.Millisecond))
	for _, f := range r.Failed[:min(len(r.Failed), examples)] {
		line += fmt.Sprintf("\n  %s %s: %s", f.At.Format("15:04:05.000"), f.What, f.Got)
	}
	return line
}
