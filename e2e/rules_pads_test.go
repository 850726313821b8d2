package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

func pad(name string) url.Values { return url.Values{"name": {name}} }

var padRules = []rule{
	{"A pad is created and leads to its page", with(func(p *person) {
		made := p.submit("/pads/create/", pad("  Work ")).is(http.StatusSeeOther)
		p.get(made.location).headline("Work (0)").says("Pad is successfully created")
	})},
	{"A pad's name is required and has at most 100 characters", with(func(p *person) {
		p.refuses("/pads/create/", pad(" "), "This field is required.")
		p.refuses("/pads/create/", pad(strings.Repeat("ä", 101)), "Use at most 100 characters.")
		p.submit("/pads/create/", pad(strings.Repeat("ä", 100))).is(http.StatusSeeOther)
	})},
	{"Two pads may have one name", with(func(p *person) {
		p.createPad("Same")
		p.submit("/pads/create/", pad("Same")).is(http.StatusSeeOther)
		p.get("/").says("Same 0 Same 0")
	})},
	{"A pad is renamed, and leads to its page", with(func(p *person) {
		id := p.createPad("Old")
		p.get("/pads/"+id+"/edit/").isHolding("name", "Old")
		p.submit("/pads/"+id+"/edit/", pad("New")).leadsTo("/pads/" + id + "/")
		p.get("/pads/" + id + "/").headline("New (0)").says("Pad is successfully updated")
	})},
	{"Deleting a pad says how many notes go with it", with(func(p *person) {
		id := p.createPad("Work")
		p.createNote("a", "x", id)
		p.createNote("b", "x", id)
		p.get("/pads/" + id + "/delete/").says("Are you sure you want to delete Work?").says("2")
	})},
	{"Deleting a pad deletes its notes and nothing else", with(func(p *person) {
		id, other := p.createPad("Work"), p.createPad("Home")
		p.createNote("goes", "x", id)
		p.createNote("stays", "x", other)
		p.submit("/pads/"+id+"/delete/", nil).leadsTo("/")
		p.get("/").says("Pad is successfully deleted").headline("All notes (1)").says("stays").saysNot("goes").saysNot("Work")
		p.get("/pads/" + id + "/").is(http.StatusNotFound)
	})},
	{"Restoring a pad brings back the notes that were deleted with it, and no others", with(func(p *person) {
		id := p.createPad("Work")
		before := p.createNote("before", "x", id)
		p.createNote("with", "x", id)
		p.submit("/notes/"+before+"/delete/", nil).is(http.StatusSeeOther)
		p.submit("/pads/"+id+"/delete/", nil).leadsTo("/")
		status, got := p.api(http.MethodPost, "/v1/pads/"+id+":undelete", map[string]string{})
		if status != http.StatusOK {
			p.t.Fatalf("%d %v", status, got)
		}
		p.get("/pads/" + id + "/").headline("Work (1)").says("with").saysNot("before")
	})},
	{"Restoring a note whose pad is gone puts it in no pad", with(func(p *person) {
		id := p.createPad("Work")
		n := p.createNote("orphan", "x", id)
		p.submit("/pads/"+id+"/delete/", nil).leadsTo("/")
		status, got := p.api(http.MethodPost, "/v1/notes/"+n+":undelete", map[string]string{})
		if status != http.StatusOK {
			p.t.Fatalf("%d %v", status, got)
		}
		p.get("/").says("orphan").says("No pad")
	})},
}

var accessRules = []rule{
	{"A cross-site form is refused first of all", outside(func(p *person) {
		req := p.form("/notes/create/", note("n", "x", ""))
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		req.Header.Set("Origin", "https://evil.test")
		p.do(req).is(http.StatusForbidden).says("This form has expired. Go back and try again.")
	})},
	{"A form from no known place is refused: one needs Sec-Fetch-Site or Origin", with(func(p *person) {
		req := p.form("/notes/create/", p.get("/notes/create/").fill(note("n", "x", "")))
		req.Header.Del("Sec-Fetch-Site")
		req.Header.Del("Origin")
		p.do(req).is(http.StatusForbidden)
		p.get("/").headline("All notes (0)")
	})},
	{"Who is not signed in is led to sign in, and nothing is stored", outside(func(p *person) {
		p.post("/notes/create/", note("n", "x", "")).leadsTo("/signin/?next=%2Fnotes%2Fcreate%2F")
	})},
	{"A form without its token, or with another person's, is refused", with(func(p *person) {
		p.post("/notes/create/", note("n", "x", "")).is(http.StatusForbidden).says("This form has expired. Go back and try again.")
		other := signedIn(p.t, p.base, "other")
		p.post("/notes/create/", other.get("/notes/create/").fill(note("n", "x", ""))).is(http.StatusForbidden)
		p.get("/").headline("All notes (0)")
	})},
	{"Another person's note or pad is 404, exactly like one that does not exist", with(func(p *person) {
		other := signedIn(p.t, p.base, "other")
		pad := other.createPad("secret pad")
		id := other.createNote("secret", "x", pad)
		none := uuid.Must(uuid.NewV7()).String()
		form := p.get("/notes/create/").fill(note("n", "x", ""))
		for _, path := range []string{"/notes/%/", "/notes/%/edit/", "/notes/%/delete/", "/pads/%/", "/pads/%/edit/", "/pads/%/delete/"} {
			theirs, missing := id, none
			if strings.HasPrefix(path, "/pads") {
				theirs = pad
			}
			a := p.get(strings.Replace(path, "%", theirs, 1)).is(http.StatusNotFound).says("There is nothing here.").saysNot("secret")
			b := p.get(strings.Replace(path, "%", missing, 1)).is(http.StatusNotFound)
			if len(a.body) != len(b.body) {
				p.t.Errorf("%s: the pages differ", path)
			}
			if strings.HasSuffix(path, "it/") || strings.HasSuffix(path, "te/") {
				p.post(strings.Replace(path, "%", theirs, 1), form).is(http.StatusNotFound)
			}
		}
		other.get("/notes/" + id + "/").is(http.StatusOK).headline("secret")
	})},
	{"Another person's pad is an error on the field, the same as one that does not exist, and ?pad= preselects nothing", with(func(p *person) {
		theirs := signedIn(p.t, p.base, "other").createPad("secret pad")
		for _, id := range []string{theirs, uuid.Must(uuid.NewV7()).String(), "nonsense"} {
			p.refuses("/notes/create/", note("n", "x", id), "Choose one of your pads.")
		}
		if got := p.get("/notes/create/?pad=" + theirs).is(http.StatusOK).chosen(); got != "" {
			p.t.Errorf("%q is chosen", got)
		}
	})},
	{"The owner is asked before the fields: a bad form for another's note is 404, not 422", with(func(p *person) {
		theirs := signedIn(p.t, p.base, "other").createNote("secret", "x", "")
		p.post("/notes/"+theirs+"/edit/", p.get("/notes/create/").fill(note("", "", ""))).is(http.StatusNotFound)
	})},
}

// eventuallyEnded waits until the person's session is dead: within 10 s, for
// that long an access token is cached.
func eventuallyEnded(p *person) {
	p.t.Helper()
	eventually(p.t, "the session is ended", 12*time.Second, func() error {
		return p.homeIs(http.StatusSeeOther)
	})
}
