package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestNewNote_IsSentAsItWasTypedAndLeadsToItsPad(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	answer := b.submit("/notes/create/", map[string]string{"name": " Beans ", "text": "one\r\ntwo\rthree\n", "pad": pad})
	wantRedirect(t, answer, "/pads/"+pad+"/")
	sent := last[*notespb.CreateNoteRequest](d.world)
	want := &notespb.Note{Title: " Beans ", Text: "one\ntwo\nthree\n", Pad: "pads/" + pad}
	if diff := cmp.Diff(want, sent.GetNote(), protocmp.Transform()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	wantText(t, b.get("/pads/"+pad+"/"), "Note is successfully created")
	wantRedirect(t, b.submit("/notes/create/", map[string]string{"name": "Loose", "text": "x"}), "/")
}

func TestNewNote_PreselectsOnesOwnPad(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	for query, want := range map[string]string{"": "", "?pad=" + pad: pad, "?pad=": "", "?pad=nonsense": "", "?pad=%ff": ""} {
		if got := b.fill("/notes/create/"+query, nil).Get("pad"); got != want {
			t.Errorf("%s preselects %q", query, got)
		}
	}
}

func TestNewNote_PostedTwiceIsOneRequest(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	form := b.fill("/notes/create/", map[string]string{"name": "n", "text": "t"})
	b.post("/notes/create/", form)
	first := last[*notespb.CreateNoteRequest](d.world).GetRequestId()
	b.post("/notes/create/", form)
	if second := last[*notespb.CreateNoteRequest](d.world).GetRequestId(); first != second || first != form.Get("request_id") {
		t.Errorf("request ids are %s and %s", first, second)
	}
	form.Set("request_id", "nonsense")
	wantRedirect(t, b.post("/notes/create/", form), "/")
}

func TestNewNote_KeepsWhatWasTypedWhenAFieldIsWrong(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	typed := map[string]string{"name": "", "text": "\n<first> line\n\nsecond", "pad": pad}
	answer := b.submit("/notes/create/", typed)
	wantStatus(t, answer, http.StatusUnprocessableEntity)
	wantErrors(t, answer, map[string]string{"name": sayRequired})
	form := formOf(t, answer.body)
	for name, want := range typed {
		if got := form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	name := element(t, answer.body, "main")
	for node := range name.Descendants() {
		if attribute(node, "id") == "name" && (attribute(node, "aria-invalid") != "true" || attribute(node, "aria-describedby") != "name-error") {
			t.Errorf("the field does not point at its error: %v", node.Attr)
		}
	}
	wantText(t, answer, `data-guard="changed"`)
}

func TestNewNote_KeepsTheTextWhenItCannotBeStored(t *testing.T) {
	typed := map[string]string{"name": "Beans", "text": "Soak them."}
	for name, c := range map[string]struct {
		failure error
		status  int
		notice  string
		sameID  bool
	}{
		"away":             {fault.New(fault.Unavailable, fault.ReasonUnavailable, "Away."), http.StatusServiceUnavailable, awayNotice, true},
		"outcome unknown":  {fault.New(fault.Unavailable, fault.ReasonOutcomeUnknown, "Who knows."), http.StatusServiceUnavailable, awayNotice, true},
		"read-only":        {fault.New(fault.Unavailable, fault.ReasonReadOnly, "Read-only."), http.StatusServiceUnavailable, readOnlyNotice, true},
		"slow":             {fault.New(fault.Timeout, fault.ReasonDeadline, "Slow."), http.StatusServiceUnavailable, awayNotice, true},
		"in progress":      {fault.New(fault.Aborted, fault.ReasonRequestInProgress, "This is being saved already."), http.StatusConflict, "This is being saved already.", true},
		"limit":            {fault.New(fault.Exhausted, "NOTE_LIMIT_REACHED", "You have 100,000 notes."), http.StatusUnprocessableEntity, "You have 100,000 notes.", true},
		"busy":             {fault.New(fault.Exhausted, "BUSY", "Busy.").RetryIn(3 * time.Second), http.StatusTooManyRequests, "Wait 3 seconds", true},
		"reused id":        {fault.New(fault.Invalid, fault.ReasonRequestIDReused, "Reused."), http.StatusUnprocessableEntity, "already sent with other words", false},
		"an unknown field": {fault.InvalidFields(fault.Field{Name: "note.colour", Sentence: "Choose a colour."}), http.StatusUnprocessableEntity, "Choose a colour.", true},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDoor(t)
			b := d.signedIn(t, "ada@example.org")
			form := b.fill("/notes/create/", typed)
			d.fail("CreateNote", c.failure)
			answer := b.post("/notes/create/", form)
			wantStatus(t, answer, c.status)
			wantText(t, answer, c.notice)
			kept := formOf(t, answer.body)
			if kept.Get("name") != typed["name"] || kept.Get("text") != typed["text"] {
				t.Errorf("the form keeps %v", kept)
			}
			if same := kept.Get("request_id") == form.Get("request_id"); same != c.sameID {
				t.Errorf("same request id: %v", same)
			}
			d.fail("CreateNote", nil)
			wantRedirect(t, b.post("/notes/create/", kept), "/")
		})
	}
}

