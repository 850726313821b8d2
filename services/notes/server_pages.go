package notes

import (
	"context"

	"gitlab.com/notejam/notejam/proto/notesinternalpb"
)

// GetNotesPage gives a page that lists notes. What a browser's address may hold is never an error: an order that is none is the default, a place that
// cannot be found is the first page.
func (s *Server) GetNotesPage(ctx context.Context, req *notesinternalpb.GetNotesPageRequest) (*notesinternalpb.GetNotesPageResponse, error) {
	owner, err := ownerOf(ctx)
	if err != nil {
		return nil, err
	}
	l := list{owner: owner, inPad: req.GetPad() != ""}
	l.order, _ = parseOrder(req.GetOrderBy())
	if l.inPad {
		var ok bool
		l.pad, ok = padID(req.GetPad())
		if !ok {
			return nil, errPadNotFound
		}
	}
	size, _ := pageSize(req.GetPageSize(), webPageSize)
	at, err := s.tokens.open(owner, l.binding(), req.GetPageToken())
	if err != nil {
		at = nil
	}
	page, beside, err := s.store.NotesPage(ctx, l, at, size)
	if err != nil {
		return nil, err
	}
	next, err := s.tokens.seal(owner, l.binding(), page.Next)
	if err != nil {
		return nil, err
	}
	previous, err := s.tokens.seal(owner, l.binding(), page.Previous)
	return &notesinternalpb.GetNotesPageResponse{
		Notes:             s.notes(page.Notes),
		TotalCount:        int32(beside.NoteCount), //nolint:gosec // at most maxNotes
		NextPageToken:     next,
		PreviousPageToken: previous,
		Pads:              s.pads(beside.Pads),
		OrderBy:           l.order.name,
	}, err
}

// GetNotePage gives a page about one note, or the form for a new one.
func (s *Server) GetNotePage(ctx context.Context, req *notesinternalpb.GetNotePageRequest) (*notesinternalpb.GetNotePageResponse, error) {
	owner, err := ownerOf(ctx)
	if err != nil {
		return nil, err
	}
	resp := &notesinternalpb.GetNotePageResponse{}
	if req.GetName() != "" {
		id, ok := noteID(req.GetName())
		if !ok {
			return nil, errNoteNotFound
		}
		resp.Note, err = s.note(s.store.LiveNote(ctx, owner, id))
		if err != nil {
			return nil, err
		}
	}
	beside, err := s.store.Overview(ctx, owner)
	if err != nil {
		return nil, err
	}
	resp.Pads = s.pads(beside.Pads)
	return resp, nil
}
