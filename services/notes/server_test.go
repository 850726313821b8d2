package notes

import (
	"testing"

	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestANoteIsReadBackAsItWasAnswered(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	made := p.note("  Title\u00a0", pad)
	wantSame(t, made, p.get(made))
	l := must(p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{}))(t)
	t.Log(l)
}
