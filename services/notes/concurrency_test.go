package notes

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestOfFiftyWritersOfOneNoteEachAcknowledgedEditWasMadeOnTheNoteItNamed(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	note := p.note("0")
	id, _ := noteID(note.GetName())
	const writers, edits = 50, 4
	var acked atomic.Int64
	var seen sync.Map // the etags that an acknowledged edit replaced
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for range edits {
				read, err := p.notes.GetNote(p.ctx(), &notespb.GetNoteRequest{Name: note.GetName()})
				if err != nil {
					t.Error(err)
					return
				}
				_, err = p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{
					Note: &notespb.Note{Name: note.GetName(), Etag: read.GetEtag(), Title: fmt.Sprint(w)},
				})
				switch {
				case err == nil:
					acked.Add(1)
					_, twice := seen.LoadOrStore(read.GetEtag(), w)
					if twice {
						t.Errorf("two edits were acknowledged for one etag")
					}
				case !fault.Is(err, fault.ReasonEtagMismatch) && !fault.Is(err, fault.ReasonLockTimeout):
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	version := s.number(`SELECT version FROM notes WHERE id = ?`, id)
	if int64(version) != 1+acked.Load() || acked.Load() == 0 {
		t.Errorf("%d edits were acknowledged, the version is %d", acked.Load(), version)
	}
	if n := len(p.events()); int64(n) != 1+acked.Load() {
		t.Errorf("%d edits were acknowledged, %d events", acked.Load(), n)
	}
}

func TestTwentyTimesTheSameRequestAtOnceMakeOneNote(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	request := &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "a"}, RequestId: requestID()}
	const racers = 20
	answers := make([]*notespb.Note, racers)
	var group sync.WaitGroup
	for i := range racers {
		group.Go(func() {
			note, err := p.notes.CreateNote(p.ctx(), request)
			if err != nil {
				t.Error(err)
			}
			answers[i] = note
		})
	}
	group.Wait()
	for _, note := range answers {
		wantSame(t, answers[0], note)
	}
	if notes, events := s.number(`SELECT COUNT(*) FROM notes`), len(p.events()); notes != 1 || events != 1 {
		t.Errorf("%d notes, %d events", notes, events)
	}
	p.wantCounts(1, 0)
}

func TestWhoNamesNoEtagWritesOverWhateverIsThere(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	note, pad := p.note("Note"), p.pad("Pad")
	const writers = 20
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			_, err := p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: note.GetName(), Title: "a"}})
			if err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			_, err := p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: pad.GetName(), Title: "a"}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := s.number(`SELECT (SELECT version FROM notes) + (SELECT version FROM pads)`); n != 2*(writers+1) {
		t.Errorf("the versions add up to %d", n)
	}
}

func TestSomebodysFirstNotesAndPadsMayComeAtOnce(t *testing.T) {
	s := startSystem(t)
	for range 20 {
		p := s.person()
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() { p.note("first") })
			group.Go(func() { p.pad("first") })
		}
		group.Wait()
		p.wantCounts(3, 3)
	}
}

func TestWhoAddsANoteToAPadThatIsBeingDeletedLeavesNoOrphan(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	for round := range 10 {
		pad := p.pad("Pad")
		if round%5 == 0 {
			p.fill(mostMarked, pad, func(int) string { return "a" }) // and with any note more it is a large one
		}
		moved := p.note("moved")
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				_, err := p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "a", Pad: pad.GetName()}})
				if err != nil && !isWrongPad(err) {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			_, err := p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: moved.GetName(), Pad: pad.GetName()}})
			if err != nil && !isWrongPad(err) {
				t.Error(err)
			}
		})
		group.Go(func() {
			_, err := p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true})
			if err != nil {
				t.Error(err)
			}
		})
		group.Wait()
	}
	p.wantConsistent()
}

func isWrongPad(err error) bool {
	e, ok := fault.As(err)
	return ok && len(e.Fields) == 1 && e.Fields[0] == wrongPad
}

