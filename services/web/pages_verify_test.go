package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// finds makes the fake answer every check with the same.
func (w *world) finds(found *auditpb.VerifyTrailResponse) {
	w.verify = func(context.Context, string) (*auditpb.VerifyTrailResponse, error) { return found, nil }
}

func TestVerify_SaysInPlainWordsWhatWasFound(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	signed := &auditpb.Checkpoint{Length: 1200, SignTime: timestamppb.New(testNow)}
	const entry = "0190f3c4-0000-7000-8000-000000000001"
	for name, c := range map[string]struct {
		found *auditpb.VerifyTrailResponse
		says  []string
	}{
		"whole and signed": {
			&auditpb.VerifyTrailResponse{Checked: 1234, Checkpoint: signed},
			[]string{"All 1,234 entries are as they were recorded.", "The last signed statement is from today at 10:51; it covers the first 1,200 entries."},
		},
		"whole and not signed yet": {
			&auditpb.VerifyTrailResponse{Checked: 1},
			[]string{"The one entry is as it was recorded.", "There is no signed statement about them yet."},
		},
		"empty": {&auditpb.VerifyTrailResponse{}, []string{sayNoEntries}},
		"changed": {
			&auditpb.VerifyTrailResponse{Finding: auditpb.VerifyTrailResponse_FINDING_CHANGED, ChainPosition: 1201, Activity: "activities/" + entry, Checked: 1201, Checkpoint: signed},
			[]string{"Entry 1,201 is not what it was when it was recorded.", sayWhatToDo, entry, "The last signed statement that agrees is from today at 10:51; it covers the first 1,200 entries."},
		},
		"missing": {
			&auditpb.VerifyTrailResponse{Finding: auditpb.VerifyTrailResponse_FINDING_MISSING, ChainPosition: 7},
			[]string{"Entry 7 is missing.", sayWhatToDo},
		},
		"added": {
			&auditpb.VerifyTrailResponse{Finding: auditpb.VerifyTrailResponse_FINDING_ADDED, Activity: "activities/" + entry},
			[]string{"There is an entry that was not recorded like the others.", sayWhatToDo, entry},
		},
		"another than was signed": {
			&auditpb.VerifyTrailResponse{Finding: auditpb.VerifyTrailResponse_FINDING_CHECKPOINT, ChainPosition: 9},
			[]string{"What is stored and what was signed about the first 9 entries do not agree.", sayWhatToDo},
		},
		"something newer": {
			&auditpb.VerifyTrailResponse{Finding: 99},
			[]string{"Something is not as it was recorded.", sayWhatToDo},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d.finds(c.found)
			answer := b.get("/settings/activity/verify/")
			wantStatus(t, answer, http.StatusOK)
			page := textOf(parse(t, answer.body))
			for _, sentence := range c.says {
				wantText(t, answered{body: page}, sentence)
			}
			if wrong := c.found.GetFinding() != 0; wrong != hasAlert(t, answer.body) {
				t.Errorf("the page raises the alarm: %v", !wrong)
			}
			wantText(t, answer, answer.header.Get(requestIDHeader))
			wantText(t, answer, "Verify again")
		})
	}
}

func hasAlert(t *testing.T, page string) bool {
	t.Helper()
	for node := range parse(t, page).Descendants() {
		if attribute(node, "role") == "alert" {
			return true
		}
	}
	return false
}

func TestVerify_ChecksALongTrailInSeveralCalls(t *testing.T) {
	d := startDoor(t)
	var places []string
	d.verify = func(_ context.Context, place string) (*auditpb.VerifyTrailResponse, error) {
		places = append(places, place)
		response := &auditpb.VerifyTrailResponse{Checked: int64(len(places)) * 1000}
		if len(places) < 3 {
			response.NextPageToken = strconv.Itoa(len(places))
		}
		return response, nil
	}
	answer := d.signedIn(t, "ada@example.org").get("/settings/activity/verify/")
	wantText(t, answer, "All 3,000 entries are as they were recorded.")
	if want := []string{"", "1", "2"}; !slices.Equal(places, want) {
		t.Errorf("asked for %q", places)
	}
}

