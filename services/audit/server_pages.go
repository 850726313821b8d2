package audit

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/proto/auditinternalpb"
)

// PagesServer answers notejam.audit.internal.v1.PagesService.
type PagesServer struct {
	auditinternalpb.UnimplementedPagesServiceServer
	server *Server
	now    func() time.Time
}

// NewPagesServer makes a server of pages with the lists of another one.
func NewPagesServer(server *Server) *PagesServer {
	return &PagesServer{server: server, now: time.Now}
}

// GetActivityPage gives the page of the caller's activity. What a browser's
// address may hold is never an error.
func (s *PagesServer) GetActivityPage(ctx context.Context, req *auditinternalpb.GetActivityPageRequest) (*auditinternalpb.GetActivityPageResponse, error) {
	person, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	filterText := req.GetFilter()
	f, ok := parseFilter(filterText)
	if !ok {
		filterText = ""
	}
	after := f.newest()
	if req.GetPageToken() != "" {
		err = s.server.tokens.Decode(listOf(person, filterText), req.GetPageToken(), &after)
		if err != nil {
			after = f.newest()
		}
	}
	activities, next, err := s.server.page(ctx, person, f, after, pageSize(req.GetPageSize()))
	if err != nil {
		return nil, err
	}
	days := lastDays(s.now(), zoneOf(req.GetTimeZone()))
	counts, err := s.server.store.CountDays(ctx, person, days)
	if err != nil {
		return nil, err
	}
	response := &auditinternalpb.GetActivityPageResponse{Activities: activities, Today: timestamppb.New(days[dayCount-1])}
	for _, count := range counts {
		response.DayCounts = append(response.DayCounts, int32(count)) //nolint:gosec // nobody does two thousand million things in a day
	}
	if next != nil {
		response.NextPageToken, err = s.server.tokens.Encode(listOf(person, filterText), next)
	}
	return response, err
}
