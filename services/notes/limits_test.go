package notes

import (
	"testing"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// full makes the person's counts what they would be with so many notes and pads.
func (p *person) full(notes, pads int) {
	p.t.Helper()
	p.exec(`UPDATE people SET note_count = ?, pad_count = ? WHERE owner_id = ?`, notes, pads, p.id)
}

func (p *person) wantCounts(notes, pads int) {
	p.t.Helper()
	gotNotes := p.number(`SELECT note_count FROM people WHERE owner_id = ?`, p.id)
	gotPads := p.number(`SELECT pad_count FROM people WHERE owner_id = ?`, p.id)
	if gotNotes != notes || gotPads != pads {
		p.t.Errorf("counted %d notes and %d pads, want %d and %d", gotNotes, gotPads, notes, pads)
	}
}

func TestBeyond100000NotesThereIsOneSentence(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	note := p.note("a note")
	p.full(maxNotes-1, 0)
	last := p.note("the last one")
	p.wantCounts(maxNotes, 0)
	create := func() error {
		_, err := p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "a"}})
		return err
	}
	wantFault(t, create(), fault.Exhausted, ReasonNoteLimitReached)
	p.wantCounts(maxNotes, 0)
	s.person().note("of somebody else")

	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note.GetName()}))(t)
	p.note("in its place")
	_, err := p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note.GetName()})
	wantFault(t, err, fault.Exhausted, ReasonNoteLimitReached)
	p.wantCounts(maxNotes, 0)
	if p.get(note).GetDeleteTime() == nil || p.get(last).GetDeleteTime() != nil {
		t.Error("the wrong note is deleted")
	}
}

func TestBeyond1000PadsThereIsOneSentence(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("a pad")
	note := p.note("a note", pad)
	p.full(1, maxPads-1)
	p.pad("the last one")
	_, err := p.pads.CreatePad(p.ctx(), &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: "a"}})
	wantFault(t, err, fault.Exhausted, ReasonPadLimitReached)
	p.note("a note is no pad", pad)

	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true}))(t)
	p.pad("in its place")
	_, err = p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()})
	wantFault(t, err, fault.Exhausted, ReasonPadLimitReached)
	p.full(maxNotes-1, 1)
	_, err = p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()})
	wantFault(t, err, fault.Exhausted, ReasonNoteLimitReached)
	if p.get(note).GetDeleteTime() == nil {
		t.Error("its notes came back without it")
	}
	p.wantCounts(maxNotes-1, 1)
}
