package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestHome_ListsNotesWithTheirPadsAndDates(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen & cellar")
	d.addNote("ada@example.org", "Beans", "Soak.", pad)
	d.addNote("ada@example.org", "Roofer", "Call.", "")
	d.addNote("bob@example.org", "Bob's", "secret", "")
	d.notes[1].UpdateTime = timestamppb.New(testNow.Add(-26 * time.Hour))
	page := b.get("/")
	wantStatus(t, page, http.StatusOK)
	if got := heading(t, page.body); got != "All notes (2)" {
		t.Errorf("heading is %q", got)
	}
	wantText(t, page, "<title>All notes (2) · Notejam</title>")
	got := tableOf(t, page.body)
	want := [][]string{{"Note", "Pad", "Last modified"}, {"Beans", "Kitchen & cellar", "Today at 10:51"}, {"Roofer", "No pad", "Yesterday at 08:51"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("the table is %v, want %v", got, want)
	}
	wantText(t, page, `<time datetime="2026-11-22T08:51:07.000Z">`)
	wantNoText(t, page, "Bob")
}

func TestHome_SpeaksOfThePersonsDay(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.addNote("ada@example.org", "Beans", "Soak.", "")
	b.setCookie(zoneCookie, "Pacific/Auckland")
	wantText(t, b.get("/"), "Today at 23:51")
	b.setCookie(zoneCookie, "Nowhere/Else")
	wantText(t, b.get("/"), "Today at 10:51")
}

func TestHome_TeachesWhenItIsEmpty(t *testing.T) {
	page := startDoor(t).signedIn(t, "ada@example.org")
	answer := page.get("/")
	wantText(t, answer, "Create your first note.")
	wantText(t, answer, "No pads")
	if element(t, answer.body, "table") != nil {
		t.Error("there is a table")
	}
}

func TestLists_AreSortedAsTheirAddressSays(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.addNote("ada@example.org", "Beans", "Soak.", "")
	for query, want := range map[string]struct{ order, byName, byTime, name, when string }{
		"":                        {"update_time desc", "?order=name", "?order=updated_at", "", "descending"},
		"?order=name":             {"title", "?order=-name", "?order=-updated_at", "ascending", ""},
		"?order=-name":            {"title desc", "?order=name", "?order=-updated_at", "descending", ""},
		"?order=updated_at":       {"update_time", "?order=name", "?order=-updated_at", "", "ascending"},
		"?order=-updated_at":      {"update_time desc", "?order=name", "?order=updated_at", "", "descending"},
		"?order=title;DROP":       {"update_time desc", "?order=name", "?order=updated_at", "", "descending"},
		"?order=%ff&page=%ff":     {"update_time desc", "?order=name", "?order=updated_at", "", "descending"},
		"?order=name&order=-name": {"title", "?order=-name", "?order=-updated_at", "ascending", ""},
	} {
		answer := b.get("/" + query)
		wantStatus(t, answer, http.StatusOK)
		if got := last[*notesinternalpb.GetNotesPageRequest](d.world).GetOrderBy(); got != want.order {
			t.Errorf("%s asks for %q, want %q", query, got, want.order)
		}
		heads := map[string][2]string{}
		for node := range parse(t, answer.body).Descendants() {
			if node.Data == "th" && node.FirstChild.Data == "a" {
				heads[textOf(node)] = [2]string{attribute(node, "aria-sort"), attribute(node.FirstChild, "href")}
			}
		}
		if got := heads["Note"]; got != [2]string{want.name, want.byName} {
			t.Errorf("%s: head Note is %v", query, got)
		}
		if got := heads["Last modified"]; got != [2]string{want.when, want.byTime} {
			t.Errorf("%s: head Last modified is %v", query, got)
		}
	}
}

func TestLists_LeadToTheNextAndThePreviousPageInTheSameOrder(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	for range notesPerPage + 1 {
		d.addNote("ada@example.org", "Note", "Text", "")
	}
	first := b.get("/?order=name")
	if rows := tableOf(t, first.body); len(rows) != notesPerPage+1 {
		t.Errorf("%d rows", len(rows))
	}
	wantText(t, first, `<a class="button" href="?order=name&amp;page=second" rel="next">Next</a>`)
	wantNoText(t, first, "Previous")
	second := b.get("/?order=name&page=second")
	wantText(t, second, `<a class="button" href="?order=name&amp;page=first" rel="prev">Previous</a>`)
	if got := heading(t, second.body); got != "All notes (11)" {
		t.Errorf("heading is %q", got)
	}
}

func TestPages_CostOneCallForTheirContent(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	note := d.addNote("ada@example.org", "Beans", "Soak.", pad)
	b.get("/") // the session's token is there
	for _, path := range []string{
		"/", "/notes/create/", "/notes/" + note + "/", "/notes/" + note + "/edit/", "/notes/" + note + "/delete/",
		"/pads/create/", "/pads/" + pad + "/", "/pads/" + pad + "/edit/", "/pads/" + pad + "/delete/",
	} {
		before := d.count()
		wantStatus(t, b.get(path), http.StatusOK)
		if calls := d.since(before); len(calls) != 1 {
			t.Errorf("%s costs %v", path, calls)
		}
	}
	form := b.fill("/notes/create/", map[string]string{"name": "n", "text": "t"})
	before := d.count()
	wantRedirect(t, b.post("/notes/create/", form), "/")
	if calls := d.since(before); !slices.Equal(calls, []string{"CreateNote"}) {
		t.Errorf("a new note costs %v", calls)
	}
}

func TestNote_IsShownAsItWasWrittenAndNeverAsHTML(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	attack := `<script>alert(1)</script><img src=x onerror=alert(1)> "quoted" & 'so'`
	pad := d.addPad("ada@example.org", attack)
	note := d.addNote("ada@example.org", attack, "first line\n\n\tsecond <b>line</b>\n"+attack, pad)
	for _, path := range []string{"/", "/notes/" + note + "/", "/notes/" + note + "/edit/", "/notes/" + note + "/delete/", "/pads/" + pad + "/", "/pads/" + pad + "/edit/", "/pads/" + pad + "/delete/"} {
		answer := b.get(path)
		wantStatus(t, answer, http.StatusOK)
		for node := range parse(t, answer.body).Descendants() {
			if node.Data == "img" || node.Data == "b" || node.Data == "script" && attribute(node, "src") == "" {
				t.Errorf("%s holds the element <%s>", path, node.Data)
			}
		}
	}
	page := b.get("/notes/" + note + "/")
	if got := heading(t, page.body); got != attack {
		t.Errorf("heading is %q", got)
	}
	var text string
	for node := range parse(t, page.body).Descendants() {
		if attribute(node, "class") == "text" {
			text = textOf(node)
		}
	}
	if text != "first line\n\n\tsecond <b>line</b>\n"+attack {
		t.Errorf("text is %q", text)
	}
	wantText(t, page, "Last edited ")
	wantText(t, page, ">Edit</a>")
	wantText(t, page, ">Delete it</a>")
}

func TestNote_OfSomebodyElseIsNotThere(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("bob@example.org", "Bob's pad")
	note := d.addNote("bob@example.org", "Bob's note", "secret", pad)
	form := b.fill("/notes/create/", map[string]string{"name": "n", "text": "t"})
	for _, path := range []string{"/notes/" + note + "/", "/notes/" + note + "/edit/", "/notes/" + note + "/delete/", "/pads/" + pad + "/", "/pads/" + pad + "/edit/", "/pads/" + pad + "/delete/"} {
		answer := b.get(path)
		wantStatus(t, answer, http.StatusNotFound)
		wantNoText(t, answer, "Bob")
		if !strings.HasSuffix(path, "/edit/") && !strings.HasSuffix(path, "/delete/") {
			continue
		}
		posted := b.post(path, form)
		wantStatus(t, posted, http.StatusNotFound)
		wantNoText(t, posted, "Bob")
	}
	wantNoText(t, b.get("/notes/create/?pad="+pad), "selected")
	form.Set("pad", pad)
	answer := b.post("/notes/create/", form)
	wantStatus(t, answer, http.StatusUnprocessableEntity)
	wantErrors(t, answer, map[string]string{"pad": "Choose one of your pads."})
	if d.notes[0].GetTitle() != "Bob's note" || d.notes[0].GetDeleteTime() != nil || len(d.notes) != 1 || len(d.pads) != 1 {
		t.Errorf("something changed: %v %v", d.notes, d.pads)
	}
}

func TestNote_IsDeletedOnlyAfterAsking(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	inPad := d.addNote("ada@example.org", "Beans", "Soak.", pad)
	loose := d.addNote("ada@example.org", "Roofer", "Call.", "")
	page := b.get("/notes/" + inPad + "/delete/")
	wantText(t, page, "Are you sure you want to delete Beans?")
	wantRedirect(t, b.post("/notes/"+inPad+"/delete/", formOf(t, page.body)), "/pads/"+pad+"/")
	wantText(t, b.get("/pads/"+pad+"/"), "Note is successfully deleted")
	wantRedirect(t, b.submit("/notes/"+loose+"/delete/", nil), "/")
	wantStatus(t, b.get("/notes/"+loose+"/"), http.StatusNotFound)
	if last[*notespb.DeleteNoteRequest](d.world).GetRequestId() == "" {
		t.Error("no request id")
	}
}

func TestPages_SayThatNotejamIsNotAvailable(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	b.get("/")
	for name, failure := range map[string]error{
		"away":     fault.New(fault.Unavailable, fault.ReasonUnavailable, "Away."),
		"slow":     fault.New(fault.Timeout, fault.ReasonDeadline, "Slow."),
		"mistrust": fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "Whose token is this?"),
	} {
		d.fail("GetNotesPage", failure)
		answer := b.get("/")
		if answer.status != http.StatusServiceUnavailable || answer.header.Get("Retry-After") == "" {
			t.Errorf("%s: got %d, Retry-After %q", name, answer.status, answer.header.Get("Retry-After"))
		}
		wantText(t, answer, "Notejam is not available right now.")
	}
	d.fail("GetNotesPage", fault.New(fault.Internal, fault.ReasonInternal, "secret"))
	answer := b.get("/")
	wantStatus(t, answer, http.StatusInternalServerError)
	wantText(t, answer, "Something went wrong.")
	wantNoText(t, answer, "secret")
	d.fail("GetNotesPage", nil)
	wantStatus(t, b.get("/"), http.StatusOK)
}

// tableOf reads the page's table, row by row.
func tableOf(t *testing.T, page string) [][]string {
	t.Helper()
	var rows [][]string
	for node := range parse(t, page).Descendants() {
		switch node.Data {
		case "tr":
			rows = append(rows, nil)
		case "th", "td":
			rows[len(rows)-1] = append(rows[len(rows)-1], textOf(node))
		}
	}
	return rows
}
