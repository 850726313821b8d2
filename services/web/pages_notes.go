package web

// Pages that show notes: all of them, those of one pad, one of them; and the deletion of a note.

import (
	"fmt"
	"net/http"
	"net/url"

	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// notesPerPage is product.md's.
const notesPerPage = 10

// Orders of a list as its address spells them, and as notes does.
const (
	byName     = "name"
	byNameDown = "-name"
	byTime     = "updated_at"
	byTimeDown = "-updated_at" // the default
)

var orders = map[string]string{
	byName:     "title",
	byNameDown: "title desc",
	byTime:     "update_time",
	byTimeDown: "update_time desc",
}

func (s *site) home(v *visit) error {
	content, order, err := v.notesPage("")
	if err != nil {
		return err
	}
	view := v.list(fmt.Sprintf("All notes (%d)", content.GetTotalCount()), content, order)
	view.Nav.AllCurrent = true
	view.ShowPads = true
	view.Empty = "Create your first note."
	view.Lesson = "A note has a name and a text. Later you can sort your notes into pads, one for each thing you care about."
	view.NewNote = "/notes/create/"
	return v.show(http.StatusOK, pageList, view)
}

func (s *site) pad(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	content, order, err := v.notesPage("pads/" + id)
	if err != nil {
		return err
	}
	pad := padIn(content.GetPads(), "pads/"+id)
	view := v.list(fmt.Sprintf("%s (%d)", pad.GetTitle(), content.GetTotalCount()), content, order)
	view.Nav = v.nav(content.GetPads(), pad.GetName())
	view.Empty = "Create your first note in the pad."
	view.Lesson = "What you write here stays together. A note can move to another pad, or leave its pad, whenever you edit it."
	view.NewNote = "/notes/create/?pad=" + id
	view.PadSettings = "/pads/" + id + "/edit/"
	return v.show(http.StatusOK, pageList, view)
}

// notesPage asks notes for all that a list shows, in one call. order is the one in use, as addresses spell it.
func (v *visit) notesPage(pad string) (content *notesinternalpb.GetNotesPageResponse, order string, err error) {
	order = v.query("order")
	if orders[order] == "" {
		order = byTimeDown
	}
	content, err = v.site.contents.GetNotesPage(v.ctx(), &notesinternalpb.GetNotesPageRequest{
		Pad:       pad,
		OrderBy:   orders[order],
		PageToken: v.query("page"),
		PageSize:  notesPerPage,
	})
	if err != nil {
		return nil, "", fmt.Errorf("get list: %w", err)
	}
	return content, order, nil
}

func (v *visit) list(heading string, content *notesinternalpb.GetNotesPageResponse, order string) ListView {
	view := ListView{
		Layout:   v.layout(heading),
		ByName:   column("Note", "note", order, byName, byNameDown),
		ByTime:   column("Last modified", "when", order, byTimeDown, byTime),
		Previous: listPath(order, content.GetPreviousPageToken()),
		Next:     listPath(order, content.GetNextPageToken()),
	}
	view.Nav = v.nav(content.GetPads(), "")
	titles := make(map[string]string, len(content.GetPads()))
	for _, pad := range content.GetPads() {
		titles[pad.GetName()] = pad.GetTitle()
	}
	for _, note := range content.GetNotes() {
		view.Rows = append(view.Rows, ListRow{
			Name:    note.GetTitle(),
			Path:    pathOf(note.GetName()),
			PadName: titles[note.GetPad()],
			PadPath: pathOf(note.GetPad()),
			Changed: v.when(note.GetUpdateTime()),
		})
	}
	return view
}

// column makes a head of the list: it sorts by first, and when that is in use, the other way round.
func column(label, class, order, first, second string) Column {
	head := Column{Label: label, Class: class, Path: "?order=" + first}
	if order == first {
		head.Path = "?order=" + second
	}
	switch {
	case order != first && order != second:
	case order == byName || order == byTime:
		head.Sorted = "ascending"
	default:
		head.Sorted = "descending"
	}
	return head
}

func listPath(order, token string) string {
	if token == "" {
		return ""
	}
	return "?order=" + order + "&page=" + url.QueryEscape(token)
}

func (s *site) note(v *visit) error {
	content, err := v.notePage()
	if err != nil {
		return err
	}
	note := content.GetNote()
	view := NoteView{
		Layout:     v.layout(note.GetTitle()),
		Text:       note.GetText(),
		PadName:    padIn(content.GetPads(), note.GetPad()).GetTitle(),
		PadPath:    pathOf(note.GetPad()),
		Changed:    v.when(note.GetUpdateTime()),
		EditPath:   pathOf(note.GetName()) + "edit/",
		DeletePath: pathOf(note.GetName()) + "delete/",
	}
	view.Nav = v.nav(content.GetPads(), note.GetPad())
	return v.show(http.StatusOK, pageNote, view)
}

// notePage asks notes for all that a page about the note in the path shows, in one call.
func (v *visit) notePage() (*notesinternalpb.GetNotePageResponse, error) {
	id, err := v.id()
	if err != nil {
		return nil, err
	}
	content, err := v.site.contents.GetNotePage(v.ctx(), &notesinternalpb.GetNotePageRequest{Name: "notes/" + id})
	if err != nil {
		return nil, fmt.Errorf("get note: %w", err)
	}
	return content, nil
}

func (s *site) askDeleteNote(v *visit) error {
	content, err := v.notePage()
	if err != nil {
		return err
	}
	note := content.GetNote()
	view := DeleteView{
		Layout:   v.layout(note.GetTitle()),
		Hidden:   v.hidden(),
		Action:   pathOf(note.GetName()) + "delete/",
		Cancel:   pathOf(note.GetName()),
		Question: "Are you sure you want to delete " + note.GetTitle() + "?",
		Submit:   "Delete it",
	}
	view.Nav = v.nav(content.GetPads(), note.GetPad())
	return v.show(http.StatusOK, pageDelete, view)
}

func (s *site) deleteNote(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	note, err := s.notes.DeleteNote(v.ctx(), &notespb.DeleteNoteRequest{Name: "notes/" + id, RequestId: v.requestID()})
	if err != nil {
		return fmt.Errorf("delete note: %w", err)
	}
	return v.done(flashNoteDeleted, afterNote(note))
}

// afterNote is where a written note leads: its pad's page, or all notes.
func afterNote(note *notespb.Note) string {
	if note.GetPad() == "" {
		return "/"
	}
	return pathOf(note.GetPad())
}

// padIn finds a pad by its resource name; none gives an empty one.
func padIn(pads []*notespb.Pad, name string) *notespb.Pad {
	for _, pad := range pads {
		if pad.GetName() == name {
			return pad
		}
	}
	return nil
}