// wantConsistent compares what is counted with what is there, and looks for live notes in pads that are not. A deleted pad counts what it hides.
func (s *system) wantConsistent() {
	s.t.Helper()
	for what, query := range map[string]string{
		"live notes in pads that are not there": `
			SELECT COUNT(*) FROM notes n LEFT JOIN pads p ON p.id = n.pad_id AND p.owner_id = n.owner_id
			WHERE n.deleted = 0 AND n.pad_id <> '' AND p.id IS NULL`,
		"live notes that went with a pad": `SELECT COUNT(*) FROM notes WHERE deleted = 0 AND with_pad = 1`,
		"pads with a wrong count": `
			SELECT COUNT(*) FROM pads p
			WHERE note_count <> (SELECT COUNT(*) FROM notes n WHERE n.pad_id = p.id AND n.deleted = 0)`,
		"people with wrong counts": `
			SELECT COUNT(*) FROM people
			WHERE note_count <> (
					SELECT COUNT(*) FROM notes n LEFT JOIN pads p ON p.id = n.pad_id
					WHERE n.owner_id = people.owner_id AND n.deleted = 0 AND (p.id IS NULL OR p.deleted = 0))
				OR pad_count <> (SELECT COUNT(*) FROM pads p WHERE p.owner_id = people.owner_id AND p.deleted = 0)`,
	} {
		if n := s.number(query); n != 0 {
			s.t.Errorf("%d %s", n, what)
		}
	}
}

// Three people write at once, each with several hands, whatever comes to their mind. Nothing fails but what may, and in the end the counts are right.
func TestWhateverIsDoneAtOnceTheCountsAreRight(t *testing.T) {
	s := startSystem(t)
	var group sync.WaitGroup
	var done atomic.Int64
	for range 3 {
		p := s.person()
		var notes, pads []string
		for i := range 4 {
			pad := p.pad(fmt.Sprint(i))
			pads = append(pads, pad.GetName())
			if i == 0 {
				p.fill(mostMarked-2, pad, func(int) string { return "a" }) // now and then it is a large one
			}
			notes = append(notes, p.note(fmt.Sprint(i), pad).GetName())
		}
		for hand := range 3 {
			group.Go(func() {
				r := rand.New(rand.NewPCG(uint64(hand), 7)) // the same in every run
				for range 40 {
					err := p.something(r, notes[r.IntN(len(notes))], pads[r.IntN(len(pads))])
					switch kind := fault.KindOf(err); {
					case err == nil:
						done.Add(1)
					case kind != fault.NotFound && kind != fault.Precondition && !isWrongPad(err):
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
	if done.Load() < 100 {
		t.Errorf("only %d of 360 calls did something", done.Load())
	}
	s.wantConsistent()
	// All take their locks in one order, so none has to be rolled back for another.
	if n := s.deadlocks(); n != 0 {
		t.Errorf("there were %v deadlocks", n)
	}
}

// deadlocks counts the transactions that were begun again because of one.
func (s *system) deadlocks() float64 {
	s.t.Helper()
	n := 0.0
	for _, family := range must(s.db.Registry.Gather())(s.t) {
		if family.GetName() == "mysql_transaction_replays_total" {
			for _, metric := range family.GetMetric() {
				n += metric.GetCounter().GetValue()
			}
		}
	}
	return n
}

// something does one of the things that move notes and pads.
func (p *person) something(r *rand.Rand, note, pad string) (err error) {
	switch r.IntN(7) {
	case 0:
		_, err = p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "new", Text: "new", Pad: pad}})
	case 1:
		_, err = p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: note, Pad: pad}})
	case 2:
		_, err = p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{
			Note: &notespb.Note{Name: note, Title: "new"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title", "pad"}},
		})
	case 3:
		_, err = p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note})
	case 4:
		_, err = p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note})
	case 5:
		_, err = p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad, Force: r.IntN(2) == 0})
	default:
		_, err = p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad})
	}
	return err
}