func TestNewNote_KeepsTextAndPadWhenNotesIsGone(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	form := b.fill("/notes/create/", map[string]string{"name": "Beans", "text": "Soak them.", "pad": pad})
	d.stop(forNotes)
	start := time.Now()
	answer := b.post("/notes/create/", form)
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, awayNotice)
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("took %s", took)
	}
	kept := formOf(t, answer.body)
	if kept.Get("text") != "Soak them." || kept.Get("pad") != pad || kept.Get("name") != "Beans" {
		t.Errorf("the form keeps %v", kept)
	}
}

func TestEditNote_ShowsAndSavesTheNote(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	pad := d.addPad("ada@example.org", "Kitchen")
	note := d.addNote("ada@example.org", "Beans", "\nSoak <them>.\n", pad)
	page := b.get("/notes/" + note + "/edit/")
	if got := heading(t, page.body); got != "Beans" {
		t.Errorf("heading is %q", got)
	}
	form := formOf(t, page.body)
	if form.Get("text") != "\nSoak <them>.\n" || form.Get("pad") != pad || form.Get("etag") != "etag-1" {
		t.Errorf("the form holds %v", form)
	}
	form.Set("name", "White beans")
	form.Set("pad", "")
	wantRedirect(t, b.post("/notes/"+note+"/edit/", form), "/")
	sent := last[*notespb.UpdateNoteRequest](d.world)
	want := &notespb.Note{Name: "notes/" + note, Title: "White beans", Text: "\nSoak <them>.\n", Etag: "etag-1"}
	if diff := cmp.Diff(want, sent.GetNote(), protocmp.Transform()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"title", "text", "pad"}, sent.GetUpdateMask().GetPaths()); diff != "" {
		t.Errorf("mask (-want +got):\n%s", diff)
	}
	wantText(t, b.get("/"), "Note is successfully updated")
}

func TestEditNote_KeepsTheNotesNameInTheHeadingWhenAFieldIsWrong(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	answer := b.submit("/notes/"+note+"/edit/", map[string]string{"name": "", "text": "new"})
	wantStatus(t, answer, http.StatusUnprocessableEntity)
	if got := heading(t, answer.body); got != "Beans" {
		t.Errorf("heading is %q", got)
	}
	form := formOf(t, answer.body)
	if form.Get("etag") != "etag-1" || form.Get("text") != "new" {
		t.Errorf("the form holds %v", form)
	}
}

func TestEditNote_ShowsBothTextsWhenSomebodySavedMeanwhile(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	mine := b.fill("/notes/"+note+"/edit/", map[string]string{"text": "my <text>"})
	wantRedirect(t, b.submit("/notes/"+note+"/edit/", map[string]string{"text": "their text"}), "/")

	conflict := b.post("/notes/"+note+"/edit/", mine)
	wantStatus(t, conflict, http.StatusConflict)
	wantText(t, conflict, sayStale)
	wantText(t, conflict, "their text")
	merged := formOf(t, conflict.body)
	if merged.Get("text") != "my <text>" || merged.Get("request_id") == mine.Get("request_id") {
		t.Errorf("the form holds %v", merged)
	}
	if d.notes[0].GetText() != "their text" {
		t.Errorf("stored is %q", d.notes[0].GetText())
	}

	merged.Set("text", "both texts")
	wantRedirect(t, b.post("/notes/"+note+"/edit/", merged), "/")
	if d.notes[0].GetText() != "both texts" {
		t.Errorf("stored is %q", d.notes[0].GetText())
	}
}

func TestEditNote_KeepsTheTextWhenNotesGoesAwayInAConflict(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	form := b.fill("/notes/"+note+"/edit/", map[string]string{"text": "mine"})
	d.fail("UpdateNote", fault.New(fault.Aborted, fault.ReasonEtagMismatch, "Changed."))
	d.fail("GetNotePage", fault.New(fault.Unavailable, fault.ReasonUnavailable, "Away."))
	answer := b.post("/notes/"+note+"/edit/", form)
	wantStatus(t, answer, http.StatusConflict)
	if kept := formOf(t, answer.body); kept.Get("text") != "mine" {
		t.Errorf("the form keeps %v", kept)
	}
}

func TestLargestNoteFitsTheForm(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	text := strings.Repeat("ü", 128<<10) // 256 KiB that a form writes as 768 KiB
	wantRedirect(t, b.submit("/notes/create/", map[string]string{"name": "n", "text": text}), "/")
	if d.notes[0].GetText() != text {
		t.Error("the text did not arrive whole")
	}
}
