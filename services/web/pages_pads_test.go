package web

import (
	"net/http"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestPads_AreMadeRenamedAndDeleted(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")

	made := b.submit("/pads/create/", map[string]string{"name": "Kitchen"})
	wantStatus(t, made, http.StatusSeeOther)
	path := made.header.Get("Location")
	page := b.get(path)
	wantText(t, page, "Pad is successfully created")
	wantText(t, page, "Create your first note in the pad.")
	wantText(t, page, `href="`+path+`edit/">Pad settings</a>`)
	wantText(t, page, `href="/notes/create/?pad=`+strings.Trim(strings.TrimPrefix(path, "/pads/"), "/")+`"`)
	if got := heading(t, page.body); got != "Kitchen (0)" {
		t.Errorf("heading is %q", got)
	}

	wantRedirect(t, b.submit(path+"edit/", map[string]string{"name": "Larder"}), path)
	page = b.get(path)
	wantText(t, page, "Pad is successfully updated")
	if got := heading(t, page.body); got != "Larder (0)" {
		t.Errorf("heading is %q", got)
	}

	d.pads[0].NoteCount = 12
	ask := b.get(path + "delete/")
	wantText(t, ask, "Are you sure you want to delete Larder? Its 12 notes are deleted with it.")
	wantRedirect(t, b.post(path+"delete/", formOf(t, ask.body)), "/")
	wantText(t, b.get("/"), "Pad is successfully deleted")
	if !last[*notespb.DeletePadRequest](d.world).GetForce() {
		t.Error("a pad with notes would not have been deleted")
	}
	wantStatus(t, b.get(path), http.StatusNotFound)
}

func TestPads_StandInTheColumnWithTheirCounts(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	kitchen, garden := d.addPad("ada@example.org", "Kitchen"), d.addPad("ada@example.org", "Garden")
	d.addPad("bob@example.org", "Bob's")
	d.pads[0].NoteCount = 3
	note := d.addNote("ada@example.org", "Beans", "Soak.", kitchen)
	for path, current := range map[string]string{
		"/": "/", "/pads/" + garden + "/": "/pads/" + garden + "/", "/pads/" + garden + "/edit/": "/pads/" + garden + "/",
		"/notes/" + note + "/": "/pads/" + kitchen + "/", "/notes/create/": "", "/pads/create/": "",
	} {
		var entries []string
		marked := ""
		answer := b.get(path)
		for node := range element(t, strings.Replace(answer.body, `<nav class="account"`, `<div`, 1), "nav").Descendants() {
			if node.Data != "a" {
				continue
			}
			entries = append(entries, strings.Join(strings.Fields(textOf(node)), " "))
			if attribute(node, "aria-current") == "page" {
				marked = attribute(node, "href")
			}
		}
		if got := strings.Join(entries, "|"); got != "All notes|Kitchen 3|Garden 0|New pad" {
			t.Errorf("%s: the column holds %s", path, got)
		}
		if marked != current {
			t.Errorf("%s: current is %q, want %q", path, marked, current)
		}
	}
}

func TestPads_TellWhatIsWrongAndKeepTheName(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	for _, path := range []string{"/pads/create/", "/pads/" + pad + "/edit/"} {
		answer := b.submit(path, map[string]string{"name": ""})
		wantStatus(t, answer, http.StatusUnprocessableEntity)
		wantErrors(t, answer, map[string]string{"name": sayRequired})
	}
	form := b.fill("/pads/"+pad+"/edit/", map[string]string{"name": "Larder"})
	d.stop(forNotes)
	answer := b.post("/pads/"+pad+"/edit/", form)
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, awayNotice)
	if got := formOf(t, answer.body).Get("name"); got != "Larder" {
		t.Errorf("the form keeps %q", got)
	}
}

func TestPads_SayWhenTheyWereRenamedElsewhere(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	mine := b.fill("/pads/"+pad+"/edit/", map[string]string{"name": "Larder"})
	b.submit("/pads/"+pad+"/edit/", map[string]string{"name": "Pantry"})
	answer := b.post("/pads/"+pad+"/edit/", mine)
	wantStatus(t, answer, http.StatusConflict)
	wantText(t, answer, "it is called Pantry now")
	again := formOf(t, answer.body)
	if again.Get("name") != "Larder" {
		t.Errorf("the form keeps %q", again.Get("name"))
	}
	wantRedirect(t, b.post("/pads/"+pad+"/edit/", again), "/pads/"+pad+"/")
}

func TestPads_HaveALimitThatIsToldInTheForm(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.fail("CreatePad", fault.New(fault.Exhausted, "PAD_LIMIT_REACHED", "You have 1,000 pads. Delete one to make another."))
	answer := b.submit("/pads/create/", map[string]string{"name": "One more"})
	wantStatus(t, answer, http.StatusUnprocessableEntity)
	wantText(t, answer, "You have 1,000 pads.")
}

func TestGoesWith_CountsInWords(t *testing.T) {
	for notes, want := range map[int32]string{0: "It has no notes.", 1: "Its 1 note is deleted with it.", 2: "Its 2 notes are deleted with it."} {
		if got := goesWith(notes); got != want {
			t.Errorf("%d: %q", notes, got)
		}
	}
}
