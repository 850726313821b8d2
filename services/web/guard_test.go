package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

func TestForms_AreTakenFromOurOwnPagesOnly(t *testing.T) {
	d := startDoor(t)
	host := strings.TrimPrefix(d.url, "http://")
	for _, c := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"a browser's own form", http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusSeeOther},
		{"an old browser's form", http.Header{"Origin": {"http://" + host}}, http.StatusSeeOther},
		{"typed by the person", http.Header{"Sec-Fetch-Site": {"none"}}, http.StatusSeeOther},
		{"another site", http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		{"another site that says it is us", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://" + host}}, http.StatusForbidden},
		{"a neighbour below the same domain", http.Header{"Sec-Fetch-Site": {"same-site"}}, http.StatusForbidden},
		{"another origin", http.Header{"Origin": {"http://evil.example"}}, http.StatusForbidden},
		{"an opaque origin", http.Header{"Origin": {"null"}}, http.StatusForbidden},
		{"no word about it", http.Header{}, http.StatusForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := d.signedIn(t, "ada@example.org")
			form := b.fill("/notes/create/", map[string]string{"name": "n", "text": "t"})
			before := len(d.notes)
			b.header = c.header
			answer := b.post("/notes/create/", form)
			wantStatus(t, answer, c.want)
			if c.want == http.StatusForbidden {
				wantText(t, answer, "This form has expired. Go back and try again.")
				if len(d.notes) != before {
					t.Error("the note was stored")
				}
			}
		})
	}
}

func TestForms_NeedTheTokenOfThisSession(t *testing.T) {
	d := startDoor(t)
	ada, bob, nobody := d.signedIn(t, "ada@example.org"), d.signedIn(t, "bob@example.org"), d.visitor(t)
	form := ada.fill("/notes/create/", map[string]string{"name": "n", "text": "t"})
	for name, token := range map[string]string{
		"none":                 "",
		"invented":             "x",
		"of another session":   bob.fill("/notes/create/", nil).Get(formTokenField),
		"of somebody unknown":  nobody.fill("/signin/", nil).Get(formTokenField),
		"cut":                  form.Get(formTokenField)[1:],
		"made with a zero key": formTokens{}.of(ada.session()),
	} {
		forged := url.Values{"name": {"n"}, "text": {"t"}, formTokenField: {token}}
		answer := ada.post("/notes/create/", forged)
		if answer.status != http.StatusForbidden {
			t.Errorf("%s: got %d", name, answer.status)
		}
	}
	if len(d.notes) > 0 {
		t.Error("a note was stored")
	}
	wantRedirect(t, ada.post("/notes/create/", form), "/")
}

func TestSignInForm_NeedsTheTokenOfThisBrowser(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	other := d.visitor(t).fill("/signin/", map[string]string{"email": "ada@example.org", "password": goodPassword})
	b := d.visitor(t)
	wantStatus(t, b.post("/signin/", other), http.StatusForbidden)
	b.get("/signin/")
	wantStatus(t, b.post("/signin/", other), http.StatusForbidden)
	if b.session() != "" {
		t.Error("somebody was signed in")
	}
}

func TestChecks_ComeInTheirOrder(t *testing.T) {
	d := startDoor(t)
	ada := d.signedIn(t, "ada@example.org")
	foreign := d.addNote("bob@example.org", "Bob's", "secret", "")
	nobody := d.visitor(t)

	crossSite := d.visitor(t)
	crossSite.header = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	wantStatus(t, crossSite.post("/notes/create/", nil), http.StatusForbidden)

	wantRedirect(t, nobody.post("/notes/"+foreign+"/edit/?x=1", nil), "/signin/?next=%2Fnotes%2F"+foreign+"%2Fedit%2F%3Fx%3D1")

	wantStatus(t, ada.post("/notes/"+foreign+"/edit/", nil), http.StatusForbidden)

	token := ada.fill("/notes/create/", nil).Get(formTokenField)
	wantStatus(t, ada.post("/notes/"+foreign+"/edit/", url.Values{formTokenField: {token}}), http.StatusNotFound)

	own := d.addNote("ada@example.org", "Ada's", "text", "")
	wantStatus(t, ada.post("/notes/"+own+"/edit/", url.Values{formTokenField: {token}}), http.StatusUnprocessableEntity)
}

func TestPathsWithoutTheirSlashLeadToThoseWithIt(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	for path, want := range map[string]string{
		"/signin":                 "/signin/",
		"/signin?next=%2Fpads%2F": "/signin/?next=%2Fpads%2F",
		"/notes/create":           "/notes/create/",
		"/notes/123":              "/notes/123/",
		"/notes/%2F%2Fevil/edit":  "/notes/%2F%2Fevil/edit/",
		"/pads/1/delete":          "/pads/1/delete/",
		"/settings":               "/settings/",
		"/settings/activity":      "/settings/activity/",
		"/account":                "/account/",
		"/forgot-password":        "/forgot-password/",
		"/reset-password/abc":     "/reset-password/abc/",
	} {
		for method, status := range map[string]int{http.MethodGet: http.StatusMovedPermanently, http.MethodPost: http.StatusPermanentRedirect} {
			answer := b.do(method, path, "", "")
			wantStatus(t, answer, status)
			location, err := url.PathUnescape(answer.header.Get("Location"))
			expected, _ := url.PathUnescape(want)
			if err != nil || location != expected {
				t.Errorf("%s %s leads to %q, want %q", method, path, answer.header.Get("Location"), want)
			}
		}
	}
}

