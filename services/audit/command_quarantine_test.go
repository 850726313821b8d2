package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/service/servicetest"
)

// isolate puts a body into quarantine, whatever it is, and gives its digest.
func (o *operator) isolate(body, reason string) string {
	o.t.Helper()
	isNew, err := o.store.Quarantine(o.t.Context(), body, reason)
	if err != nil || !isNew {
		o.t.Fatal(isNew, err)
	}
	digest := sha256.Sum256([]byte(body))
	return hex.EncodeToString(digest[:])
}

// inQuarantine counts the messages that were not replayed.
func (o *operator) inQuarantine() int {
	o.t.Helper()
	return len(column(o.t, o.admin, "SELECT reason FROM quarantine WHERE replayed_at IS NULL"))
}

// good is a message that is an event, with this id.
func good(t *testing.T, id string) string {
	t.Helper()
	m := members()
	m["id"] = id
	return encode(t, m)
}

func TestQuarantine_SaysWhatTheRunbookShows(t *testing.T) {
	o := newOperator(t)
	empty := o.want(0, "quarantine", "list")
	if empty.Stdout != "Messages in quarantine: 0\nReplayed before: 0\n" {
		t.Errorf("of an empty quarantine it says %q", empty.Stdout)
	}
	o.isolate(good(t, "0198c2a4-6d1e-7a01-9c3f-2b8e51d0a977"), "UNKNOWN_VERSION")
	m := members()
	m["time"] = "yesterday"
	digest := o.isolate(encode(t, m), "WRONG_MEMBER time")
	o.isolate("hello", "NOT_JSON_OBJECT")
	o.received("hello", "2026-03-04 05:06:09")
	o.received(encode(t, m), "2026-03-04 05:06:08")
	for _, command := range []struct {
		code int
		line string
	}{
		{1, "quarantine list"},
		{0, "quarantine show " + digest[:8]},
		{1, "quarantine replay --all --dry-run"},
		{1, "quarantine replay --all"},
	} {
		servicetest.WantSample(t, runbook, "audit "+command.line, o.want(command.code, strings.Fields(command.line)...).Stdout)
	}
}

// received sets when a message came, for the order of lists.
func (o *operator) received(body, at string) {
	o.t.Helper()
	_, err := o.admin.ExecContext(o.t.Context(), "UPDATE quarantine SET received_at = ? WHERE body = ?", at, body)
	if err != nil {
		o.t.Fatal(err)
	}
}

func TestQuarantineList_FiltersByReason(t *testing.T) {
	o := newOperator(t)
	for reason, body := range poisons(t) {
		o.isolate(body, reason)
	}
	o.isolate("hallo", "NOT_JSON_OBJECT")
	for reason, want := range map[string]int{"NOT_JSON_OBJECT": 2, "WRONG_MEMBER time": 1, "WRONG_MEMBER": 7, "WRONG": 0, "": 13} {
		said := o.wantJSON(1, "quarantine", "list", "--reason", reason)
		if n := len(said["messages"].([]any)); n != want || said["waiting"] != 13.0 {
			t.Errorf("%q: %d messages of %v are listed, want %d", reason, n, said["waiting"], want)
		}
	}
	if n := len(o.wantJSON(1, "quarantine", "list", "--limit", "3")["messages"].([]any)); n != 3 {
		t.Errorf("%d are listed of 3", n)
	}
	if strings.Contains(o.want(1, "quarantine", "list").Stdout, "script") {
		t.Error("the list shows what is in a message")
	}
}

