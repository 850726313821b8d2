package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// program is a client of REST, signed in as Ada.
func (d *testDoor) program(t *testing.T) *browser {
	t.Helper()
	b := d.visitor(t)
	b.header = http.Header{"Authorization": {"Bearer " + d.person("ada@example.org")}}
	return b
}

// restError is the body of an error.
type restError struct {
	Error struct {
		Code    int
		Status  string
		Message string
		Details []map[string]any
	}
}

func wantRESTError(t *testing.T, a answered, code int, status, reason string) restError {
	t.Helper()
	wantStatus(t, a, code)
	var body restError
	err := json.Unmarshal([]byte(a.body), &body)
	if err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	if body.Error.Code != code || body.Error.Status != status || body.Error.Message == "" {
		t.Errorf("the body says %+v, want %d %s", body.Error, code, status)
	}
	if len(body.Error.Details) == 0 || body.Error.Details[0]["reason"] != reason || body.Error.Details[0]["domain"] != "notejam" {
		t.Errorf("details are %v, want the reason %s", body.Error.Details, reason)
	}
	if a.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("content type is %q", a.header.Get("Content-Type"))
	}
	return body
}

func TestREST_MakesReadsChangesAndDeletesANote(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)

	made := p.do(http.MethodPost, "/v1/notes", "application/json", `{"title": "Beans", "text": "Soak."}`)
	wantStatus(t, made, http.StatusOK)
	var note map[string]any
	err := json.Unmarshal([]byte(made.body), &note)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := note["name"].(string)
	if note["title"] != "Beans" || note["pad"] != "" || note["snippet"] != "" || !strings.HasPrefix(name, "notes/") {
		t.Errorf("made is %s", made.body)
	}
	if _, null := note["deleteTime"]; null {
		t.Errorf("an absent time is written: %s", made.body)
	}
	if made.header.Get("ETag") != `"etag-1"` {
		t.Errorf("ETag is %q", made.header.Get("ETag"))
	}
	if id := last[*notespb.CreateNoteRequest](d.world).GetRequestId(); uuid.Validate(id) != nil {
		t.Errorf("request_id is %q", id)
	}

	wantText(t, p.do(http.MethodGet, "/v1/"+name, "", ""), `"Soak."`)
	wantText(t, p.do(http.MethodGet, "/v1/notes?page_size=3", "", ""), `"Beans"`)
	changed := p.do(http.MethodPatch, "/v1/"+name, "application/json", `{"name":"notes/ignored","title":"White beans","text":"Soak long.","etag":"etag-1","createTime":"2020-01-01T00:00:00Z"}`)
	wantStatus(t, changed, http.StatusOK)
	sent := last[*notespb.UpdateNoteRequest](d.world)
	if diff := cmp.Diff([]string{"text", "title"}, sent.GetUpdateMask().GetPaths()); diff != "" {
		t.Errorf("mask (-want +got):\n%s", diff)
	}
	if sent.GetNote().GetName() != name {
		t.Errorf("changed is %s", sent.GetNote().GetName())
	}
	wantStatus(t, p.do(http.MethodDelete, "/v1/"+name, "", ""), http.StatusOK)
	wantRESTError(t, p.do(http.MethodGet, "/v1/"+name, "", ""), http.StatusNotFound, "NOT_FOUND", "NOTE_NOT_FOUND")
}

func TestREST_LeavesAMaskThatTheCallerWroteAlone(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	p.do(http.MethodPatch, "/v1/notes/"+note+"?update_mask=title,etag", "application/json", `{"title":"x","text":"y"}`)
	if diff := cmp.Diff([]string{"title", "etag"}, last[*notespb.UpdateNoteRequest](d.world).GetUpdateMask().GetPaths()); diff != "" {
		t.Errorf("mask (-want +got):\n%s", diff)
	}
}

