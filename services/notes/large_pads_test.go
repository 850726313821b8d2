package notes

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// largePad makes a pad whose deletion hides its notes, with one note to look at. It has the least that makes it large.
func (p *person) largePad() (pad *notespb.Pad, one *notespb.Note) {
	p.t.Helper()
	pad = p.pad("Large")
	one = p.note("one", pad)
	p.fill(mostMarked, pad, func(i int) string { return fmt.Sprint(i % 40) })
	return pad, one
}

func (p *person) deletePad(pad *notespb.Pad) *notespb.Pad {
	p.t.Helper()
	return must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName(), Force: true}))(p.t)
}

func (p *person) undeletePad(pad *notespb.Pad) *notespb.Pad {
	p.t.Helper()
	return must(p.pads.UndeletePad(p.ctx(), &notespb.UndeletePadRequest{Name: pad.GetName()}))(p.t)
}

// All that a person may have, in one pad. The limit is the caller's, not what it takes.
func TestAPadOf100000NotesIsDeletedAndRestoredAtOnce(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	p.fill(maxNotes/100, pad, func(i int) string { return fmt.Sprint(i) })
	p.exec(`
		INSERT INTO notes (id, owner_id, pad_id, title, text, snippet, etag, version, created_at, updated_at)
		SELECT UUID(), n.owner_id, n.pad_id, n.title, n.text, n.snippet, n.etag, n.version, n.created_at, n.updated_at
		FROM notes n JOIN (SELECT id FROM notes LIMIT 99) times`)
	p.exec(`UPDATE pads SET note_count = ?`, maxNotes)
	p.full(maxNotes, 1)
	p.wantConsistent()
	events := len(p.events())

	begin := time.Now()
	p.deletePad(pad)
	deleted := time.Now()
	p.wantCounts(0, 0)
	wantSame(t, &notesinternalpb.GetNotesPageResponse{OrderBy: "update_time desc"}, p.page(&notesinternalpb.GetNotesPageRequest{}))
	read := time.Now()
	restored := p.undeletePad(pad)
	end := time.Now()
	p.wantCounts(maxNotes, 1)
	page := p.page(&notesinternalpb.GetNotesPageRequest{Pad: pad.GetName()})
	if page.GetTotalCount() != maxNotes || len(page.GetNotes()) != 10 || restored.GetNoteCount() != maxNotes {
		t.Errorf("%d notes came back, the page counts %d and shows %d", restored.GetNoteCount(), page.GetTotalCount(), len(page.GetNotes()))
	}
	p.wantConsistent()
	for what, took := range map[string]time.Duration{"deleting": deleted.Sub(begin), "the page": read.Sub(deleted), "restoring": end.Sub(read)} {
		t.Logf("%s took %v", what, took)
		if took > time.Second {
			t.Errorf("%s took %v", what, took)
		}
	}
	var types []string
	for _, e := range p.events()[events:] {
		types = append(types, e.Type)
	}
	if diff := cmp.Diff([]string{eventPadDeleted, eventPadUndeleted}, types); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
}

// One transaction of a few statements has no middle in which it could be looked at or be interrupted.
func TestDeletingAndRestoringALargePadTouchesNoneOfItsNotes(t *testing.T) {
	p := startSystem(t).person()
	pad, one := p.largePad()
	notes := p.dump()["notes"]
	for _, call := range []func(*notespb.Pad) *notespb.Pad{p.deletePad, p.undeletePad} {
		statements, transactions := p.db.Statements(t), p.db.Transactions(t)
		call(pad)
		if n, m := p.db.Statements(t)-statements, p.db.Transactions(t)-transactions; n != 7 || m != 1 {
			t.Errorf("it took %d statements in %d transactions", n, m)
		}
		if p.dump()["notes"] != notes {
			t.Error("notes have changed")
		}
	}
	wantSame(t, one, p.get(one))
}

