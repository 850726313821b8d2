package notes

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// page asks for a page with notes.
func (p *person) page(request *notesinternalpb.GetNotesPageRequest) *notesinternalpb.GetNotesPageResponse {
	p.t.Helper()
	return must(p.pages.GetNotesPage(p.ctx(), request))(p.t)
}

func namesOf(notes []*notespb.Note) (names []string) {
	for _, n := range notes {
		names = append(names, n.GetName())
	}
	return names
}

func TestAPageHoldsTheNotesTheTotalAndAllLivePadsInTheOrderTheyWereMade(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	first, second, deleted := p.pad("z"), p.pad("a"), p.pad("deleted")
	inFirst, nowhere, gone := p.note("in a pad", first), p.note("in none"), p.note("deleted", second)
	p.note("deleted with its pad", deleted)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: deleted.GetName(), Force: true}))(t)
	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: gone.GetName()}))(t)
	other := s.person()
	other.note("of somebody else", other.pad("too"))

	pads := []*notespb.Pad{p.getPad(first), p.getPad(second)}
	list := func(notes ...*notespb.Note) []*notespb.Note {
		for _, n := range notes {
			n.Snippet, n.Text = n.GetText(), ""
		}
		return notes
	}
	notes := list(nowhere, inFirst)
	wantSame(t, &notesinternalpb.GetNotesPageResponse{Notes: notes, TotalCount: 2, Pads: pads, OrderBy: "update_time desc"},
		p.page(&notesinternalpb.GetNotesPageRequest{}))
	wantSame(t, &notesinternalpb.GetNotesPageResponse{Notes: notes[1:], TotalCount: 1, Pads: pads, OrderBy: "title"},
		p.page(&notesinternalpb.GetNotesPageRequest{Pad: first.GetName(), OrderBy: "title"}))
	wantSame(t, &notesinternalpb.GetNotesPageResponse{TotalCount: 0, Pads: pads, OrderBy: "update_time desc"},
		p.page(&notesinternalpb.GetNotesPageRequest{Pad: second.GetName()}))
}

func TestSomebodyWhoHasNothingGetsAnEmptyPage(t *testing.T) {
	s := startSystem(t)
	want := &notesinternalpb.GetNotesPageResponse{OrderBy: "update_time desc"}
	wantSame(t, want, s.person().page(&notesinternalpb.GetNotesPageRequest{}))
	p := s.person()
	pad := p.pad("Pad")
	want.Pads = []*notespb.Pad{pad}
	wantSame(t, want, p.page(&notesinternalpb.GetNotesPageRequest{}))
}

func TestPagesLeadForwardToTheEndAndBackToTheBeginning(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	p.fill(23, pad, func(i int) string { return fmt.Sprint(i % 2) })
	id, _ := padID(pad.GetName())
	for _, padName := range []string{"", pad.GetName()} {
		for _, orderBy := range orderNames {
			all := p.expected(orderBy, "pad_id = '"+id+"'")
			request := &notesinternalpb.GetNotesPageRequest{Pad: padName, OrderBy: orderBy}
			var forward, back [][]string
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
			want := [][]string{all[:10], all[10:20], all[20:]}
			if diff := cmp.Diff(want, forward); diff != "" {
				t.Errorf("order %q, pad %q, forward:\n%s", orderBy, padName, diff)
			}
			if diff := cmp.Diff(want, back); diff != "" {
				t.Errorf("order %q, pad %q, back:\n%s", orderBy, padName, diff)
			}
			if page.GetNextPageToken() == "" || page.GetTotalCount() != 23 {
				t.Errorf("the first page again leads nowhere or counts %d", page.GetTotalCount())
			}
		}
	}
}

