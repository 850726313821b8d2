package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

const someResetPath = "/reset-password/" + someReset + "/"

func chosen(password, confirm string) map[string]string {
	return map[string]string{"new_password": password, "confirm_password": confirm}
}

func TestForgotPassword_GivesOneAnswerToEveryWellFormedAddress(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	for _, email := range []string{"ada@example.org", "nobody@example.org"} {
		b := d.visitor(t)
		wantText(t, b.get("/signin/"), `<a href="/forgot-password/">Forgot password?</a>`)
		wantRedirect(t, b.submit("/forgot-password/", map[string]string{"email": email}), "/signin/")
		wantText(t, b.get("/signin/"), "If this address is signed up, a mail with a link is on its way.")
		if got := last[*authpb.RequestPasswordResetRequest](d.world).GetEmail(); got != email {
			t.Errorf("auth was asked for %q", got)
		}
	}
}

func TestForgotPassword_TellsWhatIsWrong(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	if got := heading(t, b.get("/forgot-password/").body); got != "Forgot password?" {
		t.Errorf("heading is %q", got)
	}
	for email, want := range map[string]string{"": sayRequired, "ada at example": "Enter a valid email address."} {
		answer := b.submit("/forgot-password/", map[string]string{"email": email})
		wantStatus(t, answer, http.StatusUnprocessableEntity)
		wantErrors(t, answer, map[string]string{"email": want})
		if kept := formOf(t, answer.body).Get("email"); kept != email {
			t.Errorf("the form keeps %q", kept)
		}
	}
	d.stop(forAuth)
	answer := b.post("/forgot-password/", b.fill("/forgot-password/", map[string]string{"email": "ada@example.org"}))
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, "ada@example.org")
}

func TestReset_SetsThePasswordAndEndsAllSessionsHereAtOnce(t *testing.T) {
	d := startDoor(t)
	signedIn := d.signedIn(t, "ada@example.org")
	wantStatus(t, signedIn.get("/"), http.StatusOK)
	d.addReset()
	b := d.visitor(t)
	for range 2 { // opening the link uses nothing up
		wantStatus(t, b.get(someResetPath), http.StatusOK)
	}
	form := b.fill(someResetPath, chosen(newPassword, newPassword))
	wantRedirect(t, b.post(someResetPath, form), "/signin/")
	wantText(t, b.get("/signin/"), "Password is successfully changed. Now you can sign in.")
	wantRedirect(t, signedIn.get("/"), "/signin/?next=%2F")
	wantRedirect(t, b.submit("/signin/", map[string]string{"email": "ada@example.org", "password": newPassword}), "/")
	if got := last[*authpb.ConfirmPasswordResetRequest](d.world); got.GetRequestId() != form.Get("request_id") || got.GetToken() != someReset {
		t.Errorf("auth got %v", got)
	}
	wantStatus(t, b.get(someResetPath), http.StatusNotFound)
}

func TestReset_TellsWhatIsWrongAndTheLinkStillWorks(t *testing.T) {
	d := startDoor(t)
	d.addReset()
	b := d.visitor(t)
	for _, c := range []struct {
		name, password, confirm string
		errors                  map[string]string
	}{
		{"nothing filled in", "", "", map[string]string{"new_password": sayRequired, "confirm_password": sayRequired}},
		{"passwords differ", newPassword, newPassword + "!", map[string]string{"confirm_password": sayMismatch}},
		{"too common", "password", "password", map[string]string{"new_password": "This password is too common."}},
	} {
		answer := b.submit(someResetPath, chosen(c.password, c.confirm))
		wantStatus(t, answer, http.StatusUnprocessableEntity)
		wantErrors(t, answer, c.errors)
	}
	wantRedirect(t, b.submit(someResetPath, chosen(newPassword, newPassword)), "/signin/")
}

func TestReset_IsA404PageForLinksThatDoNotWorkWhateverTheFieldsHold(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	token := b.fill("/signin/", nil).Get(formTokenField)
	for name, fields := range map[string]map[string]string{"good fields": chosen(newPassword, newPassword), "no fields": chosen("", "")} {
		form := url.Values{formTokenField: {token}}
		for field, value := range fields {
			form.Set(field, value)
		}
		answer := b.post(someResetPath, form)
		wantStatus(t, answer, http.StatusNotFound)
		if got := heading(t, answer.body); got != "There is nothing here." {
			t.Errorf("%s: heading is %q", name, got)
		}
	}
	wantStatus(t, b.get(someResetPath), http.StatusNotFound)
	wantStatus(t, b.post(someResetPath, nil), http.StatusForbidden)

	before := d.count()
	for _, path := range []string{"/reset-password/x/", "/reset-password/" + strings.Repeat("a", 201) + "/", "/reset-password/%ff" + someReset + "/", "/reset-password/" + someReset + "%2F/"} {
		wantStatus(t, b.get(path), http.StatusNotFound)
	}
	if calls := d.since(before); len(calls) > 0 {
		t.Errorf("auth was asked: %v", calls)
	}
}

func TestReset_WaitsForAuthWithTheFormKept(t *testing.T) {
	d := startDoor(t)
	d.addReset()
	b := d.visitor(t)
	form := b.fill(someResetPath, chosen(newPassword, newPassword))
	d.fail("ConfirmPasswordReset", fault.New(fault.Unavailable, fault.ReasonUnavailable, "Away."))
	d.fail("CheckPasswordReset", fault.New(fault.Unavailable, fault.ReasonUnavailable, "Away."))
	answer := b.post(someResetPath, form)
	wantStatus(t, answer, http.StatusServiceUnavailable)
	if got := formOf(t, answer.body).Get("request_id"); got != form.Get("request_id") {
		t.Errorf("request id is %q", got)
	}
	answer = b.get(someResetPath)
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, "Notejam is not available right now.")
}

func TestReset_LeavesItsTokenInNoLog(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	b.get(someResetPath)
	d.addReset()
	b.get(strings.TrimSuffix(someResetPath, "/"))
	b.do(http.MethodDelete, someResetPath, "", "")
	form := b.fill(someResetPath, chosen(newPassword, newPassword))
	d.fail("ConfirmPasswordReset", fault.New(fault.Internal, fault.ReasonInternal, "x"))
	wantStatus(t, b.post(someResetPath, form), http.StatusInternalServerError)
	d.fail("ConfirmPasswordReset", nil)
	b.post(someResetPath, form)
	if strings.Contains(d.log.String(), someReset) || !strings.Contains(d.log.String(), "/reset-password/{token}/") {
		t.Errorf("the log holds the token, or not the route:\n%s", d.log)
	}
}