func TestWhatALargeDeletedPadHidesIsInNoList(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	pad, _ := p.largePad()
	small, emptied := p.pad("Small"), p.pad("Emptied")
	p.fill(14, small, func(i int) string { return fmt.Sprint(i * 3) })
	p.fill(4, emptied, func(i int) string { return fmt.Sprint(i) })
	p.fill(19, nil, func(i int) string { return fmt.Sprint(i * 2) })
	s.person().largePad()
	between := p.page(&notesinternalpb.GetNotesPageRequest{OrderBy: "update_time", PageSize: 30}).GetNextPageToken()
	p.deletePad(emptied)
	p.deletePad(pad)

	id, _ := padID(pad.GetName())
	live := "deleted_at IS NULL AND pad_id <> '" + id + "'"
	for _, orderBy := range orderNames {
		want := p.expected(orderBy, live)
		forward, back := p.thereAndBack(&notesinternalpb.GetNotesPageRequest{OrderBy: orderBy})
		pages := [][]string{want[:10], want[10:20], want[20:30], want[30:]}
		if diff := cmp.Diff(pages, forward); diff != "" {
			t.Errorf("order %q, forward:\n%s", orderBy, diff)
		}
		if diff := cmp.Diff(pages, back); diff != "" {
			t.Errorf("order %q, back:\n%s", orderBy, diff)
		}
		for _, size := range []int32{9, 100} {
			list := p.listNotes(&notespb.ListNotesRequest{OrderBy: orderBy, PageSize: size})
			if diff := cmp.Diff(want, list); diff != "" {
				t.Errorf("order %q, pages of %d:\n%s", orderBy, size, diff)
			}
		}
		all := p.listNotes(&notespb.ListNotesRequest{OrderBy: orderBy, PageSize: 100, ShowDeleted: true})
		if diff := cmp.Diff(p.expected(orderBy, "TRUE"), all); diff != "" {
			t.Errorf("order %q, also deleted:\n%s", orderBy, diff)
		}
	}
	filter := fmt.Sprintf("pad = %q", pad.GetName())
	if list := p.listNotes(&notespb.ListNotesRequest{Filter: filter}); len(list) != 0 {
		t.Errorf("the pad's list has %d notes", len(list))
	}
	deleted := must(p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{Filter: filter, ShowDeleted: true}))(t).GetNotes()
	if len(deleted) != 25 || slices.ContainsFunc(deleted, func(n *notespb.Note) bool { return !n.GetDeleteTime().AsTime().Equal(p.clock.Now()) }) {
		t.Errorf("with deleted notes the pad's list begins with %v", deleted)
	}
	_, err := p.pages.GetNotesPage(p.ctx(), &notesinternalpb.GetNotesPageRequest{Pad: pad.GetName()})
	wantFault(t, err, fault.NotFound, ReasonPadNotFound)

	// A place in a list, from before the deletion, is still there.
	got := namesOf(p.page(&notesinternalpb.GetNotesPageRequest{OrderBy: "update_time", PageToken: between}).GetNotes())
	if all := p.expected("update_time", live); len(got) != 10 || !slices.Contains(all, got[0]) {
		t.Errorf("the place leads to %v", got)
	}
	p.undeletePad(pad)
	if n := p.page(&notesinternalpb.GetNotesPageRequest{}).GetTotalCount(); n != mostMarked+1+33 {
		t.Errorf("with the pad %d notes came back", n)
	}
	if diff := cmp.Diff(p.expected("title", "deleted_at IS NULL")[:100], p.listNotes(&notespb.ListNotesRequest{OrderBy: "title", PageSize: 100})[:100]); diff != "" {
		t.Errorf("restored:\n%s", diff)
	}
}

// thereAndBack reads a list page by page to its end, and back to its beginning.
func (p *person) thereAndBack(request *notesinternalpb.GetNotesPageRequest) (forward, back [][]string) {
	p.t.Helper()
	page := p.page(request)
	for {
		forward = append(forward, namesOf(page.GetNotes()))
		if page.GetNextPageToken() == "" {
			break
		}
		request.PageToken = page.GetNextPageToken()
		page = p.page(request)
	}
	for {
		back = append(back, namesOf(page.GetNotes()))
		if page.GetPreviousPageToken() == "" {
			break
		}
		request.PageToken = page.GetPreviousPageToken()
		page = p.page(request)
	}
	slices.Reverse(back)
	return forward, back
}

