package notes

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// write is a call of a writing RPC, ready to be made.
type write struct {
	subject func(answer proto.Message) string // the resource it writes
	data    map[string]any                    // of its event
	version int64
	call    func(ctx context.Context, requestID string) (proto.Message, error)
}

// writes are calls of every writing RPC that succeed, by full method. Each has resources of its own.
func (p *person) writes() map[string]write {
	p.t.Helper()
	note, gone, pad, goner, full := p.note("Note"), p.note("Gone"), p.pad("Pad"), p.pad("Goner"), p.pad("Full")
	p.note("one", full)
	p.note("two", full)
	p.note("goes with its pad", goner)
	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: gone.GetName()}))(p.t)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: goner.GetName(), Force: true}))(p.t)
	name := func(m proto.Message) string {
		return m.(interface{ GetName() string }).GetName() // notes and pads have one
	}
	toDelete := p.note("Delete me")
	return map[string]write{
		notespb.NotesService_CreateNote_FullMethodName: {name, nil, 1, func(ctx context.Context, id string) (proto.Message, error) {
			return p.notes.CreateNote(ctx, &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "a", Pad: pad.GetName()}, RequestId: id})
		}},
		notespb.NotesService_UpdateNote_FullMethodName: {name, map[string]any{"changed_fields": []any{"title", "pad"}}, 2, func(ctx context.Context, id string) (proto.Message, error) {
			return p.notes.UpdateNote(ctx, &notespb.UpdateNoteRequest{
				Note: &notespb.Note{Name: note.GetName(), Etag: note.GetEtag(), Title: "New", Text: note.GetText(), Pad: pad.GetName()}, RequestId: id,
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"*"}},
			})
		}},
		notespb.NotesService_DeleteNote_FullMethodName: {name, nil, 2, func(ctx context.Context, id string) (proto.Message, error) {
			return p.notes.DeleteNote(ctx, &notespb.DeleteNoteRequest{Name: toDelete.GetName(), Etag: toDelete.GetEtag(), RequestId: id})
		}},
		notespb.NotesService_UndeleteNote_FullMethodName: {name, nil, 3, func(ctx context.Context, id string) (proto.Message, error) {
			return p.notes.UndeleteNote(ctx, &notespb.UndeleteNoteRequest{Name: gone.GetName(), RequestId: id})
		}},
		notespb.PadsService_CreatePad_FullMethodName: {name, nil, 1, func(ctx context.Context, id string) (proto.Message, error) {
			return p.pads.CreatePad(ctx, &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: "a"}, RequestId: id})
		}},
		notespb.PadsService_UpdatePad_FullMethodName: {name, map[string]any{"changed_fields": []any{"title"}}, 2, func(ctx context.Context, id string) (proto.Message, error) {
			return p.pads.UpdatePad(ctx, &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: pad.GetName(), Etag: pad.GetEtag(), Title: "New"}, RequestId: id})
		}},
		notespb.PadsService_DeletePad_FullMethodName: {name, map[string]any{"note_count": 2.0}, 2, func(ctx context.Context, id string) (proto.Message, error) {
			return p.pads.DeletePad(ctx, &notespb.DeletePadRequest{Name: full.GetName(), Etag: full.GetEtag(), Force: true, RequestId: id})
		}},
		notespb.PadsService_UndeletePad_FullMethodName: {name, map[string]any{"note_count": 1.0}, 3, func(ctx context.Context, id string) (proto.Message, error) {
			return p.pads.UndeletePad(ctx, &notespb.UndeletePadRequest{Name: goner.GetName(), RequestId: id})
		}},
	}
}

// services are the descriptors of all that the service offers.
func services() []protoreflect.ServiceDescriptor {
	return []protoreflect.ServiceDescriptor{
		notespb.File_notejam_notes_v1_notes_proto.Services().ByName("NotesService"),
		notespb.File_notejam_notes_v1_pads_proto.Services().ByName("PadsService"),
		notesinternalpb.File_notejam_notes_internal_v1_pages_proto.Services().ByName("PagesService"),
	}
}

func policies(t *testing.T) map[string]rpc.Policy {
	t.Helper()
	return must(rpc.Policies(services()...))(t)
}

