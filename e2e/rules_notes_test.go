package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

var noteRules = []rule{
	{"A note is created, and leads home or to its pad", with(func(p *person) {
		pad := p.createPad("Work")
		p.submit("/notes/create/", note("one", "x", "")).leadsTo("/")
		p.submit("/notes/create/", note("two", "x", pad)).leadsTo("/pads/" + pad + "/")
		p.get("/pads/" + pad + "/").says("Note is successfully created").says("two")
	})},
	{"A name is required and trimmed", with(func(p *person) {
		p.refuses("/notes/create/", note("  \t ", "kept text", ""), "This field is required.").isHolding("text", "kept text")
		id := p.createNote("  spaced  ", "x", "")
		p.get("/notes/" + id + "/").headline("spaced")
	})},
	{"A name has at most 100 characters, not bytes", with(func(p *person) {
		p.submit("/notes/create/", note(strings.Repeat("ä", 100), "x", "")).leadsTo("/")
		p.refuses("/notes/create/", note(strings.Repeat("ä", 101), "x", ""), "Use at most 100 characters.")
	})},
	{"A text is required, and blanks are none", with(func(p *person) {
		p.refuses("/notes/create/", note("n", " \r\n\t ", ""), "This field is required.").isHolding("name", "n")
	})},
	{"A text has at most 256 KiB", with(func(p *person) {
		p.submit("/notes/create/", note("n", strings.Repeat("x", 256<<10), "")).leadsTo("/")
		p.refuses("/notes/create/", note("n", strings.Repeat("x", 256<<10+1), ""), "Use at most 256 KB of text.")
	})},
	{"Line ends are stored as LF", with(func(p *person) {
		id := p.createNote("n", "a\r\nb\rc\nd", "")
		_, got := p.api(http.MethodGet, "/v1/notes/"+id, nil)
		if got["text"] != "a\nb\nc\nd" {
			p.t.Errorf("stored as %q", got["text"])
		}
	})},
	{"Text is never HTML, and its lines and paragraphs are kept", with(func(p *person) {
		id := p.createNote("<i>n</i>", "<script>alert(1)</script>\n\nsecond & last", "")
		got := p.get("/notes/" + id + "/").says("<script>alert(1)</script>").says("<i>n</i>").saysNot("<script>alert").saysNot("<i>n")
		if !strings.Contains(got.body, "\n\nsecond &amp; last") && len(got.all("br"))+len(got.all("p")) < 2 {
			p.t.Error("the lines are lost")
		}
	})},
	{"A form that is posted twice makes one note", with(func(p *person) {
		form := p.get("/notes/create/").fill(note("once", "x", ""))
		p.post("/notes/create/", form).leadsTo("/")
		p.post("/notes/create/", form).leadsTo("/")
		p.get("/").headline("All notes (1)")
	})},
	{"?pad= preselects one's own pad", with(func(p *person) {
		pad := p.createPad("Work")
		if got := p.get("/notes/create/?pad=" + pad).chosen(); got != pad {
			p.t.Errorf("chosen is %q", got)
		}
	})},
	{"A note that is read shows when it was edited, its text, Edit and Delete it", with(func(p *person) {
		id := p.createNote("n", "the text", "")
		got := p.get("/notes/" + id + "/").headline("n").says("Last edited Today at ").says("the text")
		if got.linkTo("Edit") != "/notes/"+id+"/edit/" || got.linkTo("Delete it") != "/notes/"+id+"/delete/" {
			p.t.Error("the links lead elsewhere")
		}
	})},
	{"Editing shows what is there, changes it, and says so", with(func(p *person) {
		id := p.createNote("old", "old text", "")
		edit := "/notes/" + id + "/edit/"
		p.get(edit).isHolding("name", "old").isHolding("text", "old text")
		p.submit(edit, note("new", "new text", "")).leadsTo("/")
		p.get("/").says("Note is successfully updated").says("new")
	})},
	{"Editing moves the time of the last change, never that of the creation", with(func(p *person) {
		id := p.createNote("n", "x", "")
		_, before := p.api(http.MethodGet, "/v1/notes/"+id, nil)
		p.submit("/notes/"+id+"/edit/", note("n", "y", "")).leadsTo("/")
		_, after := p.api(http.MethodGet, "/v1/notes/"+id, nil)
		if before["createTime"] != after["createTime"] || before["updateTime"] == after["updateTime"] {
			p.t.Errorf("before %v, after %v", before, after)
		}
	})},
	{"A note can change its pad or leave it", with(func(p *person) {
		one, two := p.createPad("One"), p.createPad("Two")
		id := p.createNote("n", "x", one)
		p.submit("/notes/"+id+"/edit/", note("n", "x", two)).leadsTo("/pads/" + two + "/")
		p.get("/").says("One 0 Two 1")
		p.submit("/notes/"+id+"/edit/", note("n", "x", "")).leadsTo("/")
		p.get("/").says("One 0 Two 0").says("No pad")
	})},
	{"A failed edit keeps what was typed", with(func(p *person) {
		id := p.createNote("n", "x", "")
		p.refuses("/notes/"+id+"/edit/", note("", "typed", ""), "This field is required.").isHolding("text", "typed")
		p.get("/notes/" + id + "/").says("x")
	})},
	{"Saving over a newer save shows both texts and loses none", with(func(p *person) {
		id := p.createNote("n", "first", "")
		edit := "/notes/" + id + "/edit/"
		old := p.get(edit)
		p.submit(edit, note("n", "theirs", "")).leadsTo("/")
		both := p.post(edit, old.fill(note("n", "mine", ""))).is(http.StatusConflict)
		both.says("This note was changed elsewhere since you opened it.").says("theirs").says("mine")
		p.post(edit, both.fill(note("n", "merged", ""))).leadsTo("/")
		p.get("/notes/" + id + "/").says("merged")
	})},
	{"Deleting asks first", with(func(p *person) {
		id := p.createNote("Diary", "x", "")
		p.get("/notes/" + id + "/delete/").is(http.StatusOK).says("Are you sure you want to delete Diary?")
		p.get("/notes/" + id + "/").is(http.StatusOK)
	})},
	{"A deleted note is gone from pages and API at once, and leads to its pad or home", with(func(p *person) {
		pad := p.createPad("Work")
		for where, lead := range map[string]string{"": "/", pad: "/pads/" + pad + "/"} {
			id := p.createNote("n"+where, "x", where)
			p.submit("/notes/"+id+"/delete/", nil).leadsTo(lead)
			p.get(lead).says("Note is successfully deleted")
			for _, path := range []string{"/", "/edit/", "/delete/"} {
				p.get("/notes/" + id + path).is(http.StatusNotFound)
			}
			_, list := p.api(http.MethodGet, "/v1/notes", nil)
			if strings.Contains(fmt.Sprint(list), id) {
				p.t.Error("the API lists it")
			}
		}
		p.get("/").headline("All notes (0)").says("Work 0")
	})},
	{"A deleted note is restored by the API", with(func(p *person) {
		id := p.createNote("back", "x", "")
		p.submit("/notes/"+id+"/delete/", nil).leadsTo("/")
		status, got := p.api(http.MethodPost, "/v1/notes/"+id+":undelete", map[string]string{})
		if status != http.StatusOK {
			p.t.Fatalf("%d %v", status, got)
		}
		p.get("/").headline("All notes (1)").says("back")
	})},
}

