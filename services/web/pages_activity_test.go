package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

func TestActivity_TellsWhatHappenedNewestFirst(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	for i, a := range []*auditpb.Activity{
		{Type: "notejam.notes.note.deleted.v1", Subject: "notes/n2"},
		{Type: "notejam.notes.note.updated.v1", Subject: "notes/n1", ChangedFields: []string{"title", "text", "secret"}},
		{Type: "notejam.notes.note.created.v1", Subject: "notes/n2"},
		{Type: "notejam.notes.pad.undeleted.v1", Subject: "pads/p1"},
		{Type: "notejam.notes.pad.deleted.v1", Subject: "pads/p1"},
		{Type: "notejam.auth.session.created.v1", Subject: "sessions/s1"},
		{Type: "notejam.moon.landed.v9", Subject: "moons/<m>"},
	} {
		a.OccurTime = timestamppb.New(testNow.Add(-time.Duration(i) * time.Hour))
		d.activities = append(d.activities, a)
	}
	answer := b.get("/settings/activity/")
	wantStatus(t, answer, http.StatusOK)
	if got := heading(t, answer.body); got != "Activity" {
		t.Errorf("heading is %q", got)
	}
	var lines []string
	for node := range parse(t, answer.body).Descendants() {
		if attribute(node, "class") == "what" {
			line := textOf(node)
			if link := node.FirstChild.NextSibling; link != nil && link.Data == "a" {
				line += " → " + attribute(link, "href")
			}
			lines = append(lines, line)
		}
	}
	want := []string{
		"You deleted a note.",
		"You changed a note: its name, text. → /notes/n1/",
		"You created a note.",
		"You restored a pad. → /pads/p1/",
		"You deleted a pad. → /pads/p1/",
		"You signed in.",
		"Something happened that this page has no words for: notejam.moon.landed.v9.",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	wantText(t, answer, `<time datetime="2026-11-23T10:51:07.000Z">Today at 10:51</time>`)
	wantText(t, answer, `href="?page=older"`)
	older := b.get("/settings/activity/?page=older")
	wantText(t, older, `href="/settings/activity/">Newest</a>`)
}

func TestActivity_ShowsTheFirstPageForACursorThatCannotBeRead(t *testing.T) {
	d := startDoor(t)
	answer := d.signedIn(t, "ada@example.org").get("/settings/activity/?page=nonsense")
	wantStatus(t, answer, http.StatusOK)
	wantNoText(t, answer, "Newest")
}

func TestActivity_TeachesWhenItIsEmpty(t *testing.T) {
	wantText(t, startDoor(t).signedIn(t, "ada@example.org").get("/settings/activity/"), "Nothing has happened yet.")
}

func TestActivity_SaysThatAuditIsAwayAndNothingElseFails(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.stop(forAudit)
	answer := b.get("/settings/activity/")
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, sayNoActivity)
	wantText(t, answer, "ada@example.org")
	wantStatus(t, b.get("/"), http.StatusOK)
	wantRedirect(t, b.submit("/notes/create/", map[string]string{"name": "n", "text": "t"}), "/")
	d.fail("ListActivities", fault.New(fault.Internal, fault.ReasonInternal, "x"))
}

func TestActivity_HasWordsForEveryEventOfTheContracts(t *testing.T) {
	for _, files := range restContracts {
		for _, file := range files {
			for s := range file.Services().Len() {
				methods := file.Services().Get(s).Methods()
				for m := range methods.Len() {
					event := eventOf(methods.Get(m))
					if _, known := happened[event]; event != "none" && !known {
						t.Errorf("%s writes %s, which has no words", methods.Get(m).FullName(), event)
					}
				}
			}
		}
	}
}

func eventOf(method protoreflect.MethodDescriptor) string {
	policy, _ := proto.GetExtension(method.Options(), policypb.E_Policy).(*policypb.MethodPolicy)
	return policy.GetEvent()
}
