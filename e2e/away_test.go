package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

const unavailable = "Notejam is not available right now."

func TestWhenSomethingIsAwayTheRestWorksAndItRecoversWithoutARestart(t *testing.T) {
	p := startProcesses(t)
	ann := signedIn(t, p.stack.URL(), "ann")
	ann.api(http.MethodGet, "/v1/notes", nil)
	written := 0
	write := func() {
		t.Helper()
		written++
		ann.submit("/notes/create/", url.Values{"name": {fmt.Sprint("note ", written)}, "text": {"x"}}).leadsTo("/")
	}

	t.Run("the queue: notes work, the trail catches up", func(*testing.T) {
		p.stack.Queue.SetFaults(queuetest.Faults{Down: true})
		write()
		p.stack.Queue.SetFaults(queuetest.Faults{})
		ann.settled(written)
	})
	t.Run("audit: notes work, Activity says so, the trail catches up", func(*testing.T) {
		p.kill("audit")
		write()
		ann.get("/settings/activity/").is(http.StatusServiceUnavailable).says("Your activity cannot be shown right now.")
		ann.get("/").is(http.StatusOK)
		p.start("audit")
		p.waitReady("audit")
		ann.settled(written)
	})
	t.Run("notes: the 503 page with the text kept", func(t *testing.T) {
		form := ann.get("/notes/create/").fill(url.Values{"name": {"draft"}, "text": {"precious words"}})
		p.kill("notes")
		start := time.Now()
		ann.post("/notes/create/", form).is(http.StatusServiceUnavailable).says(unavailable).says("precious words")
		ann.get("/").is(http.StatusServiceUnavailable).says(unavailable)
		status, answer := ann.api(http.MethodGet, "/v1/notes", nil)
		if status != http.StatusServiceUnavailable || !strings.Contains(fmt.Sprint(answer), "UNAVAILABLE") {
			t.Errorf("REST: %d %v", status, answer)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("three answers took %v", took)
		}
		p.start("notes")
		p.waitReady("notes")
		eventually(t, "home is back", 5*time.Second, func() error { return ann.homeIs(http.StatusOK) })
		ann.post("/notes/create/", form).leadsTo("/")
		written++
	})
	t.Run("the database: 503 within the deadline, and back by itself", func(t *testing.T) {
		form := ann.get("/notes/create/").fill(url.Values{"name": {"draft"}, "text": {"more precious words"}})
		p.killDatabase()
		start := time.Now()
		ann.post("/notes/create/", form).is(http.StatusServiceUnavailable).says(unavailable).says("more precious words")
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("the answer took %v", took)
		}
		p.restartDatabase()
		eventually(t, "home is back", 10*time.Second, func() error { return ann.homeIs(http.StatusOK) })
		ann.post("/notes/create/", form).leadsTo("/")
		written++
		ann.settled(written)
	})
	t.Run("auth: whoever is signed in works on, for ten seconds at least; signing in says so", func(t *testing.T) {
		ann.get("/").is(http.StatusOK)
		stranger := visitor(t, p.stack.URL())
		form := stranger.get("/signin/").fill(url.Values{"email": {ann.email}, "password": {password}})
		p.kill("auth")
		ann.get("/").is(http.StatusOK)
		stranger.post("/signin/", form).is(http.StatusServiceUnavailable).says(unavailable)
		p.start("auth")
		p.waitReady("auth")
		eventually(t, "signing in is back", 5*time.Second, func() error {
			got := stranger.post("/signin/", form)
			if got.status != http.StatusSeeOther {
				return fmt.Errorf("status %d", got.status)
			}
			return nil
		})
	})
}

func (p *person) homeIs(status int) error {
	got, err := p.try(p.request(http.MethodGet, "/", nil))
	if err != nil {
		return err
	}
	if got.status != status {
		return fmt.Errorf("status %d", got.status)
	}
	return nil
}
