package web

import (
	"net/http"
	"testing"
)

const friend = "https://app.example.org"

func TestCORS_IsOffUnlessItIsConfigured(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	p.header.Set("Origin", friend)
	wantRESTError(t, p.do(http.MethodPost, "/v1/notes", "application/json", `{"title":"x","text":"y"}`), 403, "PERMISSION_DENIED", "CROSS_ORIGIN")
	answers := []answered{p.do(http.MethodGet, "/v1/notes", "", "")}
	p.header.Set("Access-Control-Request-Method", http.MethodPost)
	answers = append(answers, p.do(http.MethodOptions, "/v1/notes", "", ""), p.do(http.MethodOptions, "/v1/auth:signIn", "", ""))
	for _, answer := range answers {
		wantNoCORS(t, answer)
	}
	wantStatus(t, answers[1], http.StatusMethodNotAllowed)
}

func TestCORS_LetsThePagesOfAConfiguredSiteCallREST(t *testing.T) {
	d := startDoorWith(t, doorConfig{Origins: []string{"https://other.example", friend}})
	p := d.program(t)
	p.header.Set("Origin", friend)
	p.header.Set("Sec-Fetch-Site", "cross-site")
	for _, answer := range []answered{
		p.do(http.MethodPost, "/v1/notes", "application/json", `{"title":"x","text":"y"}`),
		p.do(http.MethodGet, "/v1/notes", "", ""),
		p.do(http.MethodGet, "/v1/notes/x", "", ""), // an error can be read, too
	} {
		if answer.header.Get("Access-Control-Allow-Origin") != friend || answer.header.Get("Vary") != "Origin" {
			t.Errorf("%d: %v", answer.status, answer.header)
		}
		if answer.header.Get("Access-Control-Expose-Headers") != "ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id" {
			t.Errorf("exposed is %q", answer.header.Get("Access-Control-Expose-Headers"))
		}
		wantNoCredentials(t, answer)
	}
	p.header.Del("Authorization")
	wantRESTError(t, p.do(http.MethodGet, "/v1/notes", "", ""), 401, "UNAUTHENTICATED", "TOKEN_INVALID")
}

func TestCORS_AnswersAPreflightWithoutAToken(t *testing.T) {
	d := startDoorWith(t, doorConfig{Origins: []string{friend}})
	p := d.visitor(t)
	p.header = http.Header{"Origin": {friend}, "Access-Control-Request-Method": {http.MethodPatch}}
	before := d.count()
	answer := p.do(http.MethodOptions, "/v1/notes/x", "", "")
	wantStatus(t, answer, http.StatusNoContent)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  friend,
		"Access-Control-Allow-Methods": "DELETE, GET, HEAD, PATCH",
		"Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match",
		"Access-Control-Max-Age":       "600",
		"Vary":                         "Origin",
	} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	wantNoCredentials(t, answer)
	if calls := d.since(before); len(calls) > 0 {
		t.Errorf("called were %v", calls)
	}
	wantStatus(t, p.do(http.MethodOptions, "/v1/nothing", "", ""), http.StatusUnauthorized)
}

func TestCORS_IsForNobodyElse(t *testing.T) {
	d := startDoorWith(t, doorConfig{Origins: []string{friend}})
	for _, origin := range []string{
		"https://evil.example", "http://app.example.org", "https://app.example.org:8443", "https://app.example.org.evil.example", "null", "https://APP.example.org",
	} {
		t.Run(origin, func(t *testing.T) {
			p := d.program(t)
			p.header.Set("Origin", origin)
			p.header.Set("Sec-Fetch-Site", "cross-site")
			answer := p.do(http.MethodPost, "/v1/notes", "application/json", `{"title":"x","text":"y"}`)
			wantRESTError(t, answer, 403, "PERMISSION_DENIED", "CROSS_ORIGIN")
			wantNoCORS(t, answer)
			p.header.Set("Access-Control-Request-Method", http.MethodPost)
			wantNoCORS(t, p.do(http.MethodOptions, "/v1/notes", "", ""))
		})
	}
	// The pages trust nobody.
	b := d.signedIn(t, "ada@example.org")
	b.header = http.Header{"Origin": {friend}, "Sec-Fetch-Site": {"cross-site"}}
	answer := b.do(http.MethodPost, "/pads/create/", "application/x-www-form-urlencoded", "name=x")
	wantStatus(t, answer, http.StatusForbidden)
	wantNoCORS(t, answer)
}

func wantNoCORS(t *testing.T, answer answered) {
	t.Helper()
	if got := answer.header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("allowed is %q", got)
	}
	wantNoCredentials(t, answer)
}

func wantNoCredentials(t *testing.T, answer answered) {
	t.Helper()
	if got, is := answer.header["Access-Control-Allow-Credentials"]; is {
		t.Errorf("credentials are %q", got)
	}
}