func TestVerify_GoesOnWhenItsTimeIsOver(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	slow := true
	d.verify = func(_ context.Context, place string) (*auditpb.VerifyTrailResponse, error) {
		d.clock.Add(3) // seconds
		checked, _ := strconv.Atoi(place)
		checked += 1000
		response := &auditpb.VerifyTrailResponse{Checked: int64(checked)}
		if slow {
			response.NextPageToken = strconv.Itoa(checked)
		}
		return response, nil
	}
	answer := b.get("/settings/activity/verify/")
	wantStatus(t, answer, http.StatusOK)
	wantText(t, answer, "Nothing is wrong in the first 2,000 entries. The check is not at its end yet.")
	wantText(t, answer, "Go on")
	wantNoText(t, answer, "no signed statement")
	slow = false
	form := formOf(t, answer.body)
	wantText(t, b.get("/settings/activity/verify/?"+form.Encode()), "All 3,000 entries are as they were recorded.")
}

func TestVerify_BeginsAnewForAPlaceThatCannotBeFound(t *testing.T) {
	d := startDoor(t)
	d.verify = func(_ context.Context, place string) (*auditpb.VerifyTrailResponse, error) {
		if place != "" {
			return nil, fault.New(fault.Invalid, fault.ReasonPageTokenInvalid, "No such place.")
		}
		return &auditpb.VerifyTrailResponse{Checked: 2}, nil
	}
	wantText(t, d.signedIn(t, "ada@example.org").get("/settings/activity/verify/?page=nonsense"), "All 2 entries are as they were recorded.")
}

func TestVerify_SaysThatAuditIsAwayAndHowFarItCame(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	for _, c := range []struct {
		failure error
		says    string
	}{
		{fault.New(fault.Exhausted, "X", "Busy.").RetryIn(time.Second), sayNoVerify},
		{fault.New(fault.Timeout, fault.ReasonDeadline, "Slow."), sayNoVerify},
		{fault.New(fault.Unimplemented, "METHOD_UNKNOWN", "No such method."), sayNoVerify},
	} {
		d.verify = func(context.Context, string) (*auditpb.VerifyTrailResponse, error) { return nil, c.failure }
		answer := b.get("/settings/activity/verify/")
		if answer.status < http.StatusTooManyRequests || answer.header.Get("Retry-After") == "" {
			t.Errorf("%v: status %d", c.failure, answer.status)
		}
		wantText(t, answer, c.says)
		wantNoText(t, answer, "as they were recorded")
	}
	d.verify = func(_ context.Context, place string) (*auditpb.VerifyTrailResponse, error) {
		if place == "half" {
			return nil, fault.New(fault.Timeout, fault.ReasonDeadline, "Slow.")
		}
		return &auditpb.VerifyTrailResponse{Checked: 50000, NextPageToken: "half"}, nil
	}
	answer := b.get("/settings/activity/verify/")
	wantStatus(t, answer, http.StatusServiceUnavailable)
	wantText(t, answer, sayVerifyStops)
	wantText(t, answer, "Nothing is wrong in the first 50,000 entries.")
	for range 2 { // the place is kept, however often it cannot go on
		wantText(t, answer, "Go on")
		form := formOf(t, answer.body)
		if form.Get("page") != "half" {
			t.Errorf("the form leads to %v", form)
		}
		answer = b.get("/settings/activity/verify/?" + form.Encode())
		wantText(t, answer, sayNoVerify)
	}
	d.fail("VerifyTrail", fault.New(fault.Internal, fault.ReasonInternal, "x"))
	wantStatus(t, b.get("/settings/activity/verify/"), http.StatusInternalServerError)
}