func TestWhatALargeDeletedPadHidesIsDeletedForEveryCall(t *testing.T) {
	p := startSystem(t).person()
	pad, one := p.largePad()
	elsewhere := p.note("elsewhere")
	p.deletePad(pad)
	_, err := p.pages.GetNotePage(p.ctx(), &notesinternalpb.GetNotePageRequest{Name: one.GetName()})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	for _, mask := range []string{"title", "pad"} {
		_, err = p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{
			Note: &notespb.Note{Name: one.GetName(), Title: "New"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{mask}},
		})
		wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	}
	_, err = p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: one.GetName()})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	_, err = p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "a", Pad: pad.GetName()}})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "note.pad: "+sentencePad)
	_, err = p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: elsewhere.GetName(), Pad: pad.GetName()}})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "note.pad: "+sentencePad)
	p.wantCounts(1, 0)
	p.wantConsistent()
}

func TestANoteThatALargeDeletedPadHidesIsRestoredAloneIntoNoPad(t *testing.T) {
	p := startSystem(t).person()
	pad, one := p.largePad()
	gone := p.note("deleted before", pad)
	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: gone.GetName()}))(t)
	p.deletePad(pad)
	for i, note := range []*notespb.Note{one, gone} {
		note.Pad = ""
		got := must(p.notes.UndeleteNote(p.ctx(), &notespb.UndeleteNoteRequest{Name: note.GetName()}))(t)
		wantSame(t, note, got, protocmp.IgnoreFields(&notespb.Note{}, "etag"))
		wantSame(t, got, p.get(note))
		p.wantCounts(i+1, 0)
		p.wantConsistent()
	}
	p.clock.Move(time.Minute)
	restored := p.undeletePad(pad)
	if restored.GetNoteCount() != mostMarked {
		t.Errorf("%d notes came back with the pad", restored.GetNoteCount())
	}
	if got := p.get(one); got.GetPad() != "" || got.GetDeleteTime() != nil {
		t.Errorf("the note that had left is %v", got)
	}
	p.wantCounts(mostMarked+2, 1)
	p.wantConsistent()
}

// Otherwise an edit, which takes nothing but its note, and whatever takes the pad before its notes would wait for each other.
func TestWhoTakesANoteDoesNotWaitForItsPad(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	note := p.note("Note", pad)
	tx, err := p.admin.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), `UPDATE pads SET title = 'held'`)
	if err != nil {
		t.Fatal(err)
	}
	must(p.notes.UpdateNote(p.ctx(), &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: note.GetName(), Title: "New"}}))(t)
}

func TestAPageBesideHiddenNotesReadsNoneOfThem(t *testing.T) {
	p := startSystem(t).person()
	pad, _ := p.largePad()
	small := p.pad("Small")
	p.fill(20, small, func(int) string { return "a" })
	p.fill(20, nil, func(int) string { return "a" })
	p.deletePad(pad)
	conn, err := p.admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const size = 10
	for _, o := range orders {
		l := list{owner: p.id, order: o}
		page, err := p.store.ListNotes(t.Context(), l, nil, size)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []*cursor{nil, page.Next} {
			query, args := l.statementByPads(at, size+1)
			rows, read := readRows(t, conn, query, args)
			if most := 2*(20+20) + 6*(size+1) + 20; rows != size+1 || read > most { // the 40 are gathered and sorted, then the page
				t.Errorf("order %s: %d rows were read for %d", o.name, read, rows)
			}
		}
	}
	for range 2 { // the pads, the page, and where that meets hidden notes the page by pads
		before := p.db.Statements(t)
		p.page(&notesinternalpb.GetNotesPageRequest{})
		if n := p.db.Statements(t) - before; n != 3 {
			t.Errorf("the page took %d statements", n)
		}
	}
}
