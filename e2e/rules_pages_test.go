package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

var pageRules = []rule{
	{"A path without its slash leads to the one with it: 301 for a GET, 308 for a POST", outside(func(p *person) {
		if got := p.get("/signin"); got.status != http.StatusMovedPermanently || got.location != "/signin/" {
			p.t.Errorf("GET: %d %q", got.status, got.location)
		}
		if got := p.post("/signin", url.Values{}); got.status != http.StatusPermanentRedirect || got.location != "/signin/" {
			p.t.Errorf("POST: %d %q", got.status, got.location)
		}
	})},
	{"Any other path is a 404 page in the layout", outside(func(p *person) {
		p.get("/nowhere/").is(http.StatusNotFound).says("There is nothing here.").linkTo("Notejam")
	})},
	{"A page that needs somebody leads to sign in and back again", outside(func(p *person) {
		for _, path := range []string{"/", "/notes/create/", "/pads/create/", "/settings/", "/settings/sessions/", "/settings/tokens/", "/settings/activity/"} {
			p.get(path).leadsTo("/signin/?next=" + url.QueryEscape(path))
		}
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		p.submit("/signin/?next=%2Fnotes%2Fcreate%2F", url.Values{"email": {p.email}, "password": {password}}).leadsTo("/notes/create/")
	})},
	{"Signing in leads nowhere but into this site", outside(func(p *person) {
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		for _, next := range []string{"//evil.test/", "https://evil.test/", `/\evil.test`, "javascript:alert(1)", "evil", "/%2fevil.test/\r\nX: y"} {
			p.submit("/signin/?next="+url.QueryEscape(next), url.Values{"email": {p.email}, "password": {password}}).leadsTo("/")
		}
	})},
	{"/account/ leads to /settings/", with(func(p *person) {
		if got := p.get("/account/"); got.location != "/settings/" {
			p.t.Errorf("%d %q", got.status, got.location)
		}
	})},
	{"Top right stand Sign up and Sign in, or the address, Account settings and Sign out", with(func(p *person) {
		home := p.get("/").says(p.email).saysNot("Sign up")
		if home.linkTo("Account settings") != "/settings/" || home.linkTo("Sign out") != "/signout/" {
			p.t.Error("the links lead elsewhere")
		}
		out := visitor(p.t, p.base).get("/signin/").saysNot("Sign out")
		if out.linkTo("Sign up") != "/signup/" || out.linkTo("Sign in") != "/signin/" {
			p.t.Error("the links lead elsewhere")
		}
	})},
	{"The word mark leads home", with(func(p *person) {
		if got := p.get("/settings/").linkTo("Notejam"); got != "/" {
			p.t.Errorf("it leads to %q", got)
		}
	})},
	{"Every page has one h1, and the title names it", with(func(p *person) {
		id := p.createNote("A note", "x", "")
		pad := p.createPad("A pad")
		for path, want := range map[string]string{
			"/": "All notes (1)", "/pads/" + pad + "/": "A pad (0)", "/notes/create/": "New note", "/pads/create/": "New pad",
			"/notes/" + id + "/": "A note", "/notes/" + id + "/edit/": "A note", "/notes/" + id + "/delete/": "A note",
			"/pads/" + pad + "/edit/": "A pad", "/pads/" + pad + "/delete/": "A pad",
			"/settings/": "Account settings", "/settings/sessions/": "Sessions", "/settings/tokens/": "Access tokens", "/settings/activity/": "Activity",
		} {
			p.get(path).is(http.StatusOK).headline(want)
		}
		out := visitor(p.t, p.base)
		for path, want := range map[string]string{"/signup/": "Sign up", "/signin/": "Sign in", "/forgot-password/": "Forgot password?"} {
			out.get(path).is(http.StatusOK).headline(want)
		}
	})},
	{"On note and pad pages stand My pads, in the order they were made, each with its number of notes, and New pad", with(func(p *person) {
		p.get("/").says("My pads").says("No pads")
		zebra, ant := p.createPad("Zebra"), p.createPad("Ant")
		p.createNote("n", "x", ant)
		text := p.get("/pads/" + zebra + "/").saysNot("No pads").says("My pads Zebra 0 Ant 1").text()
		if !strings.Contains(text, "New pad") {
			p.t.Errorf("no New pad in %q", text)
		}
	})},
	{"A flash message is shown once", with(func(p *person) {
		p.submit("/notes/create/", note("n", "x", "")).leadsTo("/")
		p.get("/").says("Note is successfully created")
		p.get("/").saysNot("Note is successfully created")
	})},
	{"No page asks another site for anything", with(func(p *person) {
		for _, path := range []string{"/", "/notes/create/", "/settings/", "/settings/sessions/", "/settings/tokens/", "/settings/activity/", "/nowhere/"} {
			got := p.get(path)
			for n := range got.doc.Descendants() {
				for _, name := range []string{"src", "href", "action", "srcset"} {
					if v := attribute(n, name); strings.Contains(v, "//") {
						p.t.Errorf("%s: %s=%q", path, name, v)
					}
				}
			}
			if csp := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") {
				p.t.Errorf("%s: policy %q", path, csp)
			}
		}
	})},
	{"Every answer carries a request id that we made, and error pages show it", outside(func(p *person) {
		req := p.request(http.MethodGet, "/nowhere/", nil)
		req.Header.Set("X-Request-Id", "from-outside")
		got := p.do(req).saysNot("from-outside")
		id := got.header.Get("X-Request-Id")
		if uuid.Validate(id) != nil {
			p.t.Errorf("the id is %q", id)
		}
		got.says(id)
	})},
	{"A date is the day in the person's zone, with the exact instant beside it", with(func(p *person) {
		id := p.createNote("n", "x", "")
		got := p.get("/notes/" + id + "/").says("Last edited Today at ")
		if times := got.all("time"); len(times) != 1 || !strings.HasSuffix(attribute(times[0], "datetime"), "Z") {
			p.t.Errorf("%d time elements in %q", len(times), got.text())
		}
	})},
	{"GET never changes anything", with(func(p *person) {
		id := p.createNote("n", "x", "")
		pad := p.createPad("p")
		p.get("/notes/" + id + "/delete/").is(http.StatusOK)
		p.get("/pads/" + pad + "/delete/").is(http.StatusOK)
		p.get("/signout/").is(http.StatusOK)
		p.get("/").is(http.StatusOK).says("All notes (1)").says("p 0")
	})},
}

// The zone cookie's own cases are a table in services/web (dates_test.go).
func TestTheZoneOfTheCookieIsUsedIfItIsOne(t *testing.T) {
	p := signedIn(t, stack.URL(), "zoned")
	id := p.createNote("n", "x", "")
	page := func(zone string) string {
		req := p.request(http.MethodGet, "/notes/"+id+"/", nil)
		req.AddCookie(&http.Cookie{Name: "nj_zone", Value: zone})
		return p.do(req).is(http.StatusOK).text()
	}
	utc := page("UTC")
	if page("No/Such") != utc {
		t.Error("a zone that does not exist changes the page")
	}
	if page("Asia/Kolkata") == utc {
		t.Error("the zone is not used")
	}
}
