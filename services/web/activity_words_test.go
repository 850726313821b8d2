package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

func TestActivityRow_SaysWhatHappenedInPlainWords(t *testing.T) {
	for _, c := range []struct {
		kind   string
		fields []string
		data   string
		want   ActivityRow
	}{
		{"notejam.notes.note.updated.v1", []string{"text"}, "", ActivityRow{Before: "You edited ", Thing: "a note", After: "."}},
		{"notejam.notes.note.updated.v1", []string{"title"}, "", ActivityRow{Before: "You renamed ", Thing: "a note", After: "."}},
		{"notejam.notes.note.updated.v1", []string{"pad"}, "", ActivityRow{Before: "You moved ", Thing: "a note", After: "."}},
		{"notejam.notes.note.updated.v1", []string{"pad", "title", "text"}, "", ActivityRow{Before: "You edited, renamed and moved ", Thing: "a note", After: "."}},
		{"notejam.notes.note.updated.v1", []string{"title", "colour"}, "", ActivityRow{Before: "You renamed ", Thing: "a note", After: "."}},
		{"notejam.notes.note.updated.v1", nil, "", ActivityRow{Before: "You edited ", Thing: "a note", After: "."}},
		{"notejam.notes.pad.updated.v1", []string{"title"}, "", ActivityRow{Before: "You renamed ", Thing: "a pad", After: "."}},
		{"notejam.notes.pad.deleted.v1", nil, `{"note_count": 1200}`, ActivityRow{Before: "You deleted ", Thing: "a pad", After: " and its 1,200 notes."}},
		{"notejam.notes.pad.undeleted.v1", nil, `{"note_count": 1}`, ActivityRow{Before: "You restored ", Thing: "a pad", After: " and its note."}},
		{"notejam.notes.pad.undeleted.v1", nil, `{"note_count": 0}`, ActivityRow{Before: "You restored ", Thing: "a pad", After: "."}},
		{"notejam.notes.note.undeleted.v1", []string{"pad"}, "", ActivityRow{Before: "You restored ", Thing: "a note", After: ", in no pad: the one it was in is gone."}},
		{"notejam.notes.note.undeleted.v1", nil, "", ActivityRow{Before: "You restored ", Thing: "a note", After: "."}},
		{"notejam.notes.note.purged.v1", nil, "", ActivityRow{Before: "A deleted note was removed for good."}},
		{"notejam.auth.session.created.v1", nil, `{"device": "Firefox on Linux", "network": "203.0.113.0/24"}`, ActivityRow{Before: "You signed in.", From: "Firefox on Linux, 203.0.113.0/24"}},
		{"notejam.auth.session.created.v1", nil, `{"network": "2001:db8::/48"}`, ActivityRow{Before: "You signed in.", From: "2001:db8::/48"}},
		{"notejam.auth.session.created.v1", nil, `{"device": "a\u202eb", "network": "x\ny"}`, ActivityRow{Before: "You signed in."}},
		{"notejam.auth.session.created.v1", nil, `{"device": "` + strings.Repeat("x", maxDetail+1) + `"}`, ActivityRow{Before: "You signed in."}},
		{"notejam.auth.session.created.v1", nil, `{"device": 7, "network": "203.0.113.0/24"}`, ActivityRow{Before: "You signed in."}},
		{"notejam.auth.session.created.v1", nil, `no JSON`, ActivityRow{Before: "You signed in."}},
		{"notejam.auth.session.created.v1", nil, `{"device": "unknown"}`, ActivityRow{Before: "You signed in.", From: "Unknown device"}},
		{"notejam.auth.session.used.v1", nil, "", ActivityRow{Before: "You came back, still signed in."}},
		{"notejam.auth.session.ended.v1", nil, `{"reason": "signed_out"}`, ActivityRow{Before: "You signed out."}},
		{"notejam.auth.session.ended.v1", nil, `{"reason": "expired"}`, ActivityRow{Before: "A session expired."}},
		{"notejam.auth.session.ended.v1", nil, `{"reason": "boredom"}`, ActivityRow{Before: "A session ended."}},
		{"notejam.auth.sign_in.failed.v1", nil, `{"count": 3, "network": "198.51.100.0/24"}`, ActivityRow{Before: "3 failed tries to sign in.", From: "198.51.100.0/24"}},
		{"notejam.auth.sign_in.failed.v1", nil, `{"count": 1}`, ActivityRow{Before: "A try to sign in failed."}},
		{"notejam.auth.access.denied.v1", nil, `{"count": 1}`, ActivityRow{Before: oneDenied}},
		{"notejam.notes.access.denied.v1", nil, `{"count": 1200}`, ActivityRow{Before: "1,200 requests were refused: they had no right to do what they asked for."}},
		{"notejam.moon.landed.v9", nil, `{"count": 3}`, ActivityRow{Before: "Something happened that this page has no words for: notejam.moon.landed.v9."}},
	} {
		t.Run(c.kind+" "+strings.Join(c.fields, ","), func(t *testing.T) {
			c.want.RequestID = "r"
			got := activityRow(&auditpb.Activity{Type: c.kind, ChangedFields: c.fields, Data: c.data, RequestId: "r"})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestActivityRow_HasWordsForEveryEventOfTheContracts(t *testing.T) {
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

func TestThingPath_LeadsToNotesAndPadsAndNowhereElse(t *testing.T) {
	const id = "0190f3c4-0000-7000-8000-000000000000"
	for subject, want := range map[string]string{
		"notes/" + id:        "/notes/" + id + "/",
		"pads/" + id:         "/pads/" + id + "/",
		"sessions/" + id:     "",
		"notes/../signout":   "",
		"/evil.test/":        "",
		"notes/" + id + "/x": "",
		"":                   "",
	} {
		if got := thingPath(subject); got != want {
			t.Errorf("%q leads to %q, want %q", subject, got, want)
		}
	}
}

func TestThousands_AreSeparated(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 12: "12", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -100: "-100", -1234: "-1,234"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
}