func TestEveryWriteLeavesTheOneEventThatItsPolicyDeclares(t *testing.T) {
	p := startSystem(t).person()
	writes := p.writes()
	for method, policy := range policies(t) {
		if !policy.Writes {
			continue
		}
		t.Run(method, func(t *testing.T) {
			w, ok := writes[method]
			if !ok {
				t.Fatal("this test has no call of the method")
			}
			before := len(p.events())
			p.clock.Move(time.Second)
			requestID := rpc.NewRequestID()
			answer := must(w.call(rpc.WithRequestID(p.ctx(), requestID), newID()))(t)
			got := p.events()[before:]
			want := []event{{
				Source: "notes", Type: policy.Event, Subject: w.subject(answer), Actor: p.id, RequestID: requestID,
				Version: w.version, Time: p.clock.Now(), Data: w.data,
			}}
			if len(got) == 1 && strings.HasPrefix(got[0].Traceparent, "00-"+strings.ReplaceAll(requestID, "-", "")+"-") {
				want[0].Traceparent = got[0].Traceparent // its span is anybody's guess
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestARepeatedWriteIsAnsweredAgainAndWritesNothing(t *testing.T) {
	p := startSystem(t).person()
	for method, w := range p.writes() {
		t.Run(method, func(t *testing.T) {
			id := requestID()
			first := must(w.call(p.ctx(), id))(t)
			events := len(p.events())
			p.clock.Move(time.Hour)
			wantSame(t, first, must(w.call(p.ctx(), id))(t))
			if n := len(p.events()); n != events {
				t.Errorf("%d more events", n-events)
			}
		})
	}
}

func TestARepeatedWriteSucceedsAlthoughItsEtagIsOldByNow(t *testing.T) {
	p := startSystem(t).person()
	note := p.note("Note")
	update := &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: note.GetName(), Etag: note.GetEtag(), Title: "Mine"}, RequestId: requestID()}
	must(p.notes.UpdateNote(p.ctx(), update))(t)
	later := must(p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: note.GetName(), Title: "Later"}}))(t)
	wantSame(t, later, must(p.notes.UpdateNote(p.ctx(), update))(t))
	// The repeat tells the note as it is now, so nobody writes over what they have not seen.
	wantSame(t, later, p.get(note))
}

func TestARequestIDWithOtherFieldsIsRefused(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	id := requestID()
	create := func(p *person, title string) error {
		_, err := p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: title, Text: "a"}, RequestId: id})
		return err
	}
	err := create(p, "a")
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, create(p, "b"), fault.Invalid, fault.ReasonRequestIDReused)
	_, err = p.pads.CreatePad(p.ctx(), &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: "a"}, RequestId: id})
	wantFault(t, err, fault.Invalid, fault.ReasonRequestIDReused)
	err = create(s.person(), "b")
	if err != nil {
		t.Errorf("somebody else with the same id: %v", err)
	}
	_, err = p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "a"}, RequestId: "1"})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "request_id: Send a UUID as request_id.")
	p.wantCounts(1, 0)
}

// A trigger makes the last INSERT of the transaction fail, and then the first one.
func TestAWriteThatCannotBeFinishedLeavesNothing(t *testing.T) {
	for _, table := range []string{"outbox", "idem"} {
		t.Run(table, func(t *testing.T) {
			p := startSystem(t).person()
			writes := p.writes()
			before := p.dump()
			p.exec(`CREATE TRIGGER broken BEFORE INSERT ON ` + table + ` FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'planted'`)
			ids := map[string]string{}
			for method, w := range writes {
				ids[method] = requestID()
				_, err := w.call(p.ctx(), ids[method])
				wantFault(t, err, fault.Internal, fault.ReasonInternal)
			}
			if diff := cmp.Diff(before, p.dump()); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
			p.exec(`DROP TRIGGER broken`)
			for method, w := range writes {
				_, err := w.call(p.ctx(), ids[method])
				if err != nil {
					t.Errorf("%s, tried again: %v", method, err)
				}
			}
		})
	}
}

