package audit

import (
	"context"
	"fmt"
	"slices"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
)

// maxAsked is how many events one question may name, as the proto says.
const maxAsked = 500

// RecordsServer answers notejam.audit.internal.v1.RecordsService: producers ask
// it which of their events have arrived.
type RecordsServer struct {
	auditinternalpb.UnimplementedRecordsServiceServer
	store *Store
}

// NewRecordsServer makes a server over the store.
func NewRecordsServer(store *Store) *RecordsServer { return &RecordsServer{store: store} }

// FindMissing says which of the events are not recorded.
func (s *RecordsServer) FindMissing(ctx context.Context, req *auditinternalpb.FindMissingRequest) (*auditinternalpb.FindMissingResponse, error) {
	ids := req.GetEventIds()
	switch {
	case len(ids) > maxAsked:
		return nil, fault.InvalidFields(fault.Field{Name: "event_ids", Sentence: fmt.Sprintf("Ask for at most %d events.", maxAsked)})
	case len(ids) == 0:
		return &auditinternalpb.FindMissingResponse{}, nil
	}
	missing, err := s.store.Missing(ctx, ids)
	return &auditinternalpb.FindMissingResponse{EventIds: missing}, err
}

// Missing gives those of up to maxAsked ids that are not the ids of recorded
// events.
func (s *Store) Missing(ctx context.Context, ids []string) ([]string, error) {
	rows, err := s.db.Query(ctx, `
SELECT id
FROM events
WHERE id IN (`+places(maxAsked)+`)`, fill(ids, maxAsked)...)
	if err != nil {
		return nil, fmt.Errorf("look for events: %w", err)
	}
	recorded, err := mysql.Collect(rows, func(row mysql.Scanner) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("look for events: %w", err)
	}
	known := make(map[string]bool, len(recorded))
	for _, id := range recorded {
		known[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return known[id] }), nil
}
