package notes

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func (s *system) sweep() {
	s.t.Helper()
	err := NewSweeper(s.store, testRetention, time.Hour, slog.New(slog.DiscardHandler)).Sweep(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestWhatWasDeletedIsPurgedAfterItsRetentionAndNotBefore(t *testing.T) {
	p := startSystem(t).person()
	pad, kept := p.pad("Pad"), p.note("kept")
	inPad, alone := p.note("in the pad", pad), p.note("alone")
	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: alone.GetName()}))(t)
	p.clock.Move(time.Hour)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true}))(t)
	before := len(p.events())

	p.clock.Move(testRetention - time.Hour)
	p.sweep()
	p.get(alone)
	p.clock.Move(time.Microsecond)
	p.sweep()
	_, err := p.notes.GetNote(p.ctx(), &notespb.GetNoteRequest{Name: alone.GetName()})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	p.get(inPad)
	p.getPad(pad)
	p.clock.Move(time.Hour)
	p.sweep()
	_, err = p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: inPad.GetName()})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	_, err = p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()})
	wantFault(t, err, fault.NotFound, ReasonPadNotFound)
	wantSame(t, kept, p.get(kept))
	p.wantCounts(1, 0)

	want := map[string]string{alone.GetName(): eventNotePurged, inPad.GetName(): eventNotePurged, pad.GetName(): eventPadPurged}
	got := map[string]string{}
	for _, e := range p.events()[before:] {
		got[e.Subject] = e.Type
		if e.Source != "notes" || e.RequestID != "" || e.Version != 3 {
			t.Errorf("got %+v", e)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
}

func TestPurgingGoesOnBatchAfterBatchAndForgetsOldRequestsToo(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	p.fill(2*purgeBatch+1, pad, func(int) string { return "a" })
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true}))(t)
	p.exec(`UPDATE idem SET created_at = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR`)
	p.clock.Move(testRetention + time.Second)
	before := p.db.Transactions(t, "committed")
	p.sweep()
	if n := p.db.Transactions(t, "committed") - before; n != 3+1+1 {
		t.Errorf("it took %d transactions", n)
	}
	if n := p.number(`SELECT (SELECT COUNT(*) FROM notes) + (SELECT COUNT(*) FROM pads) + (SELECT COUNT(*) FROM idem)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

func TestARowThatSomebodyHoldsIsLeftForTheNextSweep(t *testing.T) {
	p := startSystem(t).person()
	held, free := p.note("held"), p.note("free")
	for _, note := range []*notespb.Note{held, free} {
		must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note.GetName()}))(t)
	}
	p.clock.Move(testRetention + time.Second)
	tx, err := p.admin.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	id, _ := noteID(held.GetName())
	var one int
	err = tx.QueryRowContext(t.Context(), `SELECT 1 FROM notes WHERE id = ? FOR UPDATE`, id).Scan(&one)
	if err != nil {
		t.Fatal(err)
	}
	p.sweep()
	if n := p.number(`SELECT COUNT(*) FROM notes`); n != 1 {
		t.Errorf("%d notes are left", n)
	}
	err = tx.Rollback()
	if err != nil {
		t.Fatal(err)
	}
	p.sweep()
	if n := p.number(`SELECT COUNT(*) FROM notes`); n != 0 {
		t.Errorf("%d notes are left", n)
	}
}
