package web

// Forms for a pad: new, renamed, deleted. The page that lists a pad's notes is in pages_notes.go.

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// padDraft is what a pad's form holds.
type padDraft struct {
	id      string // of the pad in the path; empty for a new one
	name    string
	etag    string
	request string
}

func (s *site) newPad(v *visit) error {
	pads, err := v.allPads()
	if err != nil {
		return err
	}
	return v.showPadForm(padDraft{request: uuid.NewString()}, pads, setback{status: http.StatusOK})
}

func (s *site) createPad(v *visit) error {
	typed := padDraft{name: v.field("name"), request: v.requestID()}
	pad, err := s.pads.CreatePad(v.ctx(), &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: typed.name}, RequestId: typed.request})
	if err == nil {
		return v.done(flashPadCreated, pathOf(pad.GetName()))
	}
	return v.padFormAgain(typed, err)
}

func (s *site) editPad(v *visit) error {
	pad, pads, err := v.ownPad()
	if err != nil {
		return err
	}
	typed := padDraft{id: idOf(pad.GetName()), name: pad.GetTitle(), etag: pad.GetEtag(), request: uuid.NewString()}
	return v.showPadForm(typed, pads, setback{status: http.StatusOK})
}

func (s *site) updatePad(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	typed := padDraft{id: id, name: v.field("name"), etag: v.field("etag"), request: v.requestID()}
	pad, err := s.pads.UpdatePad(v.ctx(), &notespb.UpdatePadRequest{
		Pad:        &notespb.Pad{Name: "pads/" + id, Title: typed.name, Etag: typed.etag},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
		RequestId:  typed.request,
	})
	if err == nil {
		return v.done(flashPadUpdated, pathOf(pad.GetName()))
	}
	return v.padFormAgain(typed, err)
}

// padFormAgain shows a form that failed, with what was typed. A pad that was renamed elsewhere shows its name now in the
// heading; saving again means it.
func (v *visit) padFormAgain(typed padDraft, failure error) error {
	back, ok := v.setback(failure)
	if !ok {
		return fmt.Errorf("save pad: %w", failure)
	}
	pads, err := v.allPads()
	if err != nil {
		return v.showPadForm(typed, nil, back)
	}
	pad := padIn(pads, "pads/"+typed.id)
	if typed.id != "" && pad == nil {
		return errNothingHere // somebody else's, whatever the fields hold
	}
	if fault.Is(failure, fault.ReasonEtagMismatch) {
		back.notice = fmt.Sprintf("This pad was renamed elsewhere; it is called %s now. Save again if you want your name.", pad.GetTitle())
		back.renew, typed.etag = true, pad.GetEtag()
	}
	return v.showPadForm(typed, pads, back)
}

func (v *visit) showPadForm(typed padDraft, pads []*notespb.Pad, back setback) error {
	form := PadForm{
		Layout: v.layout("New pad"),
		Hidden: v.hidden(),
		Action: "/pads/create/",
		Cancel: "/",
		Name:   Field{Name: "name", Label: "Name", Type: "text", Value: typed.name, Autocomplete: "off", Error: back.take("pad.title"), Focus: true},
	}
	back.rest()
	form.Notice, form.Hidden.ETag = back.notice, typed.etag
	if !back.renew {
		form.Hidden.RequestID = typed.request
	}
	if typed.id != "" {
		path := "/pads/" + typed.id + "/"
		form.Heading = typed.name
		form.Action, form.Cancel, form.DeletePath = path+"edit/", path, path+"delete/"
	}
	pad := padIn(pads, "pads/"+typed.id)
	if pad != nil {
		form.Heading = pad.GetTitle()
	}
	if pads != nil {
		form.Nav = v.nav(pads, pad.GetName())
	}
	return v.show(back.status, pagePadForm, form)
}

func (s *site) askDeletePad(v *visit) error {
	pad, pads, err := v.ownPad()
	if err != nil {
		return err
	}
	path := pathOf(pad.GetName())
	view := DeleteView{
		Layout:      v.layout(pad.GetTitle()),
		Hidden:      v.hidden(),
		Action:      path + "delete/",
		Cancel:      path,
		Question:    "Are you sure you want to delete " + pad.GetTitle() + "?",
		Consequence: goesWith(pad.GetNoteCount()),
		Submit:      "Delete it",
	}
	view.Nav = v.nav(pads, pad.GetName())
	return v.show(http.StatusOK, pageDelete, view)
}

// goesWith says how many notes are deleted with a pad.
func goesWith(notes int32) string {
	switch notes {
	case 0:
		return "It has no notes."
	case 1:
		return "Its 1 note is deleted with it."
	default:
		return fmt.Sprintf("Its %d notes are deleted with it.", notes)
	}
}

func (s *site) deletePad(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	_, err = s.pads.DeletePad(v.ctx(), &notespb.DeletePadRequest{Name: "pads/" + id, Force: true, RequestId: v.requestID()})
	if err != nil {
		return fmt.Errorf("delete pad: %w", err)
	}
	return v.done(flashPadDeleted, "/")
}

// allPads asks for the person's pads, in one call. It never gives nil.
func (v *visit) allPads() ([]*notespb.Pad, error) {
	content, err := v.site.contents.GetNotePage(v.ctx(), &notesinternalpb.GetNotePageRequest{})
	if err != nil {
		return nil, fmt.Errorf("get pads: %w", err)
	}
	return append([]*notespb.Pad{}, content.GetPads()...), nil
}

// ownPad finds the pad in the path among the person's pads.
func (v *visit) ownPad() (pad *notespb.Pad, pads []*notespb.Pad, err error) {
	id, err := v.id()
	if err != nil {
		return nil, nil, err
	}
	pads, err = v.allPads()
	if err != nil {
		return nil, nil, err
	}
	pad = padIn(pads, "pads/"+id)
	if pad == nil {
		return nil, nil, errNothingHere
	}
	return pad, pads, nil
}
