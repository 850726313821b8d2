package notes

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// CreatePad makes a pad.
func (s *Server) CreatePad(ctx context.Context, req *notespb.CreatePadRequest) (*notespb.Pad, error) {
	key, err := keyOf(ctx, notespb.PadsService_CreatePad_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return s.pad(s.store.CreatePad(ctx, key, req.GetPad().GetTitle()))
}

// GetPad reads a pad.
func (s *Server) GetPad(ctx context.Context, req *notespb.GetPadRequest) (*notespb.Pad, error) {
	owner, err := ownerOf(ctx)
	if err != nil {
		return nil, err
	}
	id, ok := padID(req.GetName())
	if !ok {
		return nil, errPadNotFound
	}
	return s.pad(s.store.Pad(ctx, owner, id))
}

// ListPads lists the caller's pads.
func (s *Server) ListPads(ctx context.Context, req *notespb.ListPadsRequest) (*notespb.ListPadsResponse, error) {
	owner, err := ownerOf(ctx)
	if err != nil {
		return nil, err
	}
	size, ok := pageSize(req.GetPageSize(), listPageSize)
	if !ok {
		return nil, fault.InvalidFields(wrongPageSize)
	}
	binding := padsBinding(req.GetShowDeleted())
	at, err := s.tokens.open(owner, binding, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	after := ""
	if at != nil {
		after = at.ID
	}
	pads, more, err := s.store.ListPads(ctx, owner, after, req.GetShowDeleted(), size)
	if err != nil {
		return nil, err
	}
	resp := &notespb.ListPadsResponse{Pads: s.pads(pads)}
	if more {
		resp.NextPageToken, err = s.tokens.seal(owner, binding, &cursor{ID: pads[len(pads)-1].ID})
	}
	return resp, err
}

// UpdatePad renames a pad.
func (s *Server) UpdatePad(ctx context.Context, req *notespb.UpdatePadRequest) (*notespb.Pad, error) {
	key, err := keyOf(ctx, notespb.PadsService_UpdatePad_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	id, ok := padID(req.GetPad().GetName())
	if !ok {
		return nil, errPadNotFound
	}
	for _, path := range req.GetUpdateMask().GetPaths() {
		switch path {
		case fieldTitle, "*", "name", "etag": // the last two as in draftOf
		default:
			return nil, fault.InvalidFields(fault.Field{Name: "update_mask", Sentence: "Use title or *."})
		}
	}
	return s.pad(s.store.UpdatePad(ctx, key, id, req.GetPad().GetEtag(), req.GetPad().GetTitle()))
}

// DeletePad deletes a pad and, with force, its notes.
func (s *Server) DeletePad(ctx context.Context, req *notespb.DeletePadRequest) (*notespb.Pad, error) {
	key, err := keyOf(ctx, notespb.PadsService_DeletePad_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	id, ok := padID(req.GetName())
	if !ok {
		return nil, errPadNotFound
	}
	return s.pad(s.store.DeletePad(ctx, key, id, req.GetEtag(), req.GetForce()))
}

// UndeletePad restores a deleted pad and the notes that were deleted with it.
func (s *Server) UndeletePad(ctx context.Context, req *notespb.UndeletePadRequest) (*notespb.Pad, error) {
	key, err := keyOf(ctx, notespb.PadsService_UndeletePad_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	id, ok := padID(req.GetName())
	if !ok {
		return nil, errPadNotFound
	}
	return s.pad(s.store.UndeletePad(ctx, key, id))
}

// pad is the message of what the store gave.
func (s *Server) pad(p Pad, err error) (*notespb.Pad, error) {
	if err != nil {
		return nil, err
	}
	return &notespb.Pad{
		Name:       padName(p.ID),
		Title:      p.Title,
		NoteCount:  int32(p.NoteCount), //nolint:gosec // at most maxNotes
		Etag:       p.ETag,
		CreateTime: timestamppb.New(p.Created),
		UpdateTime: timestamppb.New(p.Updated),
		DeleteTime: s.deleteTime(p.Deleted),
		PurgeTime:  s.purgeTime(p.Deleted),
	}, nil
}

func (s *Server) pads(list []Pad) []*notespb.Pad {
	messages := make([]*notespb.Pad, len(list))
	for i, p := range list {
		messages[i], _ = s.pad(p, nil)
	}
	return messages
}
