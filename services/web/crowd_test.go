package web

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// comeIn keeps one request inside, of the lowest class, until leave is called.
func (d *testDoor) comeIn(t *testing.T) (leave func()) {
	t.Helper()
	arrived, free := make(chan struct{}), make(chan struct{})
	d.addActivities(1)
	d.verify = func(context.Context, string) (*auditpb.VerifyTrailResponse, error) {
		close(arrived)
		<-free
		return &auditpb.VerifyTrailResponse{}, nil
	}
	first := d.signedIn(t, "ada@example.org")
	var staying sync.WaitGroup
	staying.Go(func() { first.get("/settings/activity/verify/") })
	<-arrived
	return sync.OnceFunc(func() {
		close(free)
		staying.Wait()
	})
}

func TestCrowd_WhoeverIsTooManyIsTurnedAwayAtOnceAndToldWhenToComeAgain(t *testing.T) {
	d := startDoorWith(t, doorConfig{InFlight: 1})
	id := d.addNote("ada@example.org", "A note", "x", "")
	b := d.signedIn(t, "ada@example.org")
	form := b.fill("/notes/create/", map[string]string{"name": "Another", "text": "x"})
	leave := d.comeIn(t)
	defer leave()
	before := d.count()
	for name, got := range map[string]answered{
		"a list": b.get("/"),
		"a note": b.get("/notes/" + id + "/"),
		"a form": b.post("/notes/create/", form),
	} {
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "2" ||
			!strings.Contains(got.body, "Notejam is busy right now.") || !strings.Contains(got.body, got.header.Get("X-Request-Id")) {
			t.Errorf("%s: %d, Retry-After %q: %s", name, got.status, got.header.Get("Retry-After"), got.body)
		}
	}
	b.header.Set("Authorization", "Bearer "+b.session())
	for name, got := range map[string]answered{
		"a list by REST": b.get("/v1/notes"),
		"a note by REST": b.do(http.MethodPost, "/v1/notes", "application/json", `{"title": "Another"}`),
	} {
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "2" || !strings.Contains(got.body, `"OVERLOADED"`) {
			t.Errorf("%s: %d, Retry-After %q: %s", name, got.status, got.header.Get("Retry-After"), got.body)
		}
	}
	if calls := d.since(before); len(calls) > 0 {
		t.Errorf("the services were asked: %v", calls)
	}
	for _, path := range []string{"/readyz", "/openapi.json"} {
		if got := b.get(path); got.status != http.StatusOK {
			t.Errorf("%s answers %d in a crowd", path, got.status)
		}
	}
	leave()
	if got := b.get("/"); got.status != http.StatusOK {
		t.Errorf("afterwards home answers %d", got.status)
	}
}

func TestCrowd_WhatCanWaitIsTurnedAwayFirst(t *testing.T) {
	d := startDoorWith(t, doorConfig{InFlight: 4})
	id := d.addNote("ada@example.org", "A note", "x", "")
	leave := d.comeIn(t)
	defer leave()
	b := d.signedIn(t, "ada@example.org")
	for _, one := range []struct {
		path   string
		status int
	}{
		{"/settings/activity/export/", http.StatusServiceUnavailable},
		{"/settings/activity/", http.StatusOK},
		{"/", http.StatusOK},
		{"/notes/" + id + "/", http.StatusOK},
		{"/no such page/", http.StatusServiceUnavailable},
	} {
		got := b.get(strings.ReplaceAll(one.path, " ", "%20"))
		if got.status != one.status {
			t.Errorf("%s: %d, want %d", one.path, got.status, one.status)
		}
	}
}

// A POST whose form comes slowly, or never, takes no room: whoever sends it could keep everybody out.
func TestCrowd_AFormThatHasNotComeTakesNoRoom(t *testing.T) {
	d := startDoorWith(t, doorConfig{InFlight: 1})
	b := d.signedIn(t, "ada@example.org")
	body := &slowBody{begun: make(chan struct{}), end: make(chan struct{})}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/signin/", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	var sending sync.WaitGroup
	sending.Go(func() {
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		_ = response.Body.Close()
	})
	<-body.begun
	if got := b.get("/"); got.status != http.StatusOK {
		t.Errorf("home answers %d meanwhile", got.status)
	}
	close(body.end)
	sending.Wait()
}

// slowBody gives one byte, and ends when it is told to.
type slowBody struct {
	once  sync.Once
	begun chan struct{}
	end   chan struct{}
}

func (s *slowBody) Read(p []byte) (int, error) {
	first := false
	s.once.Do(func() { first = true })
	if first {
		p[0] = 'a'
		return 1, nil
	}
	close(s.begun)
	<-s.end
	return 0, io.EOF
}