var listRules = []rule{
	{"Home lists all notes with Note, Pad and Last modified, and its headline counts all", with(func(p *person) {
		pad := p.createPad("Work")
		p.createNote("in", "x", pad)
		p.createNote("out", "x", "")
		home := p.get("/").headline("All notes (2)").says("Note Pad Last modified").says("No pad")
		if got := home.linkTo("Work"); got != "/pads/"+pad+"/" {
			p.t.Errorf("the pad links to %q", got)
		}
	})},
	{"An empty list invites, and shows no table", with(func(p *person) {
		pad := p.createPad("Work")
		for path, words := range map[string]string{"/": "Create your first note.", "/pads/" + pad + "/": "Create your first note in the pad."} {
			if got := p.get(path).says(words); len(got.all("table")) != 0 {
				p.t.Errorf("%s has a table", path)
			}
		}
	})},
	{"New note stands below; on a pad's page it preselects the pad, beside Pad settings", with(func(p *person) {
		pad := p.createPad("Work")
		if got := p.get("/").linkTo("New note"); got != "/notes/create/" {
			p.t.Errorf("home: %q", got)
		}
		page := p.get("/pads/" + pad + "/")
		if got := page.linkTo("New note"); got != "/notes/create/?pad="+pad {
			p.t.Errorf("pad: %q", got)
		}
		if got := page.linkTo("Pad settings"); got != "/pads/"+pad+"/edit/" {
			p.t.Errorf("settings: %q", got)
		}
	})},
	{"A list is ordered by name or time, up or down, the newest first by default; an unknown order is the default", with(func(p *person) {
		for _, name := range []string{"banana", "apple", "cherry"} {
			p.createNote(name, "x", "")
		}
		for order, want := range map[string]string{
			"name": "apple banana cherry", "-name": "cherry banana apple", "updated_at": "banana apple cherry",
			"-updated_at": "cherry apple banana", "": "cherry apple banana", "id;DROP": "cherry apple banana",
		} {
			var got []string
			for _, n := range p.get("/?order=" + url.QueryEscape(order)).is(http.StatusOK).all("a") {
				if strings.HasPrefix(attribute(n, "href"), "/notes/0") {
					got = append(got, textOf(n))
				}
			}
			if strings.Join(got, " ") != want {
				p.t.Errorf("order %q: %v, want %s", order, got, want)
			}
		}
	})},
	{"A page has at most 10 notes, with Next and Previous that keep the order; a cursor that cannot be read shows the first page", with(func(p *person) {
		for i := range 12 {
			p.api(http.MethodPost, "/v1/notes", map[string]string{"title": fmt.Sprintf("n%02d", i), "text": "x"})
		}
		first := p.get("/?order=name").headline("All notes (12)").says("n09").saysNot("n10").saysNot("Previous")
		second := p.get(first.linkTo("Next")).says("n10").says("n11").saysNot("n09")
		if strings.Contains(second.text(), "Next") {
			p.t.Error("the last page has a next one")
		}
		p.get(second.linkTo("Previous")).says("n00").saysNot("n10")
		p.get("/?order=name&page=garbage").is(http.StatusOK).says("n00")
	})},
	{"A pad's page lists its notes alone", with(func(p *person) {
		pad := p.createPad("Work")
		p.createNote("inside", "x", pad)
		p.createNote("outside", "x", "")
		p.get("/pads/" + pad + "/").headline("Work (1)").says("inside").saysNot("outside")
	})},
}
