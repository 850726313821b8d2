package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

const goodPassword = "correct horse battery"

func TestSignUp_LeadsToSignInWithAMessageShownOnce(t *testing.T) {
	b := startDoor(t).visitor(t)
	answer := b.submit("/signup/", map[string]string{"email": "ada@example.org", "password": goodPassword, "confirm_password": goodPassword})
	wantRedirect(t, answer, "/signin/")
	wantText(t, b.get("/signin/"), "Account is created. Now you can sign in.")
	wantNoText(t, b.get("/signin/"), "Account is created.")
}

func TestSignUp_TellsWhatIsWrongBesideItsField(t *testing.T) {
	d := startDoor(t)
	d.person("taken@example.org")
	for _, c := range []struct {
		name                     string
		email, password, confirm string
		errors                   map[string]string
	}{
		{"nothing filled in", "", "", "", map[string]string{"email": sayRequired, "password": sayRequired, "confirm_password": sayRequired}},
		{"no confirmation", "a@example.org", goodPassword, "", map[string]string{"confirm_password": sayRequired}},
		{"passwords differ", "a@example.org", goodPassword, goodPassword + "!", map[string]string{"confirm_password": sayMismatch}},
		{"address taken", "taken@example.org", goodPassword, goodPassword, map[string]string{"email": sayTaken}},
		{"address malformed", "example.org", goodPassword, goodPassword, map[string]string{"email": "Enter a valid email address."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := d.visitor(t)
			answer := b.submit("/signup/", map[string]string{"email": c.email, "password": c.password, "confirm_password": c.confirm})
			wantStatus(t, answer, http.StatusUnprocessableEntity)
			wantErrors(t, answer, c.errors)
			wantNoText(t, answer, goodPassword)
			form := formOf(t, answer.body)
			if form.Get("email") != c.email {
				t.Errorf("the form keeps the address %q, want %q", form.Get("email"), c.email)
			}
		})
	}
}

func TestSignUp_SendsTheSameRequestIDWhenItsFormIsPostedTwice(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	form := b.fill("/signup/", map[string]string{"email": "ada@example.org", "password": goodPassword, "confirm_password": goodPassword})
	b.post("/signup/", form)
	first := last[*authpb.SignUpRequest](d.world).GetRequestId()
	b.post("/signup/", form)
	if again := last[*authpb.SignUpRequest](d.world).GetRequestId(); again != first {
		t.Errorf("the second POST has request id %s, the first had %s", again, first)
	}
}

func TestSignIn_StartsASessionAndLeadsToThePageFirstAskedFor(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	for next, want := range map[string]string{
		"":                                     "/",
		"?next=%2Fnotes%2Fcreate%2F%3Fpad%3D1": "/notes/create/?pad=1",
		"?next=https://evil.example/":          "/",
		"?next=//evil.example/":                "/",
	} {
		b := d.visitor(t)
		answer := b.submit("/signin/"+next, map[string]string{"email": "ada@example.org", "password": goodPassword})
		wantRedirect(t, answer, want)
		cookie := answer.header.Get("Set-Cookie")
		for _, part := range []string{"nj_session=nj_ses_", "Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("cookie %q lacks %s", cookie, part)
			}
		}
		home := b.get("/")
		wantStatus(t, home, http.StatusOK)
		wantText(t, home, "ada@example.org")
	}
}

func TestSignIn_KeepsTheNextPageInItsForm(t *testing.T) {
	b := startDoor(t).visitor(t)
	page := b.get("/signin/?next=%2Fpads%2Fcreate%2F")
	if action := attribute(element(t, page.body, "form"), "action"); action != "/signin/?next=%2Fpads%2Fcreate%2F" {
		t.Errorf("the form posts to %q", action)
	}
}

func TestSignIn_FailsInTheSameWordsForEveryReason(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	b := d.visitor(t)
	wrong := b.submit("/signin/", map[string]string{"email": "ada@example.org", "password": "not this one"})
	wantStatus(t, wrong, http.StatusUnprocessableEntity)
	wantText(t, wrong, sayWrongSignIn)
	unknown := b.submit("/signin/", map[string]string{"email": "bob@example.org", "password": "not this one"})
	wantStatus(t, unknown, http.StatusUnprocessableEntity)
	wantText(t, unknown, sayWrongSignIn)
	d.fail("SignIn", fault.InvalidFields(fault.Field{Name: "email", Sentence: "Enter a valid email address."}))
	malformed := b.submit("/signin/", map[string]string{"email": "x", "password": "not this one"})
	wantStatus(t, malformed, http.StatusUnprocessableEntity)
	wantText(t, malformed, sayWrongSignIn)
	wantErrors(t, malformed, nil)
	empty := b.submit("/signin/", map[string]string{"email": "", "password": ""})
	wantErrors(t, empty, map[string]string{"email": sayRequired, "password": sayRequired})
}