func TestQuarantineShow_ShowsAnyBodyWithoutHarm(t *testing.T) {
	o := newOperator(t)
	for name, c := range map[string]struct{ body, want string }{
		"JSON":          {`{"b":[1,"\u001b"],"a":"<&>"}`, "{\n  \"b\": [\n    1,\n    \"\\u001b\"\n  ],\n  \"a\": \"<&>\"\n}"},
		"a terminal's":  {"\x1b]0;title\x07\r\tx\u202e", `\u001b]0;title\u0007\u000d\u0009x\u202e`},
		"broken UTF-8":  {"ti\xc3tle \xff\xfe", `ti\xc3tle \xff\xfe`},
		"deeply nested": {strings.Repeat("[", 9000) + strings.Repeat("]", 9000), strings.Repeat("[", 9000) + strings.Repeat("]", 9000)},
	} {
		digest := o.isolate(c.body, "NOT_JSON_OBJECT")
		result := o.want(0, "quarantine", "show", digest)
		_, shown, _ := strings.Cut(result.Stdout, "\n\n")
		if diff := cmp.Diff(c.want+"\n", shown); diff != "" {
			t.Errorf("%s: it shows (-want +got):\n%s", name, diff)
		}
	}
	said := o.wantJSON(0, "quarantine", "show", o.isolate("\xff", "NOT_UTF8"))
	if said["body_base64"] != "/w==" || said["body"] != nil {
		t.Errorf("to a program it says %v", said)
	}
}

func TestQuarantineShow_TakesTheBeginningOfADigestIfItIsTheOnlyOne(t *testing.T) {
	o := newOperator(t)
	first := map[string]string{} // by its first digit
	var double string
	for i := 0; double == ""; i++ {
		digest := o.isolate(fmt.Sprint("poison ", i), "NOT_JSON_OBJECT")
		if first[digest[:1]] != "" {
			double = digest
		}
		first[digest[:1]] = digest
	}
	for prefix, want := range map[string]string{
		strings.ToUpper(double): "", double[:7]: "", double[:8]: "",
		double[:1]:              "audit quarantine show: more than one message has a digest that begins with " + double[:1] + "\n",
		double + "0":            "audit quarantine show: a digest is written in 1 to 64 hexadecimal digits\n",
		"xyz":                   "audit quarantine show: a digest is written in 1 to 64 hexadecimal digits\n",
		strings.Repeat("0", 64): "audit quarantine show: no message has a digest that begins with " + strings.Repeat("0", 64) + "\n",
	} {
		result := o.types("quarantine", "show", prefix)
		if result.Stderr != want || (want == "") != strings.HasPrefix(result.Stdout, "digest    "+double+"\n") {
			t.Errorf("%s: it says %+v", prefix, result)
		}
	}
}

func TestQuarantineReplay_RecordsWhatIsAnEventNowAndMarksIt(t *testing.T) {
	o := newOperator(t)
	ids, bodies := events(t, 25)
	for _, body := range bodies {
		o.isolate(body, "UNKNOWN_VERSION")
	}
	_, err := recordOne(t.Context(), o.store, decoded(t, bodies[3])) // it has come in another way meanwhile
	if err != nil {
		t.Fatal(err)
	}
	for reason, body := range poisons(t) {
		o.isolate(body, reason)
	}

	before := o.trail()
	said := o.wantJSON(1, "quarantine", "replay", "--all", "--dry-run")
	if said["recorded"] != 25.0 || said["remaining"] != 12.0 || o.inQuarantine() != 37 {
		t.Errorf("a dry run says %v, and %d are in quarantine", said, o.inQuarantine())
	}
	if diff := cmp.Diff(before, o.trail()); diff != "" {
		t.Errorf("a dry run changed the trail:\n%s", diff)
	}

	said = o.wantJSON(1, "quarantine", "replay", "--all")
	if said["recorded"] != 24.0 || said["repeated"] != 1.0 || said["remaining"] != 12.0 || len(said["reasons"].([]any)) != 12 {
		t.Errorf("it says %v", said)
	}
	if diff := cmp.Diff(ids, o.recorded()); diff != "" || o.inQuarantine() != 12 {
		t.Errorf("%d are in quarantine; quarantined and recorded differ:\n%s", o.inQuarantine(), diff)
	}

	before = o.trail()
	said = o.wantJSON(1, "quarantine", "replay", "--all")
	if said["recorded"] != 0.0 || said["repeated"] != 0.0 || said["remaining"] != 12.0 {
		t.Errorf("the second time it says %v", said)
	}
	if diff := cmp.Diff(before, o.trail()); diff != "" {
		t.Errorf("replaying again changed the trail:\n%s", diff)
	}
	if n := o.wantJSON(1, "quarantine", "list")["replayed"]; n != 25.0 {
		t.Errorf("%v are counted as replayed", n)
	}
}

