package notes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestANewPadIsKeptAsAnsweredAndTwoMayHaveOneTitle(t *testing.T) {
	p := startSystem(t).person()
	now := timestamppb.New(p.clock.Now())
	names := map[string]bool{}
	for range 2 {
		got := must(p.pads.CreatePad(p.ctx(), &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: " Pad ", NoteCount: 7, Name: "pads/1", Etag: "x"}}))(t)
		want := &notespb.Pad{Name: got.GetName(), Title: "Pad", Etag: got.GetEtag(), CreateTime: now, UpdateTime: now}
		wantSame(t, want, got)
		wantSame(t, want, p.getPad(got))
		names[got.GetName()] = true
	}
	if len(names) != 2 {
		t.Errorf("got %v", names)
	}
}

func TestAPadsTitleKeepsTheRulesOfTitles(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	for title, sentence := range map[string]string{
		"":                       "This field is required.",
		" \u2003":                "This field is required.",
		strings.Repeat("é", 101): "Use at most 100 characters.",
		"a\x00b":                 "Do not use control characters.",
	} {
		_, err := p.pads.CreatePad(p.ctx(), &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: title}})
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "pad.title: "+sentence)
		_, err = p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: pad.GetName(), Title: title}})
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "pad.title: "+sentence)
	}
	wantSame(t, pad, p.getPad(pad))
	if n := p.number(`SELECT COUNT(*) FROM pads`); n != 1 {
		t.Errorf("there are %d pads", n)
	}
}

func TestRenamingAPadLeavesItsNotes(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Old")
	note := p.note("Note", pad)
	for _, mask := range [][]string{nil, {"title"}, {"*"}, {"title", "etag", "name"}} {
		p.clock.Move(time.Minute)
		before := p.getPad(pad)
		got := must(p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{
			Pad: &notespb.Pad{Name: pad.GetName(), Title: "New", Etag: before.GetEtag()}, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask},
		}))(t)
		want := &notespb.Pad{
			Name: pad.GetName(), Title: "New", NoteCount: 1, Etag: got.GetEtag(),
			CreateTime: pad.GetCreateTime(), UpdateTime: timestamppb.New(p.clock.Now()),
		}
		wantSame(t, want, got)
		wantSame(t, want, p.getPad(pad))
		if got.GetEtag() == before.GetEtag() {
			t.Error("the etag is the old one")
		}
	}
	wantSame(t, note, p.get(note))
	_, err := p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{
		Pad: &notespb.Pad{Name: pad.GetName(), Title: "New"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"note_count"}},
	})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "update_mask: Use title or *.")
}

func TestAPadWithNotesIsDeletedOnlyWithForceAndThenWithThemAlone(t *testing.T) {
	for name, more := range map[string]int{"a small pad": 0, "a large pad": mostMarked} {
		t.Run(name, func(t *testing.T) {
			p := startSystem(t).person()
			pad, other := p.pad("Pad"), p.pad("Other")
			first, second := p.note("first", pad), p.note("second", pad)
			p.fill(more, pad, func(int) string { return "more" })
			elsewhere, nowhere := p.note("elsewhere", other), p.note("nowhere")
			gone := p.note("deleted before", pad)
			must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: gone.GetName()}))(t)
			goneSince := p.get(gone)

			_, err := p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName()})
			wantFault(t, err, fault.Precondition, ReasonPadNotEmpty)
			wantSame(t, first, p.get(first))

			p.clock.Move(time.Minute)
			deleted := must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true}))(t)
			now, purge := timestamppb.New(p.clock.Now()), timestamppb.New(p.clock.Now().Add(testRetention))
			wantSame(t, &notespb.Pad{
				Name: pad.GetName(), Title: "Pad", Etag: deleted.GetEtag(), CreateTime: pad.GetCreateTime(), UpdateTime: pad.GetUpdateTime(), DeleteTime: now, PurgeTime: purge,
			}, deleted)
			wantSame(t, deleted, p.getPad(pad))
			for _, note := range []*notespb.Note{first, second} {
				want := proto.CloneOf(note)
				want.DeleteTime, want.PurgeTime = now, purge
				wantSame(t, want, p.get(note), protocmp.IgnoreFields(&notespb.Note{}, "etag"))
			}
			wantSame(t, elsewhere, p.get(elsewhere))
			wantSame(t, nowhere, p.get(nowhere))
			wantSame(t, goneSince, p.get(gone))
			p.wantCounts(2, 1)
			p.wantConsistent()
			_, err = p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true})
			wantFault(t, err, fault.NotFound, ReasonPadNotFound)
			_, err = p.pads.UpdatePad(p.ctx(), &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: pad.GetName(), Title: "New"}})
			wantFault(t, err, fault.NotFound, ReasonPadNotFound)

			restored := must(p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()}))(t)
			wantSame(t, &notespb.Pad{
				Name: pad.GetName(), Title: "Pad", NoteCount: int32(2 + more), Etag: restored.GetEtag(),
				CreateTime: pad.GetCreateTime(), UpdateTime: pad.GetUpdateTime(),
			}, restored)
			wantSame(t, restored, p.getPad(pad))
			wantSame(t, first, p.get(first), protocmp.IgnoreFields(&notespb.Note{}, "etag"))
			wantSame(t, second, p.get(second), protocmp.IgnoreFields(&notespb.Note{}, "etag"))
			wantSame(t, goneSince, p.get(gone))
			p.wantCounts(4+more, 2)
			p.wantConsistent()
			_, err = p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()})
			wantFault(t, err, fault.Precondition, ReasonNotDeleted)
		})
	}
}

