package e2e_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"
)

var tokenRules = []rule{
	{"A program with a personal access token does what the token's scopes allow, and no more", with(func(p *person) {
		token, name := p.makeToken("notes:read", "account:read")
		wantCall(p.t, http.StatusOK, "")(p.call(http.MethodGet, "/v1/notes", nil, token))
		wantCall(p.t, http.StatusForbidden, "SCOPE_MISSING")(p.call(http.MethodPost, "/v1/notes", map[string]string{"title": "a", "text": "b"}, token))
		wantCall(p.t, http.StatusForbidden, "SCOPE_MISSING")(p.call(http.MethodDelete, "/v1/"+name, nil, token))
		wantCall(p.t, http.StatusForbidden, "SCOPE_MISSING")(p.call(http.MethodPost, "/v1/tokens", tokenBody("notes:write"), token))
	})},
	{"A token's secret is shown once: neither the list nor a repeat of the request shows it again", with(func(p *person) {
		path := "/v1/tokens?requestId=" + uuid.NewString()
		status, made := p.api(http.MethodPost, path, tokenBody("notes:read"))
		if status != http.StatusOK || made["secret"] == "" {
			p.t.Fatalf("got %d %v", status, made["name"])
		}
		wantCall(p.t, http.StatusConflict, "SECRET_SHOWN_ONCE")(p.api(http.MethodPost, path, tokenBody("notes:read")))
		_, answer := p.api(http.MethodGet, "/v1/tokens", nil)
		list, _ := answer["tokens"].([]any)
		if len(list) != 1 {
			p.t.Fatalf("the list has %d tokens, want 1", len(list))
		}
		if one, _ := list[0].(map[string]any); one["name"] != made["name"] || one["secret"] != "" {
			p.t.Errorf("the list has %v, want %v without its secret", one["name"], made["name"])
		}
	})},
	{"A deleted token does not work any more", with(func(p *person) {
		token, name := p.makeToken("notes:read")
		wantCall(p.t, http.StatusOK, "")(p.call(http.MethodGet, "/v1/notes", nil, token))
		wantCall(p.t, http.StatusOK, "")(p.api(http.MethodDelete, "/v1/"+name, nil))
		wantCall(p.t, http.StatusUnauthorized, "TOKEN_INVALID")(p.call(http.MethodGet, "/v1/notes", nil, token))
	})},
	{"A changed password ends all tokens", with(func(p *person) {
		token, _ := p.makeToken("notes:read")
		wantCall(p.t, http.StatusOK, "")(p.call(http.MethodGet, "/v1/notes", nil, token))
		p.submit("/settings/", url.Values{
			"current_password": {password}, "new_password": {"another good one"}, "confirm_password": {"another good one"},
		}).is(http.StatusSeeOther)
		wantCall(p.t, http.StatusUnauthorized, "TOKEN_INVALID")(p.call(http.MethodGet, "/v1/notes", nil, token))
	})},
}

func tokenBody(scopes ...string) map[string]any {
	return map[string]any{"title": canaryTitle, "scopes": scopes}
}

// makeToken makes a personal access token and gives its secret and its name.
func (p *person) makeToken(scopes ...string) (secret, name string) {
	p.t.Helper()
	status, made := p.api(http.MethodPost, "/v1/tokens", tokenBody(scopes...))
	secret, _ = made["secret"].(string)
	name, _ = made["name"].(string)
	if status != http.StatusOK || secret == "" {
		p.t.Fatalf("make a token: %d %v", status, made["error"])
	}
	return secret, name
}

// wantCall checks a call's status and, unless it is empty, the reason of its
// refusal.
func wantCall(t *testing.T, status int, reason string) func(int, map[string]any) {
	t.Helper()
	return func(got int, answer map[string]any) {
		t.Helper()
		told := ""
		if problem, ok := answer["error"].(map[string]any); ok {
			details, _ := problem["details"].([]any)
			for _, detail := range details {
				one, _ := detail.(map[string]any)
				if text, ok := one["reason"].(string); ok {
					told = text
				}
			}
		}
		if got != status || told != reason {
			t.Fatalf("got %d %q, want %d %q: %v", got, told, status, reason, answer["error"])
		}
	}
}
