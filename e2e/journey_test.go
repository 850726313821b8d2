package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestANewcomerSignsUpWritesANoteAndSeesWhatHappened(t *testing.T) {
	p := visitor(t, stack.URL())
	p.get("/").leadsTo("/signin/?next=%2F")
	p.submit("/signup/", url.Values{"email": {p.email}, "password": {password}, "confirm_password": {password}}).leadsTo("/signin/")
	p.get("/signin/").says("Account is created. Now you can sign in.")
	p.get("/signin/").saysNot("Account is created.")
	p.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).leadsTo("/")
	p.get("/").is(http.StatusOK).says(p.email).says("All notes (0)").says("Create your first note.")

	p.submit("/notes/create/", url.Values{"name": {"  Shopping "}, "text": {"milk\r\n\r\n<b>bread</b>"}}).leadsTo("/")
	home := p.get("/").says("All notes (1)").says("Note is successfully created").says("No pad")
	note := p.get(home.linkTo("Shopping")).is(http.StatusOK)
	note.says("milk").says("<b>bread</b>").saysNot("<b>bread</b>").says("Last edited")

	edit := home.linkTo("Shopping") + "edit/"
	p.submit(edit, url.Values{"name": {"Shopping list"}, "text": {"milk"}}).leadsTo("/")
	p.get("/").says("Note is successfully updated").says("Shopping list")

	want := []string{"You signed up", "You signed in", "You created a note", "You edited and renamed a note"}
	eventually(t, "the trail shows all four", 5*time.Second, func() error {
		trail := p.get("/settings/activity/").is(http.StatusOK).text()
		for _, words := range want {
			if !strings.Contains(trail, words) {
				return fmt.Errorf("%q is missing in %q", words, trail)
			}
		}
		return nil
	})

	p.submit("/signout/", nil).leadsTo("/signin/")
	p.get("/").leadsTo("/signin/?next=%2F")
}

func TestTheOldSessionIsDeadAfterSignOutAtEveryDoor(t *testing.T) {
	p := signedIn(t, stack.URL(), "leaver")
	thief := *p // holds the same cookie in a jar of its own
	cookies := p.http.Jar.Cookies(mustURL(t, p.base))
	p.submit("/signout/", nil).leadsTo("/signin/")
	req := thief.request(http.MethodGet, "/", nil)
	for _, c := range cookies {
		req.AddCookie(c)
	}
	thief.http = &http.Client{CheckRedirect: p.http.CheckRedirect}
	thief.do(req).leadsTo("/signin/?next=%2F")

	status, _ := p.api(http.MethodGet, "/v1/notes", nil)
	if status != http.StatusOK {
		t.Fatalf("a new session by REST: %d", status)
	}
	status, answer := p.api(http.MethodPost, "/v1/auth:signOut", map[string]string{})
	if status != http.StatusOK {
		t.Fatalf("sign out by REST: %d %v", status, answer)
	}
	status, _ = p.api(http.MethodGet, "/v1/notes", nil)
	if status != http.StatusUnauthorized {
		t.Errorf("the ended session still lists notes: %d", status)
	}
}

func TestAFormPostedTwiceMakesOneNote(t *testing.T) {
	p := signedIn(t, stack.URL(), "doubler")
	form := p.get("/notes/create/").is(http.StatusOK).fill(url.Values{"name": {"once"}, "text": {"only"}})
	p.post("/notes/create/", form).leadsTo("/")
	p.post("/notes/create/", form).leadsTo("/")
	p.get("/").says("All notes (1)")
}

func TestANewerSaveElsewhereIsNotOverwritten(t *testing.T) {
	p := signedIn(t, stack.URL(), "twotabs")
	id := p.createNote("plan", "first", "")
	edit := "/notes/" + id + "/edit/"
	old := p.get(edit).is(http.StatusOK)
	p.submit(edit, url.Values{"name": {"plan"}, "text": {"from the other tab"}}).is(http.StatusSeeOther)
	conflict := p.post(edit, old.fill(url.Values{"name": {"plan"}, "text": {"from this tab"}})).is(http.StatusConflict)
	conflict.says("This note was changed elsewhere since you opened it.").says("from the other tab").says("from this tab")
	p.post(edit, conflict.fill(url.Values{"name": {"plan"}, "text": {"both"}})).is(http.StatusSeeOther)
	p.get("/notes/" + id + "/").says("both")
}

func TestTwentyFiveNotesArePagedForthAndBackInEveryOrder(t *testing.T) {
	p := signedIn(t, stack.URL(), "pager")
	for i := range 25 {
		status, answer := p.api(http.MethodPost, "/v1/notes", map[string]string{"title": fmt.Sprintf("note %02d", i), "text": "x"})
		if status != http.StatusOK {
			t.Fatalf("create: %d %v", status, answer)
		}
	}
	for order, first := range map[string]string{"name": "note 00", "-name": "note 24", "updated_at": "note 00", "-updated_at": "note 24", "bogus": "note 24"} {
		one := p.get("/?order=" + order).is(http.StatusOK).says("All notes (25)").says(first)
		two := p.get(one.linkTo("Next")).is(http.StatusOK).saysNot(first)
		three := p.get(two.linkTo("Next")).is(http.StatusOK).saysNot(first)
		if strings.Contains(three.text(), "Next") {
			t.Errorf("order %s: the third page of three has a next one", order)
		}
		p.get(p.get(three.linkTo("Previous")).linkTo("Previous")).is(http.StatusOK).says(first)
	}
	p.get("/?page=nonsense").is(http.StatusOK).says("note 24")
}

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
