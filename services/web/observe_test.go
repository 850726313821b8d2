package web

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestObserver_WritesOneLinePerRequestWithoutWhatPeopleWrote(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	note := d.addNote("ada@example.org", "My secret title", "My secret text", "")
	page := b.get("/notes/" + note + "/?next=hidden-query")
	b.submit("/notes/create/", map[string]string{"name": "Another secret", "text": "x"})
	lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines for 3 requests:\n%s", len(lines), d.log)
	}
	var line map[string]any
	err := json.Unmarshal([]byte(lines[0]), &line)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"msg": "http", "route": "/notes/{id}/", "method": "GET", "status": 200.0, "person": "ada@example.org",
		"bytes": float64(len(page.body)), "request_id": page.header.Get("X-Request-Id"),
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	for _, secret := range []string{"secret", "hidden-query", b.session(), note} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, d.log)
		}
	}
}

func TestP11_APanicIsAnsweredWithThe500PageAndItsStackIsInTheLog(t *testing.T) {
	renderer, err := newRenderer(plainPath)
	if err != nil {
		t.Fatal(err)
	}
	registry, log := prometheus.NewRegistry(), &lockedBuffer{}
	observer := newObserver(slog.New(slog.NewJSONHandler(log, nil)), registry, nil, &site{renderer: renderer})
	server := httptest.NewServer(observer.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late/" {
			_, _ = io.WriteString(w, strings.Repeat("half an answer", 1000))
		}
		panic("secret")
	})))
	defer server.Close()
	early := (&browser{t: t, url: server.URL, client: server.Client()}).get("/early/?q=typed")
	wantStatus(t, early, http.StatusInternalServerError)
	wantNoText(t, early, "secret")
	wantText(t, early, early.header.Get(requestIDHeader))
	if got := heading(t, early.body); got != "Something went wrong." {
		t.Errorf("heading is %q", got)
	}

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/late/", nil)
	if err != nil {
		t.Fatal(err)
	}
	late, err := server.Client().Do(request)
	if err == nil {
		_, err = io.ReadAll(late.Body)
		_ = late.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looks like a whole one")
	}
	server.Close() // and so the lines are written
	if stacks := strings.Count(log.String(), "observe_test.go"); stacks != 2 || strings.Contains(log.String(), "typed") {
		t.Errorf("the log has %d stacks, want 2 and nothing of the request: %s", stacks, log)
	}
	if got := testutil.ToFloat64(observer.panics); got != 2 {
		t.Errorf("%v panics were counted", got)
	}
}

func TestObserver_HasNoLabelThatCallersInvent(t *testing.T) {
	if got := knownMethod("BREW"); got != "other" {
		t.Errorf("got %q", got)
	}
}
