package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

func TestActivity_TellsWhatHappenedNewestFirst(t *testing.T) {
	const one, two, pad = "0190f3c4-0000-7000-8000-000000000001", "0190f3c4-0000-7000-8000-000000000002", "0190f3c4-0000-7000-8000-000000000003"
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	for i, a := range []*auditpb.Activity{
		{Type: "notejam.notes.note.purged.v1", Subject: "notes/" + two},
		{Type: "notejam.notes.note.updated.v1", Subject: "notes/" + one, ChangedFields: []string{"title", "text", "secret"}, RequestId: "0190f3c4-9999-7000-8000-000000000000"},
		{Type: "notejam.notes.note.created.v1", Subject: "notes/" + two},
		{Type: "notejam.notes.pad.undeleted.v1", Subject: "pads/" + pad},
		{Type: "notejam.notes.pad.deleted.v1", Subject: "pads/" + pad},
		{Type: "notejam.auth.session.created.v1", Subject: "sessions/s1", Data: `{"device": "Firefox on <Linux>", "network": "203.0.113.0/24"}`},
		{Type: "notejam.moon.landed.v9", Subject: "moons/<m>"},
	} {
		a.OccurTime = timestamppb.New(testNow.Add(-time.Duration(i) * time.Hour))
		d.activities = append(d.activities, a)
	}
	d.dayCounts = days(map[int]int32{0: 7})
	before := d.count()
	answer := b.get("/settings/activity/")
	wantStatus(t, answer, http.StatusOK)
	if calls := d.since(before); !slices.Equal(calls, []string{"ExchangeSession", "GetActivityPage"}) {
		t.Errorf("the page made the calls %v", calls)
	}
	if got := heading(t, answer.body); got != "Activity" {
		t.Errorf("heading is %q", got)
	}
	var lines []string
	for node := range parse(t, answer.body).Descendants() {
		if attribute(node, "class") == "what" && node.Data == "td" {
			line := textOf(node)
			if link := node.FirstChild.FirstChild.NextSibling; link != nil && link.Data == "a" {
				line += " → " + attribute(link, "href")
			}
			lines = append(lines, line)
		}
	}
	want := []string{
		"A deleted note was removed for good.",
		"You edited and renamed a note. → /notes/" + one + "/",
		"You created a note.",
		"You restored a pad. → /pads/" + pad + "/",
		"You deleted a pad. → /pads/" + pad + "/",
		"You signed in. Firefox on <Linux>, 203.0.113.0/24",
		"Something happened that this page has no words for: notejam.moon.landed.v9.",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	wantText(t, answer, `<time datetime="2026-11-23T10:51:07.000Z">Today at 10:51</time>`)
	wantText(t, answer, `<code>0190f3c4-9999-7000-8000-000000000000</code>`)
	wantText(t, answer, "7 entries in the last 90 days, most today.")
	if got := linkTo(t, answer.body, "Download"); got != "/settings/activity/export/" {
		t.Errorf("Download leads to %q", got)
	}
}

func TestActivity_ShowsTheFirstPageForACursorThatCannotBeRead(t *testing.T) {
	d := startDoor(t)
	d.addActivities(1)
	answer := d.signedIn(t, "ada@example.org").get("/settings/activity/?page=nonsense")
	wantStatus(t, answer, http.StatusOK)
	wantText(t, answer, "You signed in.")
}

func TestActivity_TeachesWhenItIsEmpty(t *testing.T) {
	wantText(t, startDoor(t).signedIn(t, "ada@example.org").get("/settings/activity/"), "Nothing has happened yet.")
}

func TestActivity_SaysThatAuditIsAwayAndNothingElseFails(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.fail("GetActivityPage", fault.New(fault.Unimplemented, "METHOD_UNKNOWN", "No such method.")) // an audit of the release before
	older := b.get("/settings/activity/")
	wantStatus(t, older, http.StatusServiceUnavailable)
	wantText(t, older, sayNoActivity)
	d.stop(forAudit)
	answer := b.get("/settings/activity/?kind=notes")
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, sayNoActivity)
	wantText(t, answer, "ada@example.org")
	wantNoText(t, answer, "<form")
	wantStatus(t, b.get("/"), http.StatusOK)
	wantRedirect(t, b.submit("/notes/create/", map[string]string{"name": "n", "text": "t"}), "/")
}