func TestREST_SignsInAndOut(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	p := d.visitor(t)
	p.header = http.Header{}
	answer := p.do(http.MethodPost, "/v1/auth:signIn", "application/json", `{"email":"ada@example.org","password":"`+goodPassword+`"}`)
	wantStatus(t, answer, http.StatusOK)
	var signedIn struct{ SessionToken string }
	err := json.Unmarshal([]byte(answer.body), &signedIn)
	if err != nil || !sessionShape.MatchString(signedIn.SessionToken) {
		t.Fatalf("%v in %s", err, answer.body)
	}
	if answer.header.Get("Set-Cookie") != "" {
		t.Error("a cookie was set")
	}
	p.header = http.Header{"Authorization": {"bearer " + signedIn.SessionToken}}
	wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
	wantStatus(t, p.do(http.MethodPost, "/v1/auth:signOut", "application/json", `{}`), http.StatusOK)
	wantRESTError(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusUnauthorized, "UNAUTHENTICATED", "TOKEN_INVALID")

	p.header = http.Header{}
	wrong := p.do(http.MethodPost, "/v1/auth:signIn", "application/json", `{"email":"ada@example.org","password":"no"}`)
	wantRESTError(t, wrong, http.StatusUnauthorized, "UNAUTHENTICATED", "CREDENTIALS_WRONG")
	if wrong.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("WWW-Authenticate is %q", wrong.header.Get("WWW-Authenticate"))
	}
}

func TestREST_TakesABearerTokenAndNothingElse(t *testing.T) {
	d := startDoor(t)
	secret := d.person("ada@example.org")
	for name, header := range map[string]http.Header{
		"nothing":                  {},
		"a cookie":                 {"Cookie": {sessionCookie + "=" + secret}},
		"basic":                    {"Authorization": {"Basic " + secret}},
		"no scheme":                {"Authorization": {secret}},
		"an unknown session":       {"Authorization": {"Bearer nj_ses_" + strings.Repeat("x", 43)}},
		"two tokens":               {"Authorization": {"Bearer " + secret, "Bearer " + secret}},
		"an access token":          {"Authorization": {"Bearer notes ada@example.org"}},
		"forged metadata":          {"Grpc-Metadata-Authorization": {"Bearer notes ada@example.org"}},
		"forged metadata in lower": {"grpc-metadata-authorization": {"Bearer notes ada@example.org"}},
		"a forged person":          {"X-User-Id": {"ada@example.org"}, "X-Forwarded-User": {"ada@example.org"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := d.visitor(t)
			p.header = header
			for _, path := range []string{"/v1/notes", "/v1/pads/x", "/v1/activities", "/v1/trail", "/v1/trail:verify", "/v1/sessions", "/v1/nothing", "/v1/"} {
				answer := p.do(http.MethodGet, path, "", "")
				wantRESTError(t, answer, http.StatusUnauthorized, "UNAUTHENTICATED", "TOKEN_INVALID")
				if answer.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s: WWW-Authenticate is %q", path, answer.header.Get("WWW-Authenticate"))
				}
			}
		})
	}
}

func TestREST_LetsNoHeaderBecomeAnything(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	p.header.Set("Grpc-Metadata-Authorization", "Bearer notes bob@example.org")
	p.header.Set("Grpc-Metadata-X-Request-Id", "forged")
	p.header.Set("Grpc-Timeout", "nonsense")
	p.header.Set("X-HTTP-Method-Override", "DELETE")
	p.header.Set("TE", "trailers")
	d.addNote("bob@example.org", "Bob's", "secret", "")
	answer := p.do(http.MethodGet, "/v1/notes", "", "")
	wantStatus(t, answer, http.StatusOK)
	wantNoText(t, answer, "Bob")
	for name := range answer.header {
		if strings.HasPrefix(name, "Grpc-") || strings.HasPrefix(name, "Trailer") {
			t.Errorf("header %s was sent", name)
		}
	}
	wantRESTError(t, p.do(http.MethodPost, "/v1/notes", "application/x-www-form-urlencoded", "title=x"), http.StatusUnsupportedMediaType, "INVALID_ARGUMENT", "CONTENT_TYPE_UNSUPPORTED")
}

