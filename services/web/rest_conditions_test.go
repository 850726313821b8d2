package web

import (
	"net/http"
	"testing"
)

func TestREST_SaysNotModifiedToWhoeverHasTheNote(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	path := "/v1/notes/" + d.addNote("ada@example.org", "Beans", "Soak.", "") // its etag is etag-1
	for header, status := range map[string]int{
		`"etag-1"`:                     http.StatusNotModified,
		`W/"etag-1"`:                   http.StatusNotModified,
		`"other", W/"x,y" , "etag-1"`:  http.StatusNotModified,
		`*`:                            http.StatusNotModified,
		`"other"`:                      http.StatusOK,
		`etag-1`:                       http.StatusOK,
		`"etag-1`:                      http.StatusOK,
		`w/"etag-1"`:                   http.StatusOK,
		`"ETAG-1"`:                     http.StatusOK,
		`nonsense, "", ,, W/, "etag-"`: http.StatusOK,
	} {
		p.header.Set("If-None-Match", header)
		answer := p.do(http.MethodGet, path, "", "")
		wantStatus(t, answer, status)
		if answer.header.Get("ETag") != `"etag-1"` {
			t.Errorf("%s: ETag is %q", header, answer.header.Get("ETag"))
		}
		if (answer.body == "") != (status == http.StatusNotModified) {
			t.Errorf("%s: the body is %q", header, answer.body)
		}
	}
	p.header["If-None-Match"] = []string{`"other"`, `"etag-1"`}
	wantStatus(t, p.do(http.MethodGet, path, "", ""), http.StatusNotModified)
	p.header.Set("If-None-Match", "*")
	wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK) // a list has no etag
	wantRESTError(t, p.do(http.MethodGet, "/v1/notes/x", "", ""), http.StatusNotFound, "NOT_FOUND", "NOTE_NOT_FOUND")
}

func TestREST_RefusesAConditionThatItCannotHold(t *testing.T) {
	d := startDoor(t)
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	for name, c := range map[string]struct{ header, method, path string }{
		"If-Match on a new note":      {"If-Match", http.MethodPost, "/v1/notes"},
		"If-Match on an undelete":     {"If-Match", http.MethodPost, "/v1/notes/" + note + ":undelete"},
		"If-Match on a read":          {"If-Match", http.MethodGet, "/v1/notes/" + note},
		"If-Match on a sign-in":       {"If-Match", http.MethodPost, "/v1/auth:signIn"},
		"If-None-Match on an update":  {"If-None-Match", http.MethodPatch, "/v1/notes/" + note},
		"If-None-Match on a deletion": {"If-None-Match", http.MethodDelete, "/v1/notes/" + note},
		"If-None-Match on a new note": {"If-None-Match", http.MethodPost, "/v1/notes"},
	} {
		t.Run(name, func(t *testing.T) {
			p := d.program(t)
			p.header.Set(c.header, "*")
			before := d.count()
			body := `{"title": "x", "text": "y"}`
			if c.method == http.MethodGet {
				body = ""
			}
			wantRESTError(t, p.do(c.method, c.path, "application/json", body), http.StatusBadRequest, "INVALID_ARGUMENT", "REQUEST_MALFORMED")
			for _, call := range d.since(before) {
				if call != "ExchangeSession" {
					t.Errorf("%s was called", call)
				}
			}
		})
	}
}

func TestREST_SendsTheETagOfEveryNoteAndPad(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	note := "/v1/notes/" + d.addNote("ada@example.org", "Beans", "Soak.", "")
	pad := "/v1/pads/" + d.addPad("ada@example.org", "Recipes")
	for _, c := range []struct{ method, path, body, etag string }{
		{http.MethodGet, note, "", "etag-1"},
		{http.MethodHead, note, "", "etag-1"},
		{http.MethodPatch, note, `{"title":"x","text":"y"}`, "etag-1+"},
		{http.MethodDelete, note, "", "etag-1+"},
		{http.MethodPost, "/v1/notes", `{"title":"x","text":"y"}`, "etag-1"},
		{http.MethodPatch, pad, `{"title":"x"}`, "pad-1+"},
		{http.MethodDelete, pad, "", "pad-1+"},
	} {
		answer := p.do(c.method, c.path, "application/json", c.body)
		wantStatus(t, answer, http.StatusOK)
		if got := answer.header.Get("ETag"); got != `"`+c.etag+`"` {
			t.Errorf("%s %s: ETag is %s", c.method, c.path, got)
		}
	}
}

func TestREST_GivesEveryRouteItsTime(t *testing.T) {
	routes, err := restRoutes()
	if err != nil {
		t.Fatal(err)
	}
	for i := range routes {
		want := pageTime
		if routes[i].audience == forAuth {
			want = accountTime
		}
		if routes[i].time() != want {
			t.Errorf("%s has %v", routes[i].template, routes[i].time())
		}
	}
	if unknown := (*restRoute)(nil); unknown.time() != pageTime {
		t.Errorf("an unknown path has %v", unknown.time())
	}
}

func TestREST_AnswersHEADAsGETWithoutTheBody(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	path := "/v1/notes/" + d.addNote("ada@example.org", "Beans", "Soak.", "")
	get, head := p.do(http.MethodGet, path, "", ""), p.do(http.MethodHead, path, "", "")
	wantStatus(t, head, http.StatusOK)
	if head.body != "" || head.header.Get("Content-Length") != get.header.Get("Content-Length") || head.header.Get("ETag") == "" {
		t.Errorf("HEAD gave %q with %v", head.body, head.header)
	}
	wantStatus(t, p.do(http.MethodHead, "/v1/notes/x", "", ""), http.StatusNotFound)
	wantStatus(t, p.do(http.MethodHead, "/v1/auth:signIn", "", ""), http.StatusMethodNotAllowed)
	wantStatus(t, d.visitor(t).do(http.MethodHead, path, "", ""), http.StatusUnauthorized)
}
