package web

import (
	"net/http"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/proto/authpb"
)

// deviceOfAnswer gives the device's cookie that an answer sets; nil if it sets none.
func deviceOfAnswer(a answered) *http.Cookie {
	for _, cookie := range (&http.Response{Header: a.header}).Cookies() {
		if cookie.Name == deviceCookie {
			return cookie
		}
	}
	return nil
}

func (d *testDoor) signInAs(b *browser, email, password string) answered {
	return b.submit("/signin/", map[string]string{"email": email, "password": password})
}

func TestADeviceThatSignedInIsKnownToThatAccountAlsoAfterItSignedOut(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	d.person("ben@example.org")
	b := d.visitor(t)
	answer := d.signInAs(b, "ada@example.org", "wrong")
	if deviceOfAnswer(answer) != nil || d.cameFrom("SignIn").Device != "" {
		t.Error("a wrong password made the device known")
	}
	first := deviceOfAnswer(d.signInAs(b, "ada@example.org", goodPassword))
	if first == nil || !first.HttpOnly || first.SameSite != http.SameSiteLaxMode || first.Path != "/" || first.MaxAge != 365*24*60*60 {
		t.Fatalf("the cookie is %v", first)
	}
	if d.cameFrom("SignIn").Device != "" {
		t.Error("it was known before it had signed in")
	}
	out := b.submit("/signout/", nil)
	if deviceOfAnswer(out) != nil {
		t.Error("signing out touched the cookie")
	}
	again := deviceOfAnswer(d.signInAs(b, "ADA@example.org", "wrong"))
	id, _, _ := strings.Cut(first.Value, ".")
	if got := d.cameFrom("SignIn").Device; got != id || again != nil {
		t.Errorf("auth was told the device %q, want %q", got, id)
	}
	d.signInAs(b, "ben@example.org", "wrong")
	if got := d.cameFrom("SignIn").Device; got != "" {
		t.Errorf("auth was told the device %q for another account", got)
	}
	renewed := deviceOfAnswer(d.signInAs(b, "ada@example.org", goodPassword))
	if renewed == nil || renewed.Value != first.Value || strings.Contains(first.Value, "ada") {
		t.Errorf("it has become %v", renewed)
	}
}

func TestADeviceWithoutItsProofIsNotKnown(t *testing.T) {
	const email = "ada@example.org"
	ours, others := devices{[]byte("one key")}, devices{[]byte("another key")}
	id := strings.Repeat("A", 22)
	good := id + "." + ours.proof(id, email)
	if ours.known(good, email) != id {
		t.Fatal("our own is not known")
	}
	for name, cookie := range map[string]string{
		"nothing":                "",
		"no proof":               id + ".",
		"another key's":          id + "." + others.proof(id, email),
		"another account's":      id + "." + ours.proof(id, "ben@example.org"),
		"another id's":           strings.Repeat("B", 22) + "." + ours.proof(id, email),
		"a form's token":         id + "." + formTokens{[]byte("one key")}.of(id),
		"more than there may be": good + "A",
		"two":                    good + "." + good,
		"a line":                 good + "\n",
	} {
		if got := ours.known(cookie, email); got != "" {
			t.Errorf("%s: it is known as %q", name, got)
		}
	}
}

func TestAKnownDeviceIsNotShutOutByWhatOthersDoAtItsAddress(t *testing.T) {
	d := twoAtOnce(t)
	d.person("ada@example.org")
	owner, others := d.visitor(t).at("203.0.113.77"), d.visitor(t).at("203.0.113.77")
	wantRedirect(t, d.signInAs(owner, "ada@example.org", goodPassword), "/")
	wantRedirect(t, owner.submit("/signout/", nil), "/signin/")
	for range 5 {
		d.signInAs(others, "ada@example.org", "wrong")
	}
	wantStatus(t, d.signInAs(others, "ada@example.org", goodPassword), http.StatusTooManyRequests)
	wantRedirect(t, d.signInAs(owner, "ada@example.org", goodPassword), "/")
}

func TestREST_KnowsNoDevices(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	b := d.visitor(t)
	d.signInAs(b, "ada@example.org", goodPassword)
	b.do(http.MethodPost, "/v1/auth:signIn", "application/json", `{"email": "ada@example.org", "password": "wrong"}`)
	if got := last[*authpb.SignInRequest](d.world).GetPassword(); got != "wrong" || d.cameFrom("SignIn").Device != "" {
		t.Errorf("auth was told the device %q", d.cameFrom("SignIn").Device)
	}
}