func TestREST_RefusesBodiesThatItCannotRead(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	for _, c := range []struct {
		name, contentType, body string
		code                    int
		status, reason          string
	}{
		{"unknown field", "application/json", `{"title":"x","text":"y","colour":"red"}`, 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"duplicate key", "application/json", `{"title":"x","title":"y","text":"y"}`, 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"wrong type of value", "application/json", `{"title":7}`, 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"no JSON", "application/json", `title=x`, 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"two values", "application/json", `{"title":"x","text":"y"}{}`, 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"null", "application/json", `null`, 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"a list", "application/json", `[{}]`, 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"deep", "application/json", strings.Repeat(`{"pad":`, 20000), 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"invalid UTF-8", "application/json", "{\"title\":\"\xff\",\"text\":\"y\"}", 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		{"empty", "application/json", ``, 400, "INVALID_ARGUMENT", "FIELD_INVALID"},
		{"empty object", "application/json", `{}`, 400, "INVALID_ARGUMENT", "FIELD_INVALID"},
		{"text", "text/plain", `{"title":"x","text":"y"}`, 415, "INVALID_ARGUMENT", "CONTENT_TYPE_UNSUPPORTED"},
		{"no type", "", `{"title":"x","text":"y"}`, 415, "INVALID_ARGUMENT", "CONTENT_TYPE_UNSUPPORTED"},
		{"too large", "application/json", `{"title":"x","text":"` + strings.Repeat("y", formLimit) + `"}`, 413, "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantRESTError(t, p.do(http.MethodPost, "/v1/notes", c.contentType, c.body), c.code, c.status, c.reason)
		})
	}
	p.header.Set("Content-Encoding", "gzip")
	wantRESTError(t, p.do(http.MethodPost, "/v1/notes", "application/json", "\x1f\x8b"), 415, "INVALID_ARGUMENT", "CONTENT_TYPE_UNSUPPORTED")
	p.header.Del("Content-Encoding")
	large := `{"email":"` + strings.Repeat("y", accountLimit) + `"}`
	wantRESTError(t, p.do(http.MethodPost, "/v1/auth:signIn", "application/json", large), 413, "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")
	if len(d.notes) > 0 {
		t.Error("a note was stored")
	}
}