func TestSignIn_SaysHowLongToWaitWhenThereAreTooManyTries(t *testing.T) {
	d := startDoor(t)
	d.fail("SignIn", fault.New(fault.Exhausted, "PASSWORD_QUEUE_FULL", "Too many.").RetryIn(1200*time.Millisecond))
	answer := d.visitor(t).submit("/signin/", map[string]string{"email": "ada@example.org", "password": goodPassword})
	wantStatus(t, answer, http.StatusTooManyRequests)
	wantText(t, answer, "Too many tries. Wait 2 seconds and try again.")
	if answer.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After is %q", answer.header.Get("Retry-After"))
	}
}

func TestSignIn_KeepsTheFormWhenAuthIsAway(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	form := b.fill("/signin/", map[string]string{"email": "ada@example.org", "password": goodPassword})
	d.stop(forAuth)
	answer := b.post("/signin/", form)
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, awayNotice)
	if answer.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if kept := formOf(t, answer.body); kept.Get("email") != "ada@example.org" || kept.Get("password") != "" {
		t.Errorf("the form keeps %v", kept)
	}
}

func TestSignOut_EndsTheSessionHereAtOnce(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	secret := b.session()
	wantStatus(t, b.get("/"), http.StatusOK)
	page := b.get("/signout/")
	wantText(t, page, "Sign out")
	if b.session() == "" {
		t.Fatal("GET ended the session")
	}
	answer := b.post("/signout/", formOf(t, page.body))
	wantRedirect(t, answer, "/signin/")
	if answer.header.Get("Clear-Site-Data") != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data is %q", answer.header.Get("Clear-Site-Data"))
	}
	if b.session() != "" {
		t.Error("the cookie is still there")
	}
	wantText(t, b.get("/signin/"), "You are signed out.")

	thief := d.visitor(t)
	thief.setCookie(sessionCookie, secret)
	wantRedirect(t, thief.get("/"), "/signin/?next=%2F")
}

func TestSignOut_WithoutASessionIsTheSame(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	before := d.count()
	wantRedirect(t, b.submit("/signout/", nil), "/signin/")
	if calls := d.since(before); len(calls) > 0 {
		t.Errorf("auth was asked: %v", calls)
	}
}

func TestSignOut_SaysThatTheSessionGoesOnWhenAuthIsAway(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	form := b.fill("/signout/", nil)
	d.fail("SignOut", fault.New(fault.Unavailable, fault.ReasonUnavailable, "Away."))
	answer := b.post("/signout/", form)
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, "you are still signed in")
	if b.session() == "" {
		t.Error("the cookie is gone")
	}
}

func TestASessionThatEndedElsewhereIsDeadAfterTenSeconds(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	wantStatus(t, b.get("/"), http.StatusOK)
	d.mu.Lock()
	clear(d.sessions)
	d.mu.Unlock()
	d.clock.Store(9)
	wantStatus(t, b.get("/"), http.StatusOK)
	d.clock.Store(10)
	wantRedirect(t, b.get("/"), "/signin/?next=%2F")
}

func TestSessions_AreExchangedOnceForManyPages(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	for range 5 {
		wantStatus(t, b.get("/"), http.StatusOK)
	}
	calls := d.since(0)
	want := []string{"ExchangeSession", "GetNotesPage", "GetNotesPage", "GetNotesPage", "GetNotesPage", "GetNotesPage"}
	if !slices.Equal(calls, want) {
		t.Errorf("calls are %v, want %v", calls, want)
	}
}

func TestCookiesThatCannotBeSessionsAreNotSentToAuth(t *testing.T) {
	d := startDoor(t)
	for _, value := range []string{"x", "nj_ses_short", "nj_ses_" + strings.Repeat("a", 44), "nj_pat_" + strings.Repeat("a", 43)} {
		b := d.visitor(t)
		b.setCookie(sessionCookie, value)
		wantRedirect(t, b.get("/"), "/signin/?next=%2F")
	}
	if calls := d.since(0); len(calls) > 0 {
		t.Errorf("auth was asked: %v", calls)
	}
}

func TestTwoSessionCookiesCountAsNone(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	b.header.Set("Cookie", sessionCookie+"=planted")
	wantRedirect(t, b.get("/"), "/signin/?next=%2F")
}

func TestOpenPagesComeWhenAuthIsAway(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.stop(forAuth)
	for _, path := range []string{"/signin/", "/signup/", "/signout/", "/forgot-password/"} {
		wantStatus(t, b.get(path), http.StatusOK)
	}
	wantStatus(t, b.get("/"), http.StatusServiceUnavailable)
}
