package audit

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/pagetoken"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// Page sizes, as the proto says.
const (
	defaultPageSize = 25
	maxPageSize     = 100
)

// Server answers notejam.audit.v1.ActivityService.
type Server struct {
	auditpb.UnimplementedActivityServiceServer
	store  *Store
	tokens *pagetoken.Codec
}

// NewServer makes a server over the store.
func NewServer(store *Store, tokens *pagetoken.Codec) *Server {
	return &Server{store: store, tokens: tokens}
}

// ListActivities lists what happened to the caller's account and notes.
func (s *Server) ListActivities(ctx context.Context, req *auditpb.ListActivitiesRequest) (*auditpb.ListActivitiesResponse, error) {
	person, ok := identity.PrincipalFrom(ctx)
	if !ok {
		return nil, errors.New("list activities: the chain let a call without a person through")
	}
	if req.GetPageSize() < 0 {
		return nil, fault.InvalidFields(fault.Field{Name: "page_size", Sentence: "Use 0 to 100."})
	}
	size := min(int(req.GetPageSize()), maxPageSize)
	if size == 0 {
		size = defaultPageSize
	}
	list := person.PersonID + "\nactivities"
	after := newest
	if req.GetPageToken() != "" {
		err := s.tokens.Decode(list, req.GetPageToken(), &after)
		if err != nil {
			return nil, err
		}
	}
	events, err := s.store.List(ctx, person.PersonID, after, size+1) // one more tells whether there is another page
	if err != nil {
		return nil, err
	}
	response := &auditpb.ListActivitiesResponse{}
	if len(events) > size {
		events = events[:size]
		last := events[size-1]
		response.NextPageToken, err = s.tokens.Encode(list, cursor{last.Time, last.ID})
		if err != nil {
			return nil, err
		}
	}
	for _, e := range events {
		response.Activities = append(response.Activities, toActivity(e))
	}
	return response, nil
}

func toActivity(e Event) *auditpb.Activity {
	return &auditpb.Activity{
		Name:          "activities/" + e.ID,
		Type:          e.Type,
		Subject:       e.Subject,
		OccurTime:     timestamppb.New(e.Time),
		RequestId:     e.RequestID,
		ChangedFields: changedFields(e.Data),
	}
}

// maxChangedFields is more than any resource has. With it, a page of hostile
// events still fits into a message.
const maxChangedFields = 32

var fieldRule = regexp.MustCompile(`^[a-z_.]{1,64}$`)

// changedFields reads the names that an update says it changed. What is no list
// of names is none: data is the producers', by the type of the event.
func changedFields(data json.RawMessage) []string {
	var known struct {
		ChangedFields []string `json:"changed_fields"`
	}
	err := json.Unmarshal(data, &known)
	wrong := func(name string) bool { return !fieldRule.MatchString(name) }
	if err != nil || len(known.ChangedFields) > maxChangedFields || slices.ContainsFunc(known.ChangedFields, wrong) {
		return nil
	}
	return known.ChangedFields
}
