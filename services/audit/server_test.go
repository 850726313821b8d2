package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/pagetoken"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

const (
	ann = "0198c2a4-77aa-7000-8000-00000000000a"
	bob = "0198c2a4-77aa-7000-8000-00000000000b"
)

// record puts n events of a person into the trail, two in each second, and
// gives their ids, the newest first.
func (r *rig) record(person string, n int) []string {
	r.t.Helper()
	var ids []string
	for i := range n {
		e := Event{
			ID: uuid.Must(uuid.NewV7()).String(), Source: "notes", Type: "notejam.notes.note.created.v1", Subject: fmt.Sprintf("notes/%d", i),
			Actor: person, Time: time.Date(2026, 3, 4, 5, 0, i/2, 0, time.UTC), Data: json.RawMessage(`{}`),
		}
		isNew, err := r.recordOne(r.t.Context(), e)
		if err != nil || !isNew {
			r.t.Fatal(isNew, err)
		}
		ids = append(ids, e.ID)
	}
	slices.Reverse(ids)
	return ids
}

// activityServer answers without a network between.
func (r *rig) activityServer() *Server {
	return NewServer(r.store, testKeys(r.t, testSeed), pagetoken.New([]byte("key")))
}

// as is the context in which that server sees a person.
func (r *rig) as(person string) context.Context {
	return identity.WithPrincipal(r.t.Context(), identity.Principal{PersonID: person})
}

func idsOf(page interface{ GetActivities() []*auditpb.Activity }) []string {
	var ids []string
	for _, a := range page.GetActivities() {
		ids = append(ids, strings.TrimPrefix(a.GetName(), "activities/"))
	}
	return ids
}

func TestListActivities_ShowsWhatTheQueueToldAboutThePerson(t *testing.T) {
	s := startSystem(t)
	mine, others, nobodys := members(), members(), members()
	mine["actor"], others["actor"] = ann, bob
	others["id"], nobodys["id"] = uuid.NewString(), uuid.NewString()
	delete(nobodys, "actor")
	s.send(encode(t, others), encode(t, mine), encode(t, nobodys))
	s.eventually("an empty queue", func() bool { return s.waiting("events") == 0 })
	got, err := s.activities.ListActivities(s.reader(ann), &auditpb.ListActivitiesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := &auditpb.ListActivitiesResponse{Activities: []*auditpb.Activity{{
		Name: "activities/" + goodID, Type: "notejam.notes.note.updated.v1", Subject: "notes/1", RequestId: "r-1",
		OccurTime: timestamppb.New(time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)), ChangedFields: []string{"title"},
		Source: "notes", SubjectVersion: 7, Actor: ann, Data: `{"changed_fields":["title"]}`,
		ChainPosition: 1, ChainHash: strings.Fields(s.links(ann)[0])[2],
	}}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("want and got differ:\n%s", diff)
	}
}

func TestListActivities_PagesShowEachActivityOnceTheNewestFirst(t *testing.T) {
	s := startSystem(t)
	want := s.record(ann, 23)
	s.record(bob, 5)
	for _, size := range []int32{1, 2, 3, 7, 22, 23, 24} {
		var got []string
		request := &auditpb.ListActivitiesRequest{PageSize: size}
		for {
			page, err := s.activities.ListActivities(s.reader(ann), request)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, idsOf(page)...)
			if page.GetNextPageToken() == "" {
				break
			}
			if len(page.GetActivities()) != int(size) {
				t.Fatalf("a page of %d has %d", size, len(page.GetActivities()))
			}
			request.PageToken = page.GetNextPageToken()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d: recorded and listed differ:\n%s", size, diff)
		}
	}
}