func TestWhatIsNotInTheTableIsA404Page(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	id := "0190f3c4-0000-7000-8000-000000000000"
	for _, path := range []string{
		"/nothing/", "/notes/", "/pads/", "/reset-password/", "/settings/x/", "/static/", "/static/app.css", "/favicon.ico", "/notes/" + id + "/restore/",
		"/notes/1/", "/notes/" + strings.ToUpper(id) + "/", "/notes/{" + id + "}/", "/notes/" + id + "%00/", "/notes/%ff/", "/pads/..%2f" + id + "/",
		"/notes/" + id + "/", "/notes/" + id + "/edit/", "/notes/" + id + "/delete/", "/pads/" + id + "/", "/pads/" + id + "/edit/", "/pads/" + id + "/delete/",
	} {
		answer := b.get(path)
		wantStatus(t, answer, http.StatusNotFound)
		if heading(t, answer.body) != "There is nothing here." {
			t.Errorf("%s: heading is %q", path, heading(t, answer.body))
		}
		wantText(t, answer, "ada@example.org")
		wantText(t, answer, answer.header.Get("X-Request-Id"))
	}
}

func TestMethodsThatAPageDoesNotHaveAreRefused(t *testing.T) {
	b := startDoor(t).visitor(t)
	for path, allow := range map[string]string{"/": "GET, HEAD", "/signin/": "GET, HEAD, POST"} {
		for _, method := range []string{http.MethodDelete, http.MethodPut, http.MethodOptions} {
			answer := b.do(method, path, "", "")
			wantStatus(t, answer, http.StatusMethodNotAllowed)
			if answer.header.Get("Allow") != allow {
				t.Errorf("%s %s: Allow is %q", method, path, answer.header.Get("Allow"))
			}
		}
	}
	wantStatus(t, b.do(http.MethodPost, "/", "", ""), http.StatusMethodNotAllowed)
}

func TestFormsThatCannotBeReadAreRefused(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	form := b.fill("/notes/create/", map[string]string{"name": "n", "text": "t"})
	large := url.Values{"text": {strings.Repeat("a", formLimit)}}
	for _, c := range []struct {
		name, contentType, body string
		want                    int
	}{
		{"too large", "application/x-www-form-urlencoded", form.Encode() + "&" + large.Encode(), http.StatusRequestEntityTooLarge},
		{"not UTF-8", "application/x-www-form-urlencoded", form.Encode() + "&text=%ff%fe", http.StatusBadRequest},
		{"broken escape", "application/x-www-form-urlencoded", form.Encode() + "&x=%zz", http.StatusBadRequest},
		{"JSON", "application/json", `{"name":"n"}`, http.StatusForbidden},
		{"text", "text/plain", form.Encode(), http.StatusForbidden},
		{"nothing", "", "", http.StatusForbidden},
	} {
		answer := b.do(http.MethodPost, "/notes/create/", c.contentType, c.body)
		if answer.status != c.want {
			t.Errorf("%s: got %d, want %d", c.name, answer.status, c.want)
		}
	}
	if len(d.notes) > 0 {
		t.Error("a note was stored")
	}
}

func TestGETChangesNothing(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	note := d.addNote("ada@example.org", "Beans", "Soak.", pad)
	d.addReset()
	d.addActivities(1)
	d.finds(&auditpb.VerifyTrailResponse{Checked: 1})
	for _, path := range []string{
		"/", "/signup/", "/signin/", "/signout/", "/forgot-password/?email=ada@example.org", "/reset-password/" + someReset + "/?new_password=x", "/settings/?new_password=x", "/settings/activity/", "/settings/activity/verify/", exportPath, "/notes/create/?name=x&text=y", "/notes/" + note + "/",
		"/notes/" + note + "/edit/?name=x", "/notes/" + note + "/delete/", "/pads/create/?name=x", "/pads/" + pad + "/", "/pads/" + pad + "/edit/", "/pads/" + pad + "/delete/",
	} {
		wantStatus(t, b.get(path), http.StatusOK)
	}
	reads := map[string]bool{"ExchangeSession": true, "CheckPasswordReset": true, "GetNotesPage": true, "GetNotePage": true,
		"GetActivityPage": true, "VerifyTrail": true, "GetTrail": true, "ListActivities": true}
	for _, call := range d.since(0) {
		if !reads[call] {
			t.Errorf("%s was called", call)
		}
	}
}
