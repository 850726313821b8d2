package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/proto/authpb"
)

// tokenForm is the form as a browser would post it with these scopes.
func tokenForm(b *browser, title string, scopes ...string) url.Values {
	b.t.Helper()
	form := b.fill("/settings/tokens/", map[string]string{"title": title, "days": "30"})
	form["scopes[]"] = scopes
	return form
}

func TestTokens_ShowTheSecretOnceWithACommandToTry(t *testing.T) {
	d := startDoorWith(t, doorConfig{PublicURL: "https://notes.example/"})
	b := d.signedIn(t, "ada@example.org")
	form := tokenForm(b, "Backup", "notes:read", "pads:read")
	made := b.post("/settings/tokens/", form)
	wantStatus(t, made, http.StatusOK)
	secret := d.tokens[0].GetSecret()
	wantText(t, made, `value="`+secret+`"`)
	wantText(t, made, "curl -H &#39;Authorization: Bearer "+secret+"&#39; https://notes.example/v1/notes")
	if got := made.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	asked := last[*authpb.CreateTokenRequest](d.world).GetToken()
	if got := asked.GetExpireTime().AsTime().Format("2006-01-02"); got != "2026-12-23" || len(asked.GetScopes()) != 2 {
		t.Errorf("asked for %v", asked)
	}

	again := b.post("/settings/tokens/", form)
	wantStatus(t, again, http.StatusConflict)
	wantText(t, again, sayShownOnce)
	list := b.get("/settings/tokens/")
	for _, page := range []answered{again, list} {
		wantNoText(t, page, "nj_pat_")
		wantText(t, page, "Read notes, Read pads")
		wantText(t, page, "never used, ends: 23 Dec. 2026")
	}
	if len(d.tokens) != 1 {
		t.Errorf("%d tokens were made", len(d.tokens))
	}
}

func TestTokens_TellWhatIsWrongBesideItsFieldAndKeepTheRest(t *testing.T) {
	b := startDoor(t).signedIn(t, "ada@example.org")
	answer := b.post("/settings/tokens/", tokenForm(b, ""))
	wantStatus(t, answer, http.StatusUnprocessableEntity)
	wantErrors(t, answer, map[string]string{"title": "This field is required.", "scopes": "Choose at least one."})
	answer = b.post("/settings/tokens/", tokenForm(b, "", "pads:write"))
	wantErrors(t, answer, map[string]string{"title": "This field is required."})
	wantText(t, answer, `value="pads:write" checked`)
	wantText(t, answer, `value="30" selected`)
}

func TestTokens_AreDeletedAfterAQuestion(t *testing.T) {
	d := startDoor(t)
	b, bob := d.signedIn(t, "ada@example.org"), d.signedIn(t, "bob@example.org")
	b.post("/settings/tokens/", tokenForm(b, "Backup", "notes:read"))
	path := linkTo(t, b.get("/settings/tokens/").body, "Delete")
	if !strings.HasPrefix(path, "/settings/tokens/") {
		t.Fatalf("Delete leads to %q", path)
	}
	wantText(t, b.get(path), "Are you sure you want to delete Backup?")
	wantStatus(t, bob.get(path), http.StatusNotFound)
	wantStatus(t, bob.post(path, bob.fill("/settings/", nil)), http.StatusNotFound)
	wantStatus(t, b.post(path, nil), http.StatusForbidden)
	wantRedirect(t, b.submit(path, nil), "/settings/tokens/")
	page := b.get("/settings/tokens/")
	wantText(t, page, "Token is successfully deleted")
	wantNoText(t, page, "Backup")
}