// dump gives a checksum of every table.
func (s *system) dump() map[string]int {
	s.t.Helper()
	sums := map[string]int{}
	for _, table := range []string{"people", "pads", "notes", "idem", "outbox"} {
		var name string
		var sum int
		err := s.admin.QueryRowContext(s.t.Context(), "CHECKSUM TABLE "+table).Scan(&name, &sum)
		if err != nil {
			s.t.Fatal(err)
		}
		sums[table] = sum
	}
	return sums
}

// What a call costs does not depend on how much the person has. The numbers are those of the statements between BEGIN and COMMIT, or of reads.
func TestEveryCallSendsAFixedNumberOfStatements(t *testing.T) {
	s := startSystem(t)
	want := map[string]int{
		notespb.NotesService_CreateNote_FullMethodName:           5, // idem, person, pad, note, outbox
		notespb.NotesService_UpdateNote_FullMethodName:           7, // idem, person, note (read), pad, note, outbox, idem
		notespb.NotesService_DeleteNote_FullMethodName:           7,
		notespb.NotesService_UndeleteNote_FullMethodName:         7,
		notespb.PadsService_CreatePad_FullMethodName:             4, // idem, person, pad, outbox
		notespb.PadsService_UpdatePad_FullMethodName:             5,
		notespb.PadsService_DeletePad_FullMethodName:             8, // one less for a large pad, whose notes are left as they are
		notespb.PadsService_UndeletePad_FullMethodName:           8,
		notespb.NotesService_GetNote_FullMethodName:              1,
		notespb.NotesService_ListNotes_FullMethodName:            1,
		notespb.PadsService_GetPad_FullMethodName:                1,
		notespb.PadsService_ListPads_FullMethodName:              1,
		notesinternalpb.PagesService_GetNotesPage_FullMethodName: 2,
		notesinternalpb.PagesService_GetNotePage_FullMethodName:  2,
	}
	poor, rich := s.person(), s.person()
	padOfMany := rich.pad("many")
	rich.fill(2000, padOfMany, func(int) string { return "a" })
	for range 50 {
		rich.pad("one of many")
	}
	for name, p := range map[string]*person{"somebody who has little": poor, "somebody who has much": rich} {
		got := map[string]int{}
		for method, w := range p.writes() {
			before := s.db.Statements(t)
			must(w.call(p.ctx(), requestID()))(t)
			got[method] = s.db.Statements(t) - before
		}
		note, pad := p.note("Note"), p.pad("Pad")
		for method, call := range p.reads(note, pad) {
			before := s.db.Statements(t)
			err := call()
			if err != nil {
				t.Errorf("%s: %v", method, err)
			}
			got[method] = s.db.Statements(t) - before
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	for method := range policies(t) {
		if want[method] == 0 {
			t.Errorf("%s is not counted", method)
		}
	}
}

// reads are calls of every reading RPC.
func (p *person) reads(note *notespb.Note, pad *notespb.Pad) map[string]func() error {
	return map[string]func() error{
		notespb.NotesService_GetNote_FullMethodName: func() error {
			_, err := p.notes.GetNote(p.ctx(), &notespb.GetNoteRequest{Name: note.GetName()})
			return err
		},
		notespb.NotesService_ListNotes_FullMethodName: func() error {
			_, err := p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{ShowDeleted: true, Filter: `pad = ""`})
			return err
		},
		notespb.PadsService_GetPad_FullMethodName: func() error {
			_, err := p.pads.GetPad(p.ctx(), &notespb.GetPadRequest{Name: pad.GetName()})
			return err
		},
		notespb.PadsService_ListPads_FullMethodName: func() error {
			_, err := p.pads.ListPads(p.ctx(), &notespb.ListPadsRequest{})
			return err
		},
		notesinternalpb.PagesService_GetNotesPage_FullMethodName: func() error {
			_, err := p.pages.GetNotesPage(p.ctx(), &notesinternalpb.GetNotesPageRequest{})
			return err
		},
		notesinternalpb.PagesService_GetNotePage_FullMethodName: func() error {
			_, err := p.pages.GetNotePage(p.ctx(), &notesinternalpb.GetNotePageRequest{Name: note.GetName()})
			return err
		},
	}
}
