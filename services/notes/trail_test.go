package notes

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestARestoredNoteWhosePadIsGoneSaysThatItLeftIt(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	note := p.note("Note", pad)
	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note.GetName()}))(t)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName()}))(t)
	must(p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note.GetName()}))(t)
	events := p.events()
	last := events[len(events)-1]
	if diff := cmp.Diff(map[string]any{"changed_fields": []any{"pad"}}, last.Data); diff != "" || last.Type != eventNoteUndeleted {
		t.Errorf("%s: %s", last.Type, diff)
	}
}

func TestReadsLeaveNoEvents(t *testing.T) {
	p := startSystem(t).person()
	note, pad := p.note("Note"), p.pad("Pad")
	reads := p.reads(note, pad)
	before := len(p.events())
	for method, policy := range policies(t) {
		if policy.Writes {
			continue
		}
		err := reads[method]()
		if err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
	if n := len(p.events()) - before; n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestWhatIsDeniedIsInTheTrailWithItsNumber(t *testing.T) {
	s := startSystem(t)
	p, stranger := s.person(), s.person()
	note := p.note("Note")
	token, _, err := s.signer.Sign(identity.Principal{PersonID: p.id, SessionID: newID(), Scopes: []string{"notes:read"}}, serviceName, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	before := len(p.events())
	last := rpc.NewRequestID()
	ctx := rpc.WithToken(t.Context(), token)
	for _, id := range []string{rpc.NewRequestID(), rpc.NewRequestID(), last} {
		_, err = s.notes.DeleteNote(rpc.WithRequestID(ctx, id), &notespb.DeleteNoteRequest{Name: note.GetName()})
		wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
	}
	_, err = s.notes.GetNote(stranger.ctx(), &notespb.GetNoteRequest{Name: note.GetName()})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	_, err = s.notes.GetNote(t.Context(), &notespb.GetNoteRequest{Name: note.GetName()})
	wantFault(t, err, fault.Unauthenticated, fault.ReasonTokenInvalid)
	err = s.tally.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := p.events()[before:]
	want := []event{{
		Source: "notes", Type: eventAccessDenied, Subject: "accounts/" + p.id, Actor: p.id, RequestID: last, Time: s.clock.Now(),
		Data: map[string]any{"count": 3.0, "method": notespb.NotesService_DeleteNote_FullMethodName},
	}}
	for i := range got {
		got[i].Traceparent = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if events := stranger.events(); len(events) != 0 {
		t.Errorf("what was not found left %v", events)
	}
}

// A whole life, with canaries: every kind of event is in it, and nothing that must not be in a trail.
func TestEveryKindOfEventIsWrittenAndNoneHoldsWhatSomebodyWrote(t *testing.T) {
	p := startSystem(t).person()
	for _, w := range p.writes() {
		must(w.call(p.ctx(), newID()))(t)
	}
	pad := p.pad("canary pad")
	note := must(p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{
		Note: &notespb.Note{Title: "canary title", Text: "canary text", Pad: pad.GetName()},
	}))(t)
	note = must(p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{
		Note: &notespb.Note{Name: note.GetName(), Etag: note.GetEtag(), Title: "canary bird", Text: "canary song"},
	}))(t)
	must(p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: pad.GetName(), Title: "canary cage"}}))(t)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true}))(t)
	token, _, err := p.signer.Sign(identity.Principal{PersonID: p.id, SessionID: newID()}, serviceName, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.notes.GetNote(rpc.WithToken(t.Context(), token), &notespb.GetNoteRequest{Name: note.GetName()})
	wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
	err = p.tally.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.clock.Move(testRetention + time.Second)
	p.sweep()

	var kinds []string
	for _, e := range p.events() { // which checks each of them
		kinds = append(kinds, e.Type)
	}
	slices.Sort(kinds)
	if diff := cmp.Diff(must(outboxtest.ReadTable(eventTable))(t).Types(serviceName), slices.Compact(kinds)); diff != "" {
		t.Errorf("docs/events.md and what is written differ:\n%s", diff)
	}
	for _, canary := range []string{"canary", "bird", "song", "cage", note.GetEtag(), token, "eyJ", "@"} {
		if n := p.number(`SELECT COUNT(*) FROM outbox WHERE payload LIKE ?`, "%"+strings.ReplaceAll(canary, "_", `\_`)+"%"); n != 0 {
			t.Errorf("%q is in %d events", canary, n)
		}
	}
}
