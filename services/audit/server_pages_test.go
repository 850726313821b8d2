package audit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// pages answers at a moment in Vienna's afternoon.
func (r *rig) pages() *PagesServer {
	server := NewPagesServer(r.activityServer())
	server.now = func() time.Time { return time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC) }
	return server
}

func (r *rig) page(server *PagesServer, request *auditinternalpb.GetActivityPageRequest) *auditinternalpb.GetActivityPageResponse {
	r.t.Helper()
	page, err := server.GetActivityPage(r.as(ann), request)
	if err != nil {
		r.t.Fatal(err)
	}
	return page
}

func TestGetActivityPage_CountsTheDaysOfThePersonsZone(t *testing.T) {
	r := newRig(t)
	for _, at := range []string{
		"2026-03-04T13:00:00Z", "2026-03-04T00:00:00Z", "2026-03-03T23:00:00Z", // today in Vienna
		"2026-03-03T22:59:59.999999Z", // yesterday there
		"2025-12-04T23:00:00Z",        // the first of 90 days
		"2025-12-04T22:59:59.999999Z", // the day before
		"2026-03-05T00:00:00Z",        // tomorrow, by a clock that is wrong
	} {
		e := anEvent(ann)
		var err error
		e.Time, err = time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		other := anEvent(bob)
		other.Time = e.Time
		_, err = r.store.Record(t.Context(), []Event{e, other})
		if err != nil {
			t.Fatal(err)
		}
	}
	for zone, want := range map[string]map[int]int32{
		"Europe/Vienna": {0: 1, 88: 1, 89: 3},
		"":              {0: 0, 88: 2, 89: 2},
		"no/zone":       {0: 0, 88: 2, 89: 2},
	} {
		page := r.page(r.pages(), &auditinternalpb.GetActivityPageRequest{TimeZone: zone, Filter: `type = "x"`})
		got := map[int]int32{}
		for day, count := range page.GetDayCounts() {
			_, asked := want[day]
			if count > 0 || asked {
				got[day] = count
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(page.GetDayCounts()) != 90 {
			t.Errorf("%q: %d days (-want +got):\n%s", zone, len(page.GetDayCounts()), diff)
		}
		if begin := lastDays(r.pages().now(), zoneOf(zone))[89]; !page.GetToday().AsTime().Equal(begin) {
			t.Errorf("%q: today begins at %v, want %v", zone, page.GetToday().AsTime(), begin)
		}
	}
}

func TestGetActivityPage_ShowsTheSameActivitiesAsTheList(t *testing.T) {
	r := newRig(t)
	r.hours()
	server, pages := r.activityServer(), r.pages()
	const filter = `type = "notejam.notes.note.*"`
	list, request := &auditpb.ListActivitiesRequest{Filter: filter, PageSize: 5}, &auditinternalpb.GetActivityPageRequest{Filter: filter, PageSize: 5}
	for {
		want, err := server.ListActivities(r.as(ann), list)
		if err != nil {
			t.Fatal(err)
		}
		got := r.page(pages, request)
		if !proto.Equal(want, &auditpb.ListActivitiesResponse{Activities: got.GetActivities(), NextPageToken: want.GetNextPageToken()}) {
			t.Fatalf("the page has %v, want %v", idsOf(got), idsOf(want))
		}
		list.PageToken, request.PageToken = want.GetNextPageToken(), got.GetNextPageToken()
		if list.GetPageToken() == "" || request.GetPageToken() == "" {
			break
		}
	}
	if list.GetPageToken() != request.GetPageToken() {
		t.Error("one ends before the other")
	}
}

func TestGetActivityPage_WhatABrowsersAddressMayHoldIsNoError(t *testing.T) {
	r := newRig(t)
	r.hours()
	pages := r.pages()
	all := r.page(pages, &auditinternalpb.GetActivityPageRequest{})
	if len(all.GetActivities()) != 24 {
		t.Fatalf("%d activities", len(all.GetActivities()))
	}
	second := r.page(pages, &auditinternalpb.GetActivityPageRequest{PageSize: 3}).GetNextPageToken()
	for name, request := range map[string]*auditinternalpb.GetActivityPageRequest{
		"a filter that is none":      {Filter: `type == 7`},
		"a token that is none":       {PageToken: "x"},
		"a token of another list":    {PageToken: second, Filter: `type = "*"`},
		"a filter and a token":       {PageToken: "x", Filter: "y"},
		"a negative size":            {PageSize: -1},
		"a zone that is none":        {TimeZone: "../../etc"},
		"a size that is far too big": {PageSize: 1 << 30},
	} {
		if diff := cmp.Diff(idsOf(all), idsOf(r.page(pages, request))); diff != "" {
			t.Errorf("%s (-all +got):\n%s", name, diff)
		}
	}
}

func TestGetActivityPage_TakesTwoStatementsHoweverLongTheTrail(t *testing.T) {
	r := newRig(t)
	r.long(ann)
	pages := r.pages()
	pages.now = time.Now
	before := r.schema.Statements(t)
	page := r.page(pages, &auditinternalpb.GetActivityPageRequest{TimeZone: "Asia/Tokyo"})
	if n := r.schema.Statements(t) - before; n != 2 {
		t.Errorf("it took %d statements", n)
	}
	if len(page.GetActivities()) != 25 || page.GetDayCounts()[0] != 0 || page.GetDayCounts()[88] != 24*60 {
		t.Errorf("%d activities, %v", len(page.GetActivities()), page.GetDayCounts())
	}
}

func TestPagesService_IsForWebAlone(t *testing.T) {
	s := startSystem(t)
	for caller, reason := range map[string]fault.Reason{"web": "", "notes": fault.ReasonCallerDenied} {
		client := auditinternalpb.NewPagesServiceClient(s.dial(caller))
		_, err := client.GetActivityPage(s.reader(ann), &auditinternalpb.GetActivityPageRequest{})
		if reason == "" && err != nil || reason != "" && !fault.Is(err, reason) {
			t.Errorf("%s: got %v", caller, err)
		}
	}
}
