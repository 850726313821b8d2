package audit

import (
	"context"
	"time"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// What one call of VerifyTrail does at most, but for the window that it is at.
const (
	verifyTime  = time.Second
	verifyLinks = 20000
)

// GetTrail gives how long the caller's chain is, and the newest checkpoint.
func (s *Server) GetTrail(ctx context.Context, _ *auditpb.GetTrailRequest) (*auditpb.Trail, error) {
	person, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	end, checkpointSeq, err := s.store.Head(ctx, person)
	if err != nil {
		return nil, err
	}
	if end == nil {
		return &auditpb.Trail{Hash: genesis(person).String()}, nil
	}
	checkpoint, err := s.store.Checkpoint(ctx, person, checkpointSeq)
	if err != nil {
		return nil, err
	}
	return &auditpb.Trail{Length: end.seq, Hash: end.hash.String(), Checkpoint: s.verifier.keys.toProto(checkpoint)}, nil
}

// place is where a check goes on in another call.
type place struct {
	Seq        int64   `json:"s"`
	Hash       []byte  `json:"h"`
	Checkpoint int64   `json:"c"`
	LinksDone  bool    `json:"l,omitempty"`
	Events     *cursor `json:"e,omitempty"`
}

func (c *check) place() place {
	p := place{Seq: c.seq, Hash: c.hash[:], Checkpoint: c.checkpoint, LinksDone: c.linksDone}
	if c.linksDone {
		p.Events = &c.events
	}
	return p
}

func (c *check) resume(p place) {
	c.seq, c.checkpoint, c.linksDone = p.Seq, p.Checkpoint, p.LinksDone
	copy(c.hash[:], p.Hash)
	if p.Events != nil {
		c.events = *p.Events
	}
}

// VerifyTrail checks a part of the caller's trail.
func (s *Server) VerifyTrail(ctx context.Context, req *auditpb.VerifyTrailRequest) (*auditpb.VerifyTrailResponse, error) {
	person, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	c, bound := newCheck(person), person+"\ntrail"
	if req.GetPageToken() != "" {
		var p place
		err = s.tokens.Decode(bound, req.GetPageToken(), &p)
		if err != nil {
			return nil, err
		}
		c.resume(p)
	}
	until, links := time.Now().Add(s.verifyTime), c.seq+s.verifyLinks
	finding, err := s.verifier.Check(ctx, c, func(c *check) bool { return c.seq >= links || time.Now().After(until) })
	if err != nil {
		return nil, err
	}
	response := &auditpb.VerifyTrailResponse{Checked: c.seq}
	if c.checkpoint > 0 {
		checkpoint, err := s.store.Checkpoint(ctx, person, c.checkpoint)
		if err != nil {
			return nil, err
		}
		response.Checkpoint = s.verifier.keys.toProto(checkpoint)
	}
	switch {
	case finding != nil:
		response.Finding, response.ChainPosition = finding.Kind, finding.Seq
		if finding.EventID != "" {
			response.Activity = activityName(finding.EventID)
		}
	case !c.done:
		response.NextPageToken, err = s.tokens.Encode(bound, c.place())
	}
	return response, err
}
