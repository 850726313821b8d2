package web

// What the fake audit answers.

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// fakeTrail is audit's PagesService.
type fakeTrail struct {
	auditinternalpb.UnimplementedPagesServiceServer
	world *world
}

// GetActivityPage gives the first page for a place that cannot be found, and looks at no filter.
func (f fakeTrail) GetActivityPage(_ context.Context, r *auditinternalpb.GetActivityPageRequest) (*auditinternalpb.GetActivityPageResponse, error) {
	f.world.mu.Lock()
	defer f.world.mu.Unlock()
	response := &auditinternalpb.GetActivityPageResponse{DayCounts: f.world.dayCounts, Today: timestamppb.New(testNow)}
	var err error
	response.Activities, response.NextPageToken, err = f.world.page(r.GetPageToken(), r.GetPageSize())
	if err != nil {
		response.Activities, response.NextPageToken, err = f.world.page("", r.GetPageSize())
	}
	return response, err
}

// page gives a part of the activities, with the world locked; a place is how many come before it.
func (w *world) page(place string, size int32) ([]*auditpb.Activity, string, error) {
	start := 0
	if place != "" {
		var err error
		start, err = strconv.Atoi(place)
		if err != nil {
			return nil, "", fault.New(fault.Invalid, fault.ReasonPageTokenInvalid, fmt.Sprintf("No such page: %q.", place))
		}
	}
	end := min(start+int(size), len(w.activities))
	if end == len(w.activities) {
		return w.activities[start:], "", nil
	}
	return w.activities[start:end], strconv.Itoa(end), nil
}

func (w *world) ListActivities(ctx context.Context, r *auditpb.ListActivitiesRequest) (*auditpb.ListActivitiesResponse, error) {
	if w.listing != nil {
		err := w.listing(ctx, r.GetPageToken())
		if err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	activities, next, err := w.page(r.GetPageToken(), max(r.GetPageSize(), 1))
	return &auditpb.ListActivitiesResponse{Activities: activities, NextPageToken: next}, err
}

func (w *world) GetTrail(context.Context, *auditpb.GetTrailRequest) (*auditpb.Trail, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trail, nil
}

func (w *world) VerifyTrail(ctx context.Context, r *auditpb.VerifyTrailRequest) (*auditpb.VerifyTrailResponse, error) {
	return w.verify(ctx, r.GetPageToken())
}
