package notes

import (
	"fmt"
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
	if n := p.db.Transactions(t, "committed") - before; n != 3+1+1+1 {
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

func TestWhatALargePadHidesIsPurgedWithItEachWithItsEvent(t *testing.T) {
	p := startSystem(t).person()
	pad, one := p.largePad()
	gone, kept := p.note("deleted before", pad), p.note("kept")
	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: gone.GetName()}))(t)
	p.clock.Move(time.Hour)
	p.deletePad(pad)
	before := len(p.events())
	p.clock.Move(testRetention)
	p.sweep()
	if events := p.events()[before:]; len(events) != 1 || events[0].Subject != gone.GetName() {
		t.Errorf("before its time: %v", events)
	}
	p.get(one)
	p.clock.Move(time.Microsecond)
	p.sweep()
	got := map[string]int{}
	subjects := map[string]bool{}
	for _, e := range p.events()[before:] {
		got[fmt.Sprintf("%s version %d", e.Type, e.Version)]++
		subjects[e.Subject] = true
	}
	want := map[string]int{eventNotePurged + " version 2": mostMarked + 1, eventNotePurged + " version 3": 1, eventPadPurged + " version 3": 1}
	if diff := cmp.Diff(want, got); diff != "" || len(subjects) != mostMarked+3 {
		t.Errorf("events of %d subjects:\n%s", len(subjects), diff)
	}
	wantSame(t, kept, p.get(kept))
	if n := p.number(`SELECT (SELECT COUNT(*) FROM notes) + (SELECT COUNT(*) FROM pads)`); n != 1 {
		t.Errorf("%d rows are left", n)
	}
	p.wantCounts(1, 0)
}

func TestALargePadThatIsRestoredWhileItsNotesArePurgedBringsBackTheRest(t *testing.T) {
	p := startSystem(t).person()
	pad, _ := p.largePad()
	p.deletePad(pad)
	p.clock.Move(testRetention + time.Second)
	n, err := p.store.PurgeHiddenNotes(t.Context(), p.clock.Now().Add(-testRetention))
	if err != nil || n != purgeBatch {
		t.Fatalf("%d were purged, %v", n, err)
	}
	p.wantConsistent()
	p.undeletePad(pad)
	p.sweep()
	const left = mostMarked + 1 - purgeBatch
	if n := p.getPad(pad).GetNoteCount(); n != left {
		t.Errorf("%d notes came back, want %d", n, left)
	}
	p.wantCounts(left, 1)
	p.wantConsistent()
}

func TestAHiddenNoteThatSomebodyHoldsIsLeftWithItsPadForTheNextSweep(t *testing.T) {
	p := startSystem(t).person()
	pad, held := p.largePad()
	p.deletePad(pad)
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
	if notes, pads := p.number(`SELECT COUNT(*) FROM notes`), p.number(`SELECT note_count FROM pads`); notes != 1 || pads != 1 {
		t.Errorf("%d notes are left, the pad counts %d", notes, pads)
	}
	if p.get(held).GetDeleteTime() == nil {
		t.Error("the note that is held is live")
	}
	err = tx.Rollback()
	if err != nil {
		t.Fatal(err)
	}
	p.sweep()
	if n := p.number(`SELECT (SELECT COUNT(*) FROM notes) + (SELECT COUNT(*) FROM pads)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}