func TestWhatAnAddressMayHoldIsNeverAnErrorOfAPage(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	p.fill(12, nil, func(int) string { return "a" })
	want := p.page(&notesinternalpb.GetNotesPageRequest{})
	byTitle := p.page(&notesinternalpb.GetNotesPageRequest{OrderBy: "title"}).GetNextPageToken()
	stranger := s.person()
	stranger.fill(12, nil, func(int) string { return "a" })
	foreign := stranger.page(&notesinternalpb.GetNotesPageRequest{}).GetNextPageToken()
	for name, request := range map[string]*notesinternalpb.GetNotesPageRequest{
		"an unknown order":         {OrderBy: "text; DROP TABLE notes"},
		"an order of the pages":    {OrderBy: "-updated_at"},
		"a page's number":          {PageToken: "2"},
		"a token of another order": {PageToken: byTitle},
		"somebody else's token":    {PageToken: foreign},
		"a negative size":          {PageSize: -1},
	} {
		t.Run(name, func(t *testing.T) {
			got := p.page(request)
			if diff := cmp.Diff(namesOf(want.GetNotes()), namesOf(got.GetNotes())); diff != "" || got.GetOrderBy() != "update_time desc" || got.GetPreviousPageToken() != "" {
				t.Errorf("order %q, previous %q\n%s", got.GetOrderBy(), got.GetPreviousPageToken(), diff)
			}
		})
	}
}

func TestAPlaceWhereNothingIsLeftIsTheFirstPage(t *testing.T) {
	p := startSystem(t).person()
	p.fill(22, nil, func(i int) string { return fmt.Sprintf("%02d", i) })
	ask := func(token string) *notesinternalpb.GetNotesPageResponse {
		return p.page(&notesinternalpb.GetNotesPageRequest{OrderBy: "title", PageToken: token})
	}
	second := ask(ask("").GetNextPageToken())
	third := ask(second.GetNextPageToken())
	p.exec(`DELETE FROM notes WHERE title IN ('03', '20', '21')`)
	first := ask("")
	for name, token := range map[string]string{"after the end": second.GetNextPageToken(), "less than a page before": second.GetPreviousPageToken()} {
		if diff := cmp.Diff(namesOf(first.GetNotes()), namesOf(ask(token).GetNotes())); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if got := ask(third.GetPreviousPageToken()).GetNotes(); len(got) != 10 || got[9].GetTitle() != "19" {
		t.Errorf("a full page before is not shown: %v", got)
	}
	p.exec(`DELETE FROM notes`)
	if got := ask(third.GetPreviousPageToken()); len(got.GetNotes()) != 0 || got.GetNextPageToken()+got.GetPreviousPageToken() != "" {
		t.Errorf("got %v", got)
	}
}

func TestANotesPageHoldsTheNoteWithItsTextAndThePads(t *testing.T) {
	p := startSystem(t).person()
	pad := p.pad("Pad")
	note := p.note("Note", pad)
	pads := []*notespb.Pad{p.getPad(pad)}
	got := must(p.pages.GetNotePage(p.ctx(), &notesinternalpb.GetNotePageRequest{Name: note.GetName()}))(t)
	wantSame(t, &notesinternalpb.GetNotePageResponse{Note: note, Pads: pads}, got)
	got = must(p.pages.GetNotePage(p.ctx(), &notesinternalpb.GetNotePageRequest{}))(t)
	wantSame(t, &notesinternalpb.GetNotePageResponse{Pads: pads}, got)

	must(p.notes.DeleteNote(p.ctx(), &notespb.DeleteNoteRequest{Name: note.GetName()}))(t)
	_, err := p.pages.GetNotePage(p.ctx(), &notesinternalpb.GetNotePageRequest{Name: note.GetName()})
	wantFault(t, err, fault.NotFound, ReasonNoteNotFound)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: pad.GetName()}))(t)
	_, err = p.pages.GetNotesPage(p.ctx(), &notesinternalpb.GetNotesPageRequest{Pad: pad.GetName()})
	wantFault(t, err, fault.NotFound, ReasonPadNotFound)
}
