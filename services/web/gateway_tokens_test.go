package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestREST_TakesAPersonalAccessTokenUntilItIsDeleted(t *testing.T) {
	d := startDoor(t)
	owner := d.program(t)
	made := owner.do(http.MethodPost, "/v1/tokens", "application/json", `{"title":"Backup","scopes":["notes:read"]}`)
	wantStatus(t, made, http.StatusOK)
	var token struct{ Name, Secret string }
	err := json.Unmarshal([]byte(made.body), &token)
	if err != nil || !tokenShape.MatchString(token.Secret) {
		t.Fatalf("%v in %s", err, made.body)
	}
	listed := owner.do(http.MethodGet, "/v1/tokens", "", "")
	wantText(t, listed, token.Name)
	if strings.Contains(listed.body, token.Secret) {
		t.Error("the list tells the secret")
	}

	p := d.visitor(t)
	p.header = http.Header{"Authorization": {"Bearer " + token.Secret}}
	for range 3 {
		wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
	}
	asked := 0
	for _, method := range d.calls {
		if strings.HasSuffix(method, "ExchangeToken") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("auth was asked %d times about the token, want once", asked)
	}

	wantStatus(t, owner.do(http.MethodDelete, "/v1/"+token.Name, "", ""), http.StatusOK)
	refused := wantRESTError(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusUnauthorized, "UNAUTHENTICATED", "TOKEN_INVALID")
	if !strings.Contains(refused.Error.Message, "nj_pat_") || !strings.Contains(refused.Error.Message, "nj_ses_") {
		t.Errorf("the message %q does not name both kinds", refused.Error.Message)
	}
}

func TestAPersonalAccessTokenInACookieIsNothing(t *testing.T) {
	d := startDoor(t)
	made := d.program(t).do(http.MethodPost, "/v1/tokens", "application/json", `{"title":"Backup","scopes":["notes:read"]}`)
	var token struct{ Secret string }
	err := json.Unmarshal([]byte(made.body), &token)
	if err != nil {
		t.Fatal(err)
	}
	b := d.visitor(t)
	b.header = http.Header{"Cookie": {sessionCookie + "=" + token.Secret}}
	answer := b.do(http.MethodGet, "/", "", "")
	if answer.status != http.StatusSeeOther && answer.status != http.StatusFound || !strings.HasPrefix(answer.header.Get("Location"), "/signin/") {
		t.Errorf("got %d to %q, want the way to sign in", answer.status, answer.header.Get("Location"))
	}
}
