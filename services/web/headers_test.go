package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// everyAnswer is what reliability.md C8 asks of every answer.
var everyAnswer = map[string]string{
	"X-Content-Type-Options":       "nosniff",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           noPowers,
}

func TestEveryRouteSendsTheHeaders(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.addNote("ada@example.org", "Beans", "Soak.", "")
	d.addActivities(1)
	d.finds(&auditpb.VerifyTrailResponse{Checked: 1})
	home := b.get("/")
	asset := attribute(element(t, home.body, "link"), "href")

	type request struct{ method, path, policy, cache string }
	var requests []request
	for _, route := range (&site{}).routes() {
		path := strings.NewReplacer("{id}", uuid.NewString(), "{token}", someReset).Replace(route.path)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodDelete} {
			policy := pagePolicy
			if path == exportPath && (method == http.MethodGet || method == http.MethodHead) {
				policy = dataPolicy
			}
			requests = append(requests, request{method, path, policy, "no-store"})
		}
		requests = append(requests, request{http.MethodGet, strings.TrimSuffix(path, "/"), pagePolicy, "no-store"})
	}
	requests = append(requests,
		request{http.MethodGet, "/nothing/here/", pagePolicy, "no-store"},
		request{http.MethodGet, "//double//slash", pagePolicy, "no-store"},
		request{http.MethodGet, asset, pagePolicy, "public, max-age=31536000, immutable"},
		request{http.MethodGet, "/readyz", dataPolicy, "no-store"},
		request{http.MethodGet, "/openapi.json", dataPolicy, "no-cache"},
		request{http.MethodGet, "/v1/notes", dataPolicy, "no-store"},
		request{http.MethodGet, "/v1/nothing", dataPolicy, "no-store"},
		request{http.MethodPost, "/v1/auth:signIn", dataPolicy, "no-store"},
	)
	ids := map[string]bool{}
	for _, r := range requests {
		if r.path == "" {
			continue
		}
		b.header.Set(requestIDHeader, "from outside")
		answer := b.do(r.method, r.path, "", "")
		for name, want := range everyAnswer {
			if got := answer.header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", r.method, r.path, name, got, want)
			}
		}
		referrer := "same-origin"
		if strings.HasPrefix(r.path, "/reset-password/") {
			referrer = "no-referrer"
		}
		if got := answer.header.Get("Referrer-Policy"); got != referrer {
			t.Errorf("%s %s: Referrer-Policy is %q", r.method, r.path, got)
		}
		if got := answer.header.Get("Content-Security-Policy"); got != r.policy {
			t.Errorf("%s %s: policy is %q", r.method, r.path, got)
		}
		if got := answer.header.Get("Cache-Control"); got != r.cache {
			t.Errorf("%s %s: Cache-Control is %q", r.method, r.path, got)
		}
		id := answer.header.Get(requestIDHeader)
		if uuid.Validate(id) != nil || ids[id] {
			t.Errorf("%s %s: request id is %q", r.method, r.path, id)
		}
		ids[id] = true
		kind := answer.header.Get("Content-Type")
		if answer.body != "" && !strings.Contains(kind, "charset=utf-8") {
			t.Errorf("%s %s: content type is %q", r.method, r.path, kind)
		}
	}
}

func TestHSTS_IsSentOverHTTPSOnly(t *testing.T) {
	for secure, want := range map[bool]string{true: "max-age=31536000; includeSubDomains", false: ""} {
		recorder := httptest.NewRecorder()
		withHeaders(secure, http.NotFoundHandler()).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if got := recorder.Header().Get("Strict-Transport-Security"); got != want {
			t.Errorf("secure %v: got %q", secure, got)
		}
	}
}

func TestCookiesOverHTTPSCannotBePlantedByOthers(t *testing.T) {
	recorder := httptest.NewRecorder()
	cookies{secure: true}.set(recorder, sessionCookie, "x", time.Hour)
	got := recorder.Header().Get("Set-Cookie")
	want := "__Host-nj_session=x; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// inline finds what the policy would refuse: styles and scripts inside a page, and handlers on elements.
var inline = regexp.MustCompile(`(?i)<style|\sstyle=|<script(?:\s[^>]*)?>[^<]|\son[a-z]+=|javascript:`)

func TestNoPageHoldsInlineStylesOrScripts(t *testing.T) {
	renderer, err := newRenderer(plainPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fixtures() {
		recorder := httptest.NewRecorder()
		err := renderer.write(recorder, http.StatusOK, f.page, f.view)
		if err != nil {
			t.Fatal(err)
		}
		if found := inline.FindString(recorder.Body.String()); found != "" {
			t.Errorf("page %s holds %q", f.name, found)
		}
	}
	for _, planted := range []string{`<p style="x">`, `<style>x`, `<script>x`, `<a onclick="x">`, `<a href="javascript:x">`} {
		if !inline.MatchString(planted) {
			t.Errorf("the check does not see %q", planted)
		}
	}
}
