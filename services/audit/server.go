package audit

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"time"

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
	// maxPageData is how many bytes of data a page holds at most, unless it is a
	// page of one: a message has an end, and a page may always be shorter than
	// was asked for.
	maxPageData = 1 << 20
)

// Server answers notejam.audit.v1.ActivityService.
type Server struct {
	auditpb.UnimplementedActivityServiceServer
	store    *Store
	verifier *Verifier
	tokens   *pagetoken.Codec

	verifyTime  time.Duration // of one call; tests are more impatient
	verifyLinks int64
}

// NewServer makes a server over the store.
func NewServer(store *Store, keys *Keys, tokens *pagetoken.Codec) *Server {
	return &Server{
		store: store, verifier: &Verifier{store: store, keys: keys}, tokens: tokens, verifyTime: verifyTime, verifyLinks: verifyLinks,
	}
}

// ListActivities lists what happened to the caller's account and notes.
func (s *Server) ListActivities(ctx context.Context, req *auditpb.ListActivitiesRequest) (*auditpb.ListActivitiesResponse, error) {
	person, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	f, isFilter := parseFilter(req.GetFilter())
	var wrong []fault.Field
	if req.GetPageSize() < 0 {
		wrong = append(wrong, fault.Field{Name: "page_size", Sentence: "Use 0 to 100."})
	}
	if !isFilter {
		wrong = append(wrong, fault.Field{
			Name: "filter", Sentence: `Use type = "…", occur_time >= "…" and occur_time < "…", each at most once, with AND between them.`,
		})
	}
	if len(wrong) > 0 {
		return nil, fault.InvalidFields(wrong...)
	}
	after := f.newest()
	if req.GetPageToken() != "" {
		err = s.tokens.Decode(listOf(person, req.GetFilter()), req.GetPageToken(), &after)
		if err != nil {
			return nil, err
		}
	}
	activities, next, err := s.page(ctx, person, f, after, pageSize(req.GetPageSize()))
	if err != nil {
		return nil, err
	}
	response := &auditpb.ListActivitiesResponse{Activities: activities}
	if next != nil {
		response.NextPageToken, err = s.tokens.Encode(listOf(person, req.GetFilter()), next)
	}
	return response, err
}

// caller is the person for whom a method is called.
func caller(ctx context.Context) (string, error) {
	person, ok := identity.PrincipalFrom(ctx)
	if !ok {
		return "", errors.New("the chain let a call without a person through")
	}
	return person.PersonID, nil
}

// listOf names a list, for its page tokens.
func listOf(person, filterText string) string {
	if filterText == "" {
		return person + "\nactivities"
	}
	return person + "\nactivities\n" + filterText
}

// pageSize is what was asked for, within the limits. None is asked for with 0.
func pageSize(asked int32) int {
	if asked <= 0 {
		return defaultPageSize
	}
	return min(int(asked), maxPageSize)
}

// page gives the activities after a place, and the place of the next page, nil
// when this is the last one.
func (s *Server) page(ctx context.Context, person string, f filter, after cursor, size int) (activities []*auditpb.Activity, next *cursor, err error) {
	links, err := s.store.List(ctx, person, f, after, size+1) // one more tells whether there is another page
	if err != nil {
		return nil, nil, err
	}
	bytes := 0
	for i, l := range links {
		bytes += len(l.Data)
		if i == size || i > 0 && bytes > maxPageData {
			last := links[i-1]
			return activities, &cursor{last.Time, last.ID}, nil
		}
		activities = append(activities, toActivity(l))
	}
	return activities, nil, nil
}

func toActivity(l link) *auditpb.Activity {
	a := &auditpb.Activity{
		Name:           activityName(l.ID),
		Type:           l.Type,
		Subject:        l.Subject,
		OccurTime:      timestamppb.New(l.Time),
		RequestId:      l.RequestID,
		ChangedFields:  changedFields(l.Data),
		Source:         l.Source,
		SubjectVersion: l.SubjectVersion,
		Actor:          l.Actor,
		Traceparent:    l.Traceparent,
		Data:           string(l.Data),
		ChainPosition:  l.Seq,
	}
	if l.Seq > 0 {
		a.ChainHash = l.Hash.String()
	}
	return a
}

func activityName(id string) string { return "activities/" + id }

// maxChangedFields is more than any resource has. With it, what is shown of
// hostile data stays small.
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
