package notes

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// Server speaks gRPC: it turns requests into calls of the store, and what the store says back into messages. The rules are elsewhere.
type Server struct {
	notespb.UnimplementedNotesServiceServer
	notespb.UnimplementedPadsServiceServer
	notesinternalpb.UnimplementedPagesServiceServer

	store     *Store
	tokens    *pageTokens
	retention time.Duration
}

// NewServer makes the server of all three services. retention is how long deleted notes and pads are kept.
func NewServer(store *Store, tokens *pageTokens, retention time.Duration) *Server {
	return &Server{store: store, tokens: tokens, retention: retention}
}

// CreateNote makes a note.
func (s *Server) CreateNote(ctx context.Context, req *notespb.CreateNoteRequest) (*notespb.Note, error) {
	key, err := keyOf(ctx, notespb.NotesService_CreateNote_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	title, text, pad := req.GetNote().GetTitle(), req.GetNote().GetText(), req.GetNote().GetPad()
	return s.note(s.store.CreateNote(ctx, key, Draft{Title: &title, Text: &text, Pad: &pad}))
}

// GetNote reads a note with its text.
func (s *Server) GetNote(ctx context.Context, req *notespb.GetNoteRequest) (*notespb.Note, error) {
	owner, err := ownerOf(ctx)
	if err != nil {
		return nil, err
	}
	id, ok := noteID(req.GetName())
	if !ok {
		return nil, errNoteNotFound
	}
	return s.note(s.store.Note(ctx, owner, id))
}

// ListNotes lists the caller's notes.
func (s *Server) ListNotes(ctx context.Context, req *notespb.ListNotesRequest) (*notespb.ListNotesResponse, error) {
	owner, err := ownerOf(ctx)
	if err != nil {
		return nil, err
	}
	l := list{owner: owner, showDeleted: req.GetShowDeleted()}
	var wrong []fault.Field
	size, ok := pageSize(req.GetPageSize(), listPageSize)
	if !ok {
		wrong = append(wrong, wrongPageSize)
	}
	l.order, ok = parseOrder(req.GetOrderBy())
	if !ok {
		wrong = append(wrong, wrongOrder)
	}
	if !l.parseFilter(req.GetFilter()) {
		wrong = append(wrong, wrongFilter)
	} else if !l.since.IsZero() && !l.walksTime() {
		wrong = append(wrong, wrongFilterOrder)
	}
	if len(wrong) > 0 {
		return nil, fault.InvalidFields(wrong...)
	}
	at, err := s.tokens.open(owner, l.binding(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, err := s.store.ListNotes(ctx, l, at, size)
	if err != nil {
		return nil, err
	}
	next, err := s.tokens.seal(owner, l.binding(), page.Next)
	return &notespb.ListNotesResponse{Notes: s.notes(page.Notes), NextPageToken: next}, err
}

// UpdateNote changes the title, the text or the pad of a note.
func (s *Server) UpdateNote(ctx context.Context, req *notespb.UpdateNoteRequest) (*notespb.Note, error) {
	key, err := keyOf(ctx, notespb.NotesService_UpdateNote_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	id, ok := noteID(req.GetNote().GetName())
	if !ok {
		return nil, errNoteNotFound
	}
	draft, ok := draftOf(req.GetNote(), req.GetUpdateMask())
	if !ok {
		return nil, fault.InvalidFields(fault.Field{Name: "update_mask", Sentence: "Use title, text, pad or *."})
	}
	return s.note(s.store.UpdateNote(ctx, key, id, req.GetNote().GetEtag(), draft))
}

// draftOf gives what an update decides: the fields in the mask or, without one, those that are not empty.
func draftOf(n *notespb.Note, mask *fieldmaskpb.FieldMask) (draft Draft, ok bool) {
	title, text, pad := n.GetTitle(), n.GetText(), n.GetPad()
	if len(mask.GetPaths()) == 0 {
		if title != "" {
			draft.Title = &title
		}
		if text != "" {
			draft.Text = &text
		}
		if pad != "" {
			draft.Pad = &pad
		}
		return draft, true
	}
	for _, path := range mask.GetPaths() {
		switch path {
		case "*":
			draft = Draft{Title: &title, Text: &text, Pad: &pad}
		case fieldTitle:
			draft.Title = &title
		case fieldText:
			draft.Text = &text
		case fieldPad:
			draft.Pad = &pad
		case "name", "etag":
			// They say which note is meant. grpc-gateway names them when it makes a mask of all that is in a body.
		default:
			return Draft{}, false
		}
	}
	return draft, true
}

// DeleteNote deletes a note.
func (s *Server) DeleteNote(ctx context.Context, req *notespb.DeleteNoteRequest) (*notespb.Note, error) {
	key, err := keyOf(ctx, notespb.NotesService_DeleteNote_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	id, ok := noteID(req.GetName())
	if !ok {
		return nil, errNoteNotFound
	}
	return s.note(s.store.DeleteNote(ctx, key, id, req.GetEtag()))
}

// UndeleteNote restores a deleted note.
func (s *Server) UndeleteNote(ctx context.Context, req *notespb.UndeleteNoteRequest) (*notespb.Note, error) {
	key, err := keyOf(ctx, notespb.NotesService_UndeleteNote_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	id, ok := noteID(req.GetName())
	if !ok {
		return nil, errNoteNotFound
	}
	return s.note(s.store.UndeleteNote(ctx, key, id))
}

// note is the message of what the store gave.
func (s *Server) note(n Note, err error) (*notespb.Note, error) {
	if err != nil {
		return nil, err
	}
	return &notespb.Note{
		Name:       noteName(n.ID),
		Title:      n.Title,
		Text:       n.Text,
		Pad:        padName(n.PadID),
		Etag:       n.ETag,
		CreateTime: timestamppb.New(n.Created),
		UpdateTime: timestamppb.New(n.Updated),
		DeleteTime: s.deleteTime(n.Deleted),
		PurgeTime:  s.purgeTime(n.Deleted),
	}, nil
}

// notes are the messages of a list's notes, which have a snippet in the place of the text.
func (s *Server) notes(list []Note) []*notespb.Note {
	messages := make([]*notespb.Note, len(list))
	for i, n := range list {
		messages[i], _ = s.note(n, nil)
		messages[i].Snippet = n.Snippet
	}
	return messages
}

// deleteTime is absent on what is live, as is purgeTime.
func (s *Server) deleteTime(deleted time.Time) *timestamppb.Timestamp {
	if deleted.IsZero() {
		return nil
	}
	return timestamppb.New(deleted)
}

func (s *Server) purgeTime(deleted time.Time) *timestamppb.Timestamp {
	if deleted.IsZero() {
		return nil
	}
	return timestamppb.New(deleted.Add(s.retention))
}

// ownerOf gives the person whom the request is for. The chain of interceptors has verified the token.
func ownerOf(ctx context.Context) (string, error) {
	principal, ok := identity.PrincipalFrom(ctx)
	if !ok {
		return "", errors.New("the request came without a principal")
	}
	return principal.PersonID, nil
}

// keyOf names a writing request of that person.
func keyOf(ctx context.Context, method string, req idempotency.Request) (idempotency.Key, error) {
	owner, err := ownerOf(ctx)
	if err != nil {
		return idempotency.Key{}, err
	}
	return idempotency.NewKey(owner, method, req)
}
