package web

// The form for a note, new or changed, and the page for two people (or tabs) who changed it at the same time. Whatever
// goes wrong, the answer holds what was typed.

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// sayStale stands above the two texts of a conflict.
const sayStale = "This note was changed elsewhere since you opened it."

// draft is what a note's form holds.
type draft struct {
	name, text string
	pad        string // the pad's id, empty for none
	etag       string // of the note that was edited
	request    string // id of the write
}

func (v *visit) draft() draft {
	return draft{
		name:    v.field("name"),
		text:    v.field("text"),
		pad:     v.field("pad"),
		etag:    v.field("etag"),
		request: v.requestID(),
	}
}

// note is the draft in the words of the notes service, with the resource name of the note it belongs to, if there is one.
func (d draft) note(name string) *notespb.Note {
	note := &notespb.Note{Name: name, Title: d.name, Text: d.text, Etag: d.etag}
	if d.pad != "" {
		note.Pad = "pads/" + d.pad
	}
	return note
}

func (s *site) newNote(v *visit) error {
	content, err := s.contents.GetNotePage(v.ctx(), &notesinternalpb.GetNotePageRequest{})
	if err != nil {
		return fmt.Errorf("get form: %w", err)
	}
	chosen := padIn(content.GetPads(), "pads/"+v.query("pad"))
	return v.showNoteForm(draft{pad: idOf(chosen.GetName()), request: uuid.NewString()}, content, setback{status: http.StatusOK})
}

func (s *site) createNote(v *visit) error {
	typed := v.draft()
	note, err := s.notes.CreateNote(v.ctx(), &notespb.CreateNoteRequest{Note: typed.note(""), RequestId: typed.request})
	if err == nil {
		return v.done(flashNoteCreated, afterNote(note))
	}
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("create note: %w", err)
	}
	content, err := s.contents.GetNotePage(v.ctx(), &notesinternalpb.GetNotePageRequest{})
	if err != nil {
		content = nil // the form comes without the pads, rather than not at all
	}
	return v.showNoteForm(typed, content, back)
}

func (s *site) editNote(v *visit) error {
	content, err := v.notePage()
	if err != nil {
		return err
	}
	return v.showNoteForm(draftOf(content.GetNote()), content, setback{status: http.StatusOK})
}

func draftOf(note *notespb.Note) draft {
	return draft{
		name:    note.GetTitle(),
		text:    note.GetText(),
		pad:     idOf(note.GetPad()),
		etag:    note.GetEtag(),
		request: uuid.NewString(),
	}
}

func (s *site) updateNote(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	typed := v.draft()
	note, err := s.notes.UpdateNote(v.ctx(), &notespb.UpdateNoteRequest{
		Note:       typed.note("notes/" + id),
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title", "text", "pad"}},
		RequestId:  typed.request,
	})
	if err == nil {
		return v.done(flashNoteUpdated, afterNote(note))
	}
	stale := fault.Is(err, fault.ReasonEtagMismatch)
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("update note: %w", err)
	}
	// The page about the note says whether it is this person's at all: somebody else's is 404, whatever the fields hold.
	content, err := v.notePage()
	if fault.KindOf(err) == fault.NotFound {
		return err
	}
	if err != nil {
		content = nil
	}
	if stale && content != nil {
		return v.showConflict(typed, content)
	}
	return v.showNoteForm(typed, content, back)
}

// showNoteForm answers with the form. Without content, because notes is away, it stands alone.
func (v *visit) showNoteForm(typed draft, content *notesinternalpb.GetNotePageResponse, back setback) error {
	return v.show(back.status, pageNoteForm, v.noteForm(typed, content, back))
}

func (v *visit) noteForm(typed draft, content *notesinternalpb.GetNotePageResponse, back setback) NoteForm {
	form := NoteForm{
		Hidden: v.hidden(),
		Action: "/notes/create/",
		Cancel: "/",
		Guard:  "clean",
		Name:   Field{Name: "name", Value: typed.name, Error: back.take("note.title")},
		Text:   Field{Name: "text", Value: typed.text, Error: back.take("note.text")},
		Pad:    Field{Name: "pad", Error: back.take("note.pad")},
		Pads:   padOptions(content.GetPads(), typed.pad),
	}
	back.rest()
	form.Notice, form.Hidden.ETag = back.notice, typed.etag
	if !back.renew {
		form.Hidden.RequestID = typed.request
	}
	if back.status != http.StatusOK {
		form.Guard = "changed"
	}
	heading := "New note"
	id, err := v.id()
	if err == nil { // the form of a note that is there: its address holds an id
		form.Action, form.Cancel = "/notes/"+id+"/edit/", "/notes/"+id+"/"
		heading = typed.name
	}
	if content.GetNote() != nil {
		heading = content.GetNote().GetTitle()
	}
	form.Layout = v.layout(heading)
	if content != nil {
		form.Nav = v.nav(content.GetPads(), content.GetNote().GetPad())
	}
	switch {
	case form.Name.Error != "" || typed.name == "":
		form.Name.Focus = true
	case form.Text.Error != "":
		form.Text.Focus = true
	case form.Pad.Error != "":
		form.Pad.Focus = true
	}
	return form
}

// showConflict answers with both texts. The form's etag is now that of the saved note: saving again means it.
func (v *visit) showConflict(typed draft, content *notesinternalpb.GetNotePageResponse) error {
	saved := content.GetNote()
	typed.etag = saved.GetEtag()
	view := ConflictView{
		NoteForm: v.noteForm(typed, content, setback{status: http.StatusConflict, notice: sayStale, renew: true}),
		Saved: SavedNote{
			Name:    saved.GetTitle(),
			Text:    saved.GetText(),
			PadName: padIn(content.GetPads(), saved.GetPad()).GetTitle(),
			Changed: v.when(saved.GetUpdateTime()),
		},
	}
	view.Width = "wide"
	return v.show(http.StatusConflict, pageConflict, view)
}

// padOptions makes the choices of the select; chosen is a pad's id. A choice that is not among the pads, because notes is
// away, stays chosen.
func padOptions(pads []*notespb.Pad, chosen string) []Option {
	options := make([]Option, 0, len(pads))
	for _, pad := range pads {
		id := idOf(pad.GetName())
		options = append(options, Option{Value: id, Label: pad.GetTitle(), Selected: id == chosen})
	}
	known := slices.ContainsFunc(options, func(o Option) bool { return o.Selected })
	if len(pads) == 0 && chosen != "" && !known {
		options = append(options, Option{Value: chosen, Label: "The pad you chose", Selected: true})
	}
	return options
}

// idOf gives the id in a resource name: "pads/1" has the id "1".
func idOf(resource string) string {
	_, id, _ := strings.Cut(resource, "/")
	return id
}