func TestREST_RefusesAddressesThatItCannotRead(t *testing.T) {
	p := startDoor(t).program(t)
	for path, want := range map[string][3]any{
		"/v1/notes?page_token=%ff":     {400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		"/v1/notes?page_token=%zz":     {400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		"/v1/notes?page_size=many":     {400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		"/v1/notes/%ff":                {400, "INVALID_ARGUMENT", "REQUEST_MALFORMED"},
		"/v1/nothing":                  {404, "NOT_FOUND", "ROUTE_NOT_FOUND"},
		"/v1/notes/a/b":                {404, "NOT_FOUND", "ROUTE_NOT_FOUND"},
		"/v1/notes/a%2Fb":              {404, "NOT_FOUND", "ROUTE_NOT_FOUND"},
		"/v1/auth:signIn":              {405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED"},
		"/v1/notes/a:undelete":         {405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED"},
		"/v1/notes/a:erase":            {404, "NOT_FOUND", "ROUTE_NOT_FOUND"},
		"/v1/notes/..%2f..%2fsessions": {404, "NOT_FOUND", "ROUTE_NOT_FOUND"},
	} {
		answer := p.do(http.MethodGet, path, "", "")
		code, _ := want[0].(int)
		status, _ := want[1].(string)
		reason, _ := want[2].(string)
		t.Run(path, func(t *testing.T) { wantRESTError(t, answer, code, status, reason) })
	}
	answer := p.do(http.MethodPut, "/v1/notes", "application/json", `{}`)
	wantRESTError(t, answer, http.StatusMethodNotAllowed, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED")
	if answer.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", answer.header.Get("Allow"))
	}
}

func TestREST_AnswersFaultsAsAIP193Asks(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	for _, c := range []struct {
		failure        error
		code           int
		status, reason string
		retry          string
	}{
		{fault.New(fault.Aborted, fault.ReasonRequestInProgress, "Busy."), 409, "ABORTED", "REQUEST_IN_PROGRESS", ""},
		{fault.New(fault.Exhausted, "NOTE_LIMIT_REACHED", "Full."), 429, "RESOURCE_EXHAUSTED", "NOTE_LIMIT_REACHED", ""},
		{fault.New(fault.Exhausted, "BUSY", "Wait.").RetryIn(2500 * time.Millisecond), 429, "RESOURCE_EXHAUSTED", "BUSY", "3"},
		{fault.New(fault.Precondition, "NOT_DELETED", "It is there."), 400, "FAILED_PRECONDITION", "NOT_DELETED", ""},
		{fault.New(fault.Denied, fault.ReasonScopeMissing, "No."), 403, "PERMISSION_DENIED", "SCOPE_MISSING", ""},
		{fault.New(fault.Unavailable, fault.ReasonOutcomeUnknown, "Who knows."), 503, "UNAVAILABLE", "OUTCOME_UNKNOWN", "2"},
		{fault.New(fault.Timeout, fault.ReasonDeadline, "Slow."), 504, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", ""},
		// These two are no program's fault: a service of the release before, and one that is stopped in the middle.
		{fault.New(fault.Unimplemented, fault.ReasonUnimplemented, "No such method."), 503, "UNAVAILABLE", "SERVICE_UNAVAILABLE", "2"},
		{fault.New(fault.Canceled, fault.ReasonCanceled, "Given up."), 503, "UNAVAILABLE", "SERVICE_UNAVAILABLE", "2"},
	} {
		d.fail("ListNotes", c.failure)
		answer := p.do(http.MethodGet, "/v1/notes", "", "")
		wantRESTError(t, answer, c.code, c.status, c.reason)
		if got := answer.header.Get("Retry-After"); got != c.retry {
			t.Errorf("%s: Retry-After is %q", c.reason, got)
		}
	}
	d.fail("ListNotes", http.ErrAbortHandler) // anything that is no fault
	body := wantRESTError(t, p.do(http.MethodGet, "/v1/notes", "", ""), 500, "INTERNAL", "INTERNAL")
	if body.Error.Message != "Something went wrong." {
		t.Errorf("the message is %q", body.Error.Message)
	}
	fields := wantRESTError(t, p.do(http.MethodPost, "/v1/notes", "application/json", `{"title":""}`), 400, "INVALID_ARGUMENT", "FIELD_INVALID")
	if violations, _ := fields.Error.Details[1]["fieldViolations"].([]any); len(violations) != 2 {
		t.Errorf("details are %v", fields.Error.Details)
	}
	d.stop(forNotes)
	wantRESTError(t, p.do(http.MethodGet, "/v1/notes", "", ""), 503, "UNAVAILABLE", "SERVICE_UNAVAILABLE")
}

func TestREST_HoldsIfMatch(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	patch := func(etag, body string) answered {
		p.header.Set("If-Match", etag)
		return p.do(http.MethodPatch, "/v1/notes/"+note, "application/json", body)
	}
	wantRESTError(t, patch(`"other"`, `{"title":"x","text":"y"}`), http.StatusPreconditionFailed, "ABORTED", "ETAG_MISMATCH")
	wantRESTError(t, patch(`W/"etag-1"`, `{"title":"x","text":"y"}`), http.StatusBadRequest, "INVALID_ARGUMENT", "REQUEST_MALFORMED")
	wantRESTError(t, patch(`*`, `{"title":"x","text":"y","etag":"other"}`), http.StatusConflict, "ABORTED", "ETAG_MISMATCH")
	wantStatus(t, patch(`"etag-1"`, `{"title":"x","text":"y"}`), http.StatusOK)
}

func TestREST_IsNotForOtherSites(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	p.header.Set("Origin", "https://evil.example")
	wantRESTError(t, p.do(http.MethodPost, "/v1/notes", "application/json", `{"title":"x","text":"y"}`), 403, "PERMISSION_DENIED", "CROSS_ORIGIN")
}

func TestREST_HasARouteForEveryRPCOfTheContracts(t *testing.T) {
	routes, err := restRoutes()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range routes {
		who := r.audience
		if r.anonymous {
			who = "anyone"
		}
		got[r.verb+" "+r.template] = who
	}
	for route, who := range map[string]string{
		"POST /v1/auth:signIn":            "anyone",
		"POST /v1/auth:signUp":            "anyone",
		"POST /v1/auth:signOut":           forAuth,
		"GET /v1/sessions":                forAuth,
		"GET /v1/{name=notes/*}":          forNotes,
		"PATCH /v1/{note.name=notes/*}":   forNotes,
		"POST /v1/{name=pads/*}:undelete": forNotes,
		"GET /v1/activities":              forAudit,
		"GET /v1/trail":                   forAudit,
		"GET /v1/trail:verify":            forAudit,
	} {
		if got[route] != who {
			t.Errorf("%s is for %q, want %q", route, got[route], who)
		}
	}
	found, verbs := findRoute(routes, "POST", "/v1/notes/x:undelete")
	if found == nil || found.template != "/v1/{name=notes/*}:undelete" {
		t.Errorf("found %v %v", found, verbs)
	}
}
