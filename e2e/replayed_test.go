package e2e_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// repeated is a write that is sent twice.
type repeated struct {
	verb, path string
	body       map[string]any
	status     int            // of the repeat; 0 is 200
	again      map[string]any // the repeat's body, where it is another one
	marked     string         // Idempotent-Replayed of the repeat
}

func TestARepeatSaysInItsHeaderThatItIsOne(t *testing.T) {
	ann := newOwner(t, "ann")
	note, pad := ann.note(), ann.pad()
	gone, emptied := ann.deleted(ann.note()), ann.pad()
	mine := map[string]any{"title": "Mine"}
	written := map[string]any{"title": "Beans", "text": "Soak."}
	for name, w := range map[string]repeated{
		"a sign-up":                 {verb: http.MethodPost, path: "/v1/auth:signUp", body: signUpOf("again-"+ann.email, password), marked: "true"},
		"a note that is made":       {verb: http.MethodPost, path: "/v1/notes", body: written, marked: "true"},
		"a note that is changed":    {verb: http.MethodPatch, path: "/v1/" + note, body: mine, marked: "true"},
		"a note that is deleted":    {verb: http.MethodDelete, path: "/v1/" + ann.note(), marked: "true"},
		"a note that is taken back": {verb: http.MethodPost, path: "/v1/" + gone + ":undelete", body: map[string]any{}, marked: "true"},
		"a pad that is made":        {verb: http.MethodPost, path: "/v1/pads", body: mine, marked: "true"},
		"a pad that is changed":     {verb: http.MethodPatch, path: "/v1/" + pad, body: mine, marked: "true"},
		"a pad that is deleted":     {verb: http.MethodDelete, path: "/v1/" + emptied, marked: "true"},
		"a session that is ended":   {verb: http.MethodDelete, path: "/v1/" + ann.anotherSession().name, marked: "true"},
		"a token that is deleted":   {verb: http.MethodDelete, path: "/v1/" + ann.made("/v1/tokens", tokenBody("notes:read")), marked: "true"},

		"a sign-in, which is a new one":   {verb: http.MethodPost, path: "/v1/auth:signIn", body: map[string]any{"email": ann.email, "password": password}},
		"a token, whose secret was shown": {verb: http.MethodPost, path: "/v1/tokens", body: tokenBody("notes:read"), status: http.StatusConflict},
		"another note with the same id":   {verb: http.MethodPost, path: "/v1/notes", body: written, again: mine, status: http.StatusBadRequest},
		"a sign-up with another password": {verb: http.MethodPost, path: "/v1/auth:signUp", body: signUpOf("two-"+ann.email, password), again: signUpOf("two-"+ann.email, "another long password"), status: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			id := uuid.NewString()
			first := ann.sends(w.verb, w.path, id, w.body)
			first.is(http.StatusOK)
			if got := first.header.Values("Idempotent-Replayed"); len(got) > 0 {
				t.Errorf("the first answer says %q", got)
			}
			if w.again == nil {
				w.again = w.body
			}
			second := ann.sends(w.verb, w.path, id, w.again).is(max(w.status, http.StatusOK))
			if got := second.header.Get("Idempotent-Replayed"); got != w.marked {
				t.Errorf("the repeat says %q, want %q: %s", got, w.marked, second.body)
			}
		})
	}
	if got := ann.sends(http.MethodGet, "/v1/"+note, "", nil).is(http.StatusOK).header.Values("Idempotent-Replayed"); len(got) > 0 {
		t.Errorf("a read says %q", got)
	}
}

func signUpOf(email, secret string) map[string]any {
	return map[string]any{"email": email, "password": secret}
}

// sends makes one call with a request id: in the body where that holds all that the request has, and in the query otherwise.
func (o *owner) sends(verb, path, id string, body map[string]any) *page {
	o.t.Helper()
	fields := maps.Clone(body)
	switch {
	case strings.Contains(path, ":"):
		fields["requestId"] = id
	case verb != http.MethodGet:
		path += "?requestId=" + id
	}
	content := ""
	if body != nil {
		data, err := json.Marshal(fields)
		if err != nil {
			o.t.Fatal(err)
		}
		content = string(data)
	}
	req := o.request(verb, path, strings.NewReader(content))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+o.token)
	return o.do(req)
}