// That release marked all notes of a pad, however many.
func TestAPadOfMoreNotesThanAStatementTakesThat010HasDeletedIsRestoredWhole(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	p.fill(mostMarked+1, pad, func(int) string { return "a" })
	p.exec(`UPDATE notes SET deleted_at = created_at, with_pad = 1`)
	p.exec(`UPDATE pads SET deleted_at = created_at, note_count = 0`)
	p.full(0, 0)
	restored := must(p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()}))(t)
	if restored.GetNoteCount() != mostMarked+1 {
		t.Errorf("%d notes came back", restored.GetNoteCount())
	}
	p.wantCounts(mostMarked+1, 1)
	p.wantConsistent()
}

func TestPadsAreListedInTheOrderInWhichTheyWereMade(t *testing.T) {
	p := startSystem(t).person()
	var want []*notespb.Pad
	for i := range 7 {
		want = append(want, p.pad(fmt.Sprint(9-i)))
	}
	deleted := must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: want[3].GetName()}))(t)
	live := append(append([]*notespb.Pad{}, want[:3]...), want[4:]...)
	want[3] = deleted
	for size := int32(1); size <= 8; size++ {
		wantSame(t, live, p.listPads(size, false))
		wantSame(t, want, p.listPads(size, true))
	}
	_, err := p.pads.ListPads(p.ctx(), &notespb.ListPadsRequest{PageSize: -1})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "page_size: Use 0 to 100.")
	token := must(p.pads.ListPads(p.ctx(), &notespb.ListPadsRequest{PageSize: 1}))(t).GetNextPageToken()
	_, err = p.pads.ListPads(p.ctx(), &notespb.ListPadsRequest{PageToken: token, ShowDeleted: true})
	wantFault(t, err, fault.Invalid, fault.ReasonPageTokenInvalid)
	_, err = p.pads.ListPads(p.system.person().ctx(), &notespb.ListPadsRequest{PageToken: token})
	wantFault(t, err, fault.Invalid, fault.ReasonPageTokenInvalid)
}

// listPads reads the whole list in pages of a size.
func (p *person) listPads(size int32, showDeleted bool) (all []*notespb.Pad) {
	p.t.Helper()
	request := &notespb.ListPadsRequest{PageSize: size, ShowDeleted: showDeleted}
	for {
		page := must(p.pads.ListPads(p.ctx(), request))(p.t)
		if len(page.GetPads()) > int(size) {
			p.t.Fatalf("a page of %d has %d", size, len(page.GetPads()))
		}
		all = append(all, page.GetPads()...)
		request.PageToken = page.GetNextPageToken()
		if request.GetPageToken() == "" {
			return all
		}
	}
}