func TestListActivities_WhatHappensMeanwhileDoesNotMoveTheNextPage(t *testing.T) {
	s := startSystem(t)
	want := s.record(ann, 6)
	first, err := s.activities.ListActivities(s.reader(ann), &auditpb.ListActivitiesRequest{PageSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	s.record(ann, 12) // as new as those, and newer
	second, err := s.activities.ListActivities(s.reader(ann), &auditpb.ListActivitiesRequest{PageSize: 3, PageToken: first.GetNextPageToken()})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range want[:3] {
		if slices.Contains(idsOf(second), id) {
			t.Errorf("%s is on both pages", id)
		}
	}
	if !slices.Contains(idsOf(second), want[3]) {
		t.Errorf("the activity after the first page is not on the second")
	}
}

func TestListActivities_PageSizes(t *testing.T) {
	s := startSystem(t)
	s.record(ann, 101)
	for size, want := range map[int32]int{0: 25, 1: 1, 100: 100, 101: 100, 1 << 30: 100} {
		page, err := s.activities.ListActivities(s.reader(ann), &auditpb.ListActivitiesRequest{PageSize: size})
		if err != nil || len(page.GetActivities()) != want {
			t.Errorf("page_size %d: %d activities, want %d (%v)", size, len(page.GetActivities()), want, err)
		}
	}
	_, err := s.activities.ListActivities(s.reader(ann), &auditpb.ListActivitiesRequest{PageSize: -1})
	e, _ := fault.As(err)
	if e == nil || e.Kind != fault.Invalid || e.Reason != fault.ReasonFieldInvalid || len(e.Fields) != 1 || e.Fields[0].Name != "page_size" {
		t.Errorf("page_size -1: got %v", err)
	}
}

func TestListActivities_APageTokenIsGoodForItsOwnListOnly(t *testing.T) {
	s := startSystem(t)
	s.record(ann, 3)
	s.record(bob, 3)
	page, err := s.activities.ListActivities(s.reader(bob), &auditpb.ListActivitiesRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"another person's": page.GetNextPageToken(), "changed": "A" + page.GetNextPageToken()[1:], "no token": "x", "long": strings.Repeat("A", 1<<16),
	} {
		_, err := s.activities.ListActivities(s.reader(ann), &auditpb.ListActivitiesRequest{PageToken: token})
		if fault.KindOf(err) != fault.Invalid || !fault.Is(err, fault.ReasonPageTokenInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestListActivities_IsForThePersonWhoMayAndForWebAlone(t *testing.T) {
	s := startSystem(t)
	for name, c := range map[string]struct {
		ctx    context.Context
		client auditpb.ActivityServiceClient
		kind   fault.Kind
		reason fault.Reason
	}{
		"nobody":              {t.Context(), s.activities, fault.Unauthenticated, fault.ReasonTokenInvalid},
		"another audience":    {s.signedIn(ann, "notes", "activity:read"), s.activities, fault.Unauthenticated, fault.ReasonTokenInvalid},
		"another scope":       {s.signedIn(ann, "audit", "notes:read"), s.activities, fault.Denied, fault.ReasonScopeMissing},
		"another certificate": {s.reader(ann), s.from("notes"), fault.Denied, fault.ReasonCallerDenied},
	} {
		_, err := c.client.ListActivities(c.ctx, &auditpb.ListActivitiesRequest{})
		if fault.KindOf(err) != c.kind || !fault.Is(err, c.reason) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestListActivities_APageIsOneStatementHoweverLongTheTrail(t *testing.T) {
	r := newRig(t)
	server := r.activityServer()
	r.record(ann, 60)
	ctx := r.as(ann)
	request := &auditpb.ListActivitiesRequest{PageSize: 10}
	for i := range 6 {
		before := r.schema.Statements(t)
		page, err := server.ListActivities(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		if n := r.schema.Statements(t) - before; n != 1 {
			t.Errorf("page %d took %d statements", i+1, n)
		}
		request.PageToken = page.GetNextPageToken()
	}
	if request.GetPageToken() != "" {
		t.Error("six pages of ten are not all")
	}
}

func TestChangedFields_AreNamesOrNothing(t *testing.T) {
	many := `["a` + strings.Repeat(`","a`, 40) + `"]`
	for data, want := range map[string][]string{
		`{}`: nil,
		`{"changed_fields":["title","note.text"]}`:   {"title", "note.text"},
		`{"changed_fields":[]}`:                      {},
		`{"changed_fields":null}`:                    nil,
		`{"changed_fields":"title"}`:                 nil,
		`{"changed_fields":[7]}`:                     nil,
		`{"changed_fields":["<script>"]}`:            nil,
		`{"changed_fields":["what a person wrote"]}`: nil,
		`{"changed_fields":` + many + `}`:            nil,
		`{"other":1}`:                                nil,
	} {
		if diff := cmp.Diff(want, changedFields(json.RawMessage(data))); diff != "" {
			t.Errorf("%.60s: want and got differ:\n%s", data, diff)
		}
	}
}
