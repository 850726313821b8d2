package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// buttons gives what the buttons of a page would end.
func buttons(t *testing.T, page string) []string {
	t.Helper()
	var found []string
	for node := range parse(t, page).Descendants() {
		if attribute(node, "name") == "end" {
			found = append(found, attribute(node, "value"))
		}
	}
	return found
}

// press presses the button of Sessions that sends a value, also one of a page from before.
func press(t *testing.T, b *browser, value string) answered {
	t.Helper()
	form := formOf(t, b.get("/settings/").body) // the token is the same, and there is a form also when nothing is left to end
	form.Set("end", value)
	return b.post("/settings/sessions/", form)
}

func TestSessions_AreListedTheLastUsedFirstWithThisOneMarked(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	session := func(id, device, network string, started, used time.Duration) *authpb.Session {
		return &authpb.Session{
			Name: "sessions/" + id, Device: device, Network: network, Current: id == "this",
			CreateTime: timestamppb.New(testNow.Add(-started)), LastUseTime: timestamppb.New(testNow.Add(-used)),
		}
	}
	const hour = time.Hour
	d.listed = []*authpb.Session{
		session("new", "unknown", "", 24*hour, 24*hour), session("this", "Firefox on Linux", "203.0.113.0/24", 48*hour, 0),
		session("old", "", "2001:db8:7::/48", 72*hour, hour),
	}
	page := b.get("/settings/sessions/")
	wantStatus(t, page, http.StatusOK)
	if got := heading(t, page.body); got != "Sessions" {
		t.Errorf("heading is %q", got)
	}
	list := strings.Join(strings.Fields(textOf(element(t, page.body, "main"))), " ")
	want := "Firefox on Linux (this session) 203.0.113.0/24, last used: Today at 10:51 Signed in: 2 days ago Sign out " +
		"Unknown device 2001:db8:7::/48, last used: Today at 09:51 Signed in: 3 days ago End " +
		"Unknown device last used: Yesterday at 10:51 Signed in: Yesterday at 10:51 End " +
		"End all other sessions"
	if !strings.Contains(list, want) {
		t.Errorf("got  %s\nwant %s", list, want)
	}
	if got := buttons(t, page.body); !slices.Equal(got, []string{"old", "new", "others"}) {
		t.Errorf("buttons end %v", got)
	}
}

func TestSessions_OfOneAloneHaveNothingToEnd(t *testing.T) {
	page := startDoor(t).signedIn(t, "ada@example.org").get("/settings/sessions/")
	wantStatus(t, page, http.StatusOK)
	if got := buttons(t, page.body); len(got) > 0 {
		t.Errorf("buttons end %v", got)
	}
}

func TestSessions_EndHereAtOnce(t *testing.T) {
	d := startDoor(t)
	b, bob := d.signedIn(t, "ada@example.org"), d.signedIn(t, "bob@example.org")
	other := d.signedIn(t, "ada@example.org")
	for _, one := range []*browser{b, other, bob} {
		wantStatus(t, one.get("/"), http.StatusOK)
	}
	id := buttons(t, b.get("/settings/sessions/").body)[0]
	for range 2 { // the second time it has ended already
		wantRedirect(t, press(t, b, id), "/settings/sessions/")
		wantText(t, b.get("/settings/sessions/"), "The session is ended.")
	}
	wantRedirect(t, other.get("/"), "/signin/?next=%2F")

	third, fourth := d.signedIn(t, "ada@example.org"), d.signedIn(t, "ada@example.org")
	wantStatus(t, third.get("/"), http.StatusOK)
	wantRedirect(t, press(t, b, "others"), "/settings/sessions/")
	wantText(t, b.get("/settings/sessions/"), "All other sessions are ended.")
	wantRedirect(t, third.get("/"), "/signin/?next=%2F")
	wantRedirect(t, fourth.get("/"), "/signin/?next=%2F")
	wantStatus(t, bob.get("/"), http.StatusOK)
}

func TestSessions_OfSomebodyElseAreNotEnded(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	other := d.person("bob@example.org")
	wantRedirect(t, press(t, b, sessionID(other)), "/settings/sessions/")
	if d.sessions[other] == "" {
		t.Error("it was ended")
	}
}

func TestSessions_NeedAFormOfOursAndSomebody(t *testing.T) {
	d := startDoor(t)
	wantRedirect(t, d.visitor(t).get("/settings/sessions/"), "/signin/?next=%2Fsettings%2Fsessions%2F")
	b := d.signedIn(t, "ada@example.org")
	other := d.person("ada@example.org")
	wantStatus(t, b.post("/settings/sessions/", nil), http.StatusForbidden)
	if d.sessions[other] == "" {
		t.Error("it was ended")
	}
}

func TestSessions_SayThatAuthIsAway(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	page := b.get("/settings/sessions/")
	d.fail("DeleteSession", fault.New(fault.Unavailable, fault.ReasonUnavailable, "Try again."))
	wantStatus(t, press(t, b, "x"), http.StatusServiceUnavailable)
	d.fail("ListSessions", fault.New(fault.Unavailable, fault.ReasonUnavailable, "Try again."))
	wantStatus(t, b.get("/settings/sessions/"), http.StatusServiceUnavailable)
	wantStatus(t, page, http.StatusOK)
}
