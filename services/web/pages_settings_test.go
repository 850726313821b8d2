package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

const newPassword = "a wholly different password"

func changed(current, password, confirm string) map[string]string {
	return map[string]string{"current_password": current, "new_password": password, "confirm_password": confirm}
}

func TestSettings_LeadToThePagesAboutTheAccount(t *testing.T) {
	b := startDoor(t).signedIn(t, "ada@example.org")
	page := b.get("/settings/")
	wantStatus(t, page, http.StatusOK)
	if got := heading(t, page.body); got != "Account settings" {
		t.Errorf("heading is %q", got)
	}
	wantText(t, page, `<a href="/settings/activity/">Activity</a>`)
	wantText(t, page, `<a href="/settings/sessions/">Sessions</a>`)
	wantText(t, page, `<a href="/settings/tokens/">Access tokens</a>`)
	wantNoText(t, page, "autofocus")
	wantRedirect(t, b.get("/account/"), "/settings/")
}

func TestTheCorner_HasTheAddressAccountSettingsAndSignOut(t *testing.T) {
	d := startDoor(t)
	corner := func(b *browser) string {
		for node := range parse(t, b.get("/signin/").body).Descendants() {
			if attribute(node, "class") == "top" {
				return strings.Join(strings.Fields(textOf(node)), " ")
			}
		}
		return ""
	}
	if got := corner(d.signedIn(t, "ada@example.org")); got != "Notejam ada@example.org Account settings Sign out" {
		t.Errorf("signed in: %q", got)
	}
	if got := corner(d.visitor(t)); got != "Notejam Sign up Sign in" {
		t.Errorf("signed out: %q", got)
	}
}

func TestSettings_ChangeThePasswordAndEndOtherSessionsHereAtOnce(t *testing.T) {
	d := startDoor(t)
	b, other, bob := d.signedIn(t, "ada@example.org"), d.signedIn(t, "ada@example.org"), d.signedIn(t, "bob@example.org")
	for _, one := range []*browser{b, other, bob} {
		wantStatus(t, one.get("/"), http.StatusOK)
	}
	wantRedirect(t, b.submit("/settings/", changed(goodPassword, newPassword, newPassword)), "/settings/")
	page := b.get("/settings/")
	wantText(t, page, "Password is successfully changed")
	wantNoText(t, page, "Password is successfully changed.")
	wantRedirect(t, other.get("/"), "/signin/?next=%2F")
	wantStatus(t, b.get("/"), http.StatusOK)
	before := d.count()
	wantStatus(t, bob.get("/"), http.StatusOK)
	if calls := d.since(before); len(calls) != 1 || calls[0] != "GetNotesPage" {
		t.Errorf("somebody else's session was asked for again: %v", calls)
	}
	signIn := func(password string) answered {
		return d.visitor(t).submit("/signin/", map[string]string{"email": "ada@example.org", "password": password})
	}
	wantRedirect(t, signIn(newPassword), "/")
	wantStatus(t, signIn(goodPassword), http.StatusUnprocessableEntity)
}

func TestSettings_TellWhatIsWrongBesideItsField(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	for _, c := range []struct {
		name                       string
		current, password, confirm string
		errors                     map[string]string
	}{
		{"nothing filled in", "", "", "", map[string]string{"current_password": sayRequired, "new_password": sayRequired, "confirm_password": sayRequired}},
		{"passwords differ", goodPassword, newPassword, newPassword + "!", map[string]string{"confirm_password": sayMismatch}},
		{"current password wrong", "not this one", newPassword, newPassword, map[string]string{"current_password": "This is not your current password."}},
		{"too common", goodPassword, "password", "password", map[string]string{"new_password": "This password is too common."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := b.submit("/settings/", changed(c.current, c.password, c.confirm))
			wantStatus(t, answer, http.StatusUnprocessableEntity)
			wantErrors(t, answer, c.errors)
			wantText(t, answer, "autofocus")
			for field, value := range formOf(t, answer.body) {
				if strings.Contains(field, "password") && value[0] != "" {
					t.Errorf("%s is kept", field)
				}
			}
		})
	}
	if d.people["ada@example.org"] != goodPassword {
		t.Error("the password was changed")
	}
}

func TestSettings_AreForWhoeverIsSignedIn(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	wantRedirect(t, b.get("/settings/"), "/signin/?next=%2Fsettings%2F")
	wantRedirect(t, b.post("/settings/", nil), "/signin/?next=%2Fsettings%2F")
	wantStatus(t, d.signedIn(t, "ada@example.org").post("/settings/", nil), http.StatusForbidden)
}

func TestSettings_KeepTheRequestWhenItsFateIsNotKnown(t *testing.T) {
	d := startDoor(t)
	b, other := d.signedIn(t, "ada@example.org"), d.signedIn(t, "ada@example.org")
	wantStatus(t, other.get("/"), http.StatusOK)
	form := b.fill("/settings/", changed(goodPassword, newPassword, newPassword))
	d.fail("ChangePassword", fault.New(fault.Internal, fault.ReasonOutcomeUnknown, "Perhaps."))
	before := d.count()
	wantStatus(t, b.post("/settings/", form), http.StatusInternalServerError)
	wantStatus(t, other.get("/"), http.StatusOK)
	if calls := d.since(before); len(calls) != 3 || calls[1] != "ExchangeSession" {
		t.Errorf("a session that may have ended was not asked for: %v", calls)
	}
	d.fail("ChangePassword", fault.New(fault.Unavailable, fault.ReasonOutcomeUnknown, "Perhaps."))
	answer := b.post("/settings/", form)
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, awayNotice)
	if got := formOf(t, answer.body).Get("request_id"); got != form.Get("request_id") {
		t.Errorf("request id is %q", got)
	}
	d.fail("ChangePassword", fault.New(fault.Exhausted, "PASSWORD_QUEUE_FULL", "Too many.").RetryIn(time.Second))
	answer = b.post("/settings/", form)
	wantStatus(t, answer, http.StatusTooManyRequests)
	wantText(t, answer, "Too many tries. Wait 1 second and try again.")
	if got := last[*authpb.ChangePasswordRequest](d.world).GetRequestId(); got != form.Get("request_id") {
		t.Errorf("auth got request id %q", got)
	}
}