func decoded(t *testing.T, body string) Event {
	t.Helper()
	event, err := decode(body)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestQuarantineReplay_TakesOneMessage(t *testing.T) {
	o := newOperator(t)
	ids, bodies := events(t, 2)
	first := o.isolate(bodies[0], "UNKNOWN_VERSION")
	o.isolate(bodies[1], "UNKNOWN_VERSION")
	poison := o.isolate("hello", "NOT_UTF8")

	result := o.want(1, "quarantine", "replay", poison)
	if result.Stdout != "Recorded: 0\nIn the trail before: 0\nStill no events: 1\n  NOT_JSON_OBJECT  1\n" { // and not the reason of before
		t.Errorf("of poison it says %q", result.Stdout)
	}
	result = o.want(0, "quarantine", "replay", first[:10])
	if result.Stdout != "Recorded: 1\nIn the trail before: 0\nStill no events: 0\n" {
		t.Errorf("of an event it says %q", result.Stdout)
	}
	result = o.want(0, "quarantine", "replay", first)
	if result.Stdout != "Recorded: 0\nIn the trail before: 0\nReplayed before: 1\nStill no events: 0\n" {
		t.Errorf("the second time it says %q", result.Stdout)
	}
	if shown := o.want(0, "quarantine", "show", first).Stdout; !strings.Contains(shown, "\nreplayed  2") {
		t.Errorf("it shows:\n%s", shown)
	}
	if diff := cmp.Diff(ids[:1], o.recorded()); diff != "" || o.inQuarantine() != 2 {
		t.Errorf("%d are in quarantine; replayed and recorded differ:\n%s", o.inQuarantine(), diff)
	}
	for args, want := range map[string]string{
		"quarantine replay":                "want the DIGEST of a message, or --all",
		"quarantine replay --all " + first: "want the DIGEST of a message, or --all",
		"quarantine list --limit 0":        "--limit is below 1",
	} {
		result = o.want(2, strings.Fields(args)...)
		if !strings.Contains(result.Stderr, want+"\nusage: audit quarantine ") {
			t.Errorf("%s: it says %q", args, result.Stderr)
		}
	}
	result = o.want(1, "quarantine", "replay", strings.Repeat("0", 64))
	if result.Stdout != "" || result.Stderr != "audit quarantine replay: no message has a digest that begins with "+strings.Repeat("0", 64)+"\n" {
		t.Errorf("of a message that is not there it says %+v", result)
	}
}

func TestQuarantineReplay_ThatWasInterruptedBetweenRecordingAndMarkingIsRepeated(t *testing.T) {
	o := newOperator(t)
	ids, bodies := events(t, 1)
	digest := o.isolate(bodies[0], "UNKNOWN_VERSION")
	_, err := o.admin.ExecContext(t.Context(), `
CREATE TRIGGER no_mark BEFORE UPDATE ON quarantine FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'planted'`)
	if err != nil {
		t.Fatal(err)
	}
	result := o.want(1, "quarantine", "replay", digest)
	if !strings.HasPrefix(result.Stderr, "audit quarantine replay: mark message replayed: ") || o.inQuarantine() != 1 {
		t.Errorf("it says %q", result.Stderr)
	}
	_, err = o.admin.ExecContext(t.Context(), "DROP TRIGGER no_mark")
	if err != nil {
		t.Fatal(err)
	}
	said := o.wantJSON(0, "quarantine", "replay", digest)
	if said["recorded"] != 0.0 || said["repeated"] != 1.0 || o.inQuarantine() != 0 {
		t.Errorf("it says %v", said)
	}
	if diff := cmp.Diff(ids, o.recorded()); diff != "" {
		t.Errorf("quarantined and recorded differ:\n%s", diff)
	}
}

func TestQuarantine_OnASchemaThatIsTooOldIsASentence(t *testing.T) {
	o := newOperator(t)
	_, err := o.admin.ExecContext(t.Context(), "DELETE FROM schema_migrations WHERE version > 5")
	if err != nil {
		t.Fatal(err)
	}
	result := o.want(1, "quarantine", "list")
	if !strings.Contains(result.Stderr, "run its migrations first") {
		t.Errorf("it says %q", result.Stderr)
	}
}
