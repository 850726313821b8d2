package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// The form of /docs/, with a token that the person pastes: the session's cookie is worth nothing there.
func TestAPersonTriesCallsOnThePageOfTheAPIInABrowser(t *testing.T) {
	p := signedIn(t, stack.URL(), "tries")
	p.api(http.MethodGet, "/v1/notes", nil) // signs in
	b := startChromium(t).open(t, stack.URL(), wide)
	b.visit("/signin/?next=%2Fdocs%2F")
	b.fill([2]string{"Email", p.email}, [2]string{"Password", password})
	b.enter("The API")

	b.tryCall("createPad")
	b.send("", "401 Unauthorized", "TOKEN_INVALID")
	b.takeProblems() // the refusal, which was asked for
	b.tryCall("createPad")
	b.send(p.token, "200 OK", `"title": "Recipes"`)
	b.tryCall("listPads")
	b.send(p.token, "200 OK", `"noteCount": 0`)
	b.tryCall("getNote")
	b.send(p.token, "404 Not Found", "NOTE_NOT_FOUND")
	b.takeProblems()
	if kept := evaluate[string](b, `JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])`); strings.Contains(kept, p.token) {
		t.Errorf("the token is kept: %s", kept)
	}
	evaluate[bool](b, `(() => { document.getElementById("try-path").value = "//evil.example/v1/notes"; return true; })()`)
	b.send(p.token, "The path must begin with /v1/.", "")

	for _, l := range stateLooks {
		b.become(l)
		b.visit("/docs/")
		evaluate[bool](b, `(() => { document.querySelectorAll("details").forEach((d) => { d.open = true; }); return true; })()`)
		b.arrived("The API")
	}
}

func TestThePageOfTheAPIIsReadableWithoutScripts(t *testing.T) {
	p := signedIn(t, stack.URL(), "reads")
	b := startChromium(t).open(t, stack.URL(), look{name: "without scripts", width: 1280, height: 860, noScripts: true})
	b.visit("/signin/?next=%2Fdocs%2F")
	b.fill([2]string{"Email", p.email}, [2]string{"Password", password})
	b.enter("The API")
	b.says("PATCH /v1/notes/{note}")
	b.says("Changes the title, the text or the pad of a note.")
	for _, dead := range []string{"Try it", "The sessionToken of signIn"} {
		if text := evaluate[string](b, `document.querySelector("main").innerText`); strings.Contains(text, dead) {
			t.Errorf("it says %q, which does nothing", dead)
		}
	}
}

// tryCall presses "Try it" at a call.
func (b *browser) tryCall(id string) {
	b.t.Helper()
	pressed := evaluate[bool](b, fmt.Sprintf(`(() => { document.querySelector("#%s").parentNode.querySelector("a[data-verb]").click(); return true; })()`, id))
	if !pressed {
		b.t.Fatalf("%s cannot be tried", id)
	}
}

// send writes the token, sends the call, and waits for what comes back.
func (b *browser) send(token, status, holds string) {
	b.t.Helper()
	evaluate[bool](b, `(() => { document.getElementById("try-answer").textContent = ""; document.getElementById("try-token").focus(); return true; })()`)
	if token != "" {
		b.write(token)
	}
	b.keys(kb.Enter)
	eventually(b.t, "the call is answered", 10*time.Second, func() error {
		said := evaluate[string](b, `document.getElementById("try-answer").textContent`)
		if !strings.HasPrefix(said, status) || !strings.Contains(said, holds) {
			return fmt.Errorf("it says %q", said)
		}
		return nil
	})
}
