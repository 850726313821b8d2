package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
)

func TestDLQ_AnEventThatFailedIsFoundAndRedrivenOnceTheBugIsGone(t *testing.T) {
	o := newOperator(t)
	ids, bodies := events(t, 12)
	bug := ids[4]
	failing, _ := o.consumer(storeFunc{o.store, func(ctx context.Context, e Event) (bool, error) {
		if e.ID == bug {
			return false, errors.New("a bug")
		}
		return o.recordOne(ctx, e)
	}})
	o.send(bodies...)
	kill := o.run(failing)
	buried := func() bool {
		o.server.Advance(2 * time.Second)
		return o.waiting("notejam-events-dead") == 1 && o.waiting("notejam-events") == 0
	}
	o.eventually("the dead letter", buried)

	listed := o.wantJSON(1, "dlq", "list")
	message, _ := listed["messages"].([]any)[0].(map[string]any)
	if message["event_id"] != bug || message["type"] != "notejam.notes.note.updated.v1" || message["receive_count"].(float64) <= maxReceive {
		t.Errorf("listed is %v", message)
	}

	o.want(0, "dlq", "redrive") // too soon
	o.eventually("the dead letter once more", buried)
	again, _ := o.wantJSON(1, "dlq", "list")["messages"].([]any)[0].(map[string]any)
	if again["event_id"] != bug || again["message_id"] == message["message_id"] {
		t.Errorf("listed is %v, and before the redrive it was %v", again, message)
	}
	kill()

	mended, _ := o.consumer(o.store)
	o.want(0, "dlq", "redrive")
	o.run(mended)
	o.eventually("an empty queue", func() bool { return o.waiting("notejam-events") == 0 })
	if diff := cmp.Diff(ids, o.recorded()); diff != "" {
		t.Errorf("sent and recorded differ:\n%s", diff)
	}

	before := o.trail()
	for range 2 { // as after a redrive that was interrupted between sending and deleting
		o.bury(bodies[4], bodies[5])
		o.want(0, "dlq", "redrive")
		o.eventually("an empty queue", func() bool { return o.waiting("notejam-events") == 0 })
	}
	if diff := cmp.Diff(before, o.trail()); diff != "" {
		t.Errorf("redriving again changed the trail:\n%s", diff)
	}
}

func TestDLQList_ShowsWhatWaitsAndLeavesIt(t *testing.T) {
	o := newOperator(t)
	_, bodies := events(t, 2)
	o.bury(bodies[0], "hello", bodies[1])
	for range 2 {
		result := o.want(1, "dlq", "list")
		if !strings.Contains(result.Stdout, "\n\nMESSAGE ") || result.Stderr != "" {
			t.Errorf("it says %+v", result)
		}
	}
	some := o.want(1, "dlq", "list", "--limit", "2").Stdout
	if !strings.HasPrefix(some, "Messages in notejam-events-dead: 3\n") || !strings.HasSuffix(some, "\nand 1 more\n") {
		t.Errorf("of the first two it says:\n%s", some)
	}
	if n := o.visible(o.dead); n != 3 {
		t.Errorf("%d messages can be received afterwards", n)
	}
	if n := o.visible(o.queue); n != 0 {
		t.Errorf("%d messages are in the queue", n)
	}
}

func TestDLQ_SaysWhatTheRunbookShows(t *testing.T) {
	o := newOperator(t)
	empty := o.want(0, "dlq", "list")
	if empty.Stdout != "Messages in notejam-events-dead: 0\n" {
		t.Errorf("of an empty queue it says %q", empty.Stdout)
	}
	m := members()
	m["id"] = "0198c2a4-6d1e-7a01-9c3f-2b8e51d0a977"
	o.send(encode(t, m))
	m["id"], m["type"] = "0198c2a4-77aa-7c52-8f19-64d3a70be215", "notejam.auth.session.created.v1"
	o.send(encode(t, m))
	for range maxReceive + 1 {
		_, err := o.queue.Receive(t.Context(), queue.MaxEntries, 0, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		o.server.Advance(2 * time.Second)
	}
	servicetest.WantSample(t, runbook, "audit dlq list", o.want(1, "dlq", "list").Stdout)
	servicetest.WantSample(t, runbook, "audit dlq show 0198c2a4-6d1e-7a01-9c3f-2b8e51d0a977",
		o.want(0, "dlq", "show", "0198c2a4-6d1e-7a01-9c3f-2b8e51d0a977").Stdout)
	servicetest.WantSample(t, runbook, "audit dlq redrive --dry-run", o.want(0, "dlq", "redrive", "--dry-run").Stdout)
	if n := o.visible(o.dead); n != 2 {
		t.Errorf("a dry run left %d messages", n)
	}
	servicetest.WantSample(t, runbook, "audit dlq redrive", o.want(0, "dlq", "redrive").Stdout)
	if n, moved := o.visible(o.dead), o.visible(o.queue); n != 0 || moved != 2 {
		t.Errorf("a redrive left %d messages and moved %d", n, moved)
	}
}

func TestDLQShow_FindsAMessageByItsIDAndShowsAllOfIt(t *testing.T) {
	o := newOperator(t)
	hostile := "\u009b2Jgone \u202egnihtyna"
	_, bodies := events(t, 30)
	o.bury(append(bodies, hostile)...)
	for _, m := range o.wantJSON(1, "dlq", "list")["messages"].([]any) {
		message := m.(map[string]any)
		if message["no_event"] != "NOT_JSON_OBJECT" {
			continue
		}
		id, _ := message["message_id"].(string)
		result := o.want(0, "dlq", "show", id)
		if !strings.HasSuffix(result.Stdout, "\nno event  NOT_JSON_OBJECT\n\n\\u009b2Jgone \\u202egnihtyna\n") {
			t.Errorf("it shows %q", result.Stdout)
		}
		if body := o.wantJSON(0, "dlq", "show", id)["body"]; body != hostile {
			t.Errorf("a program gets %q", body)
		}
	}
	result := o.want(1, "dlq", "show", "nobody")
	if want := "audit dlq show: none of the 31 messages that notejam-events-dead showed has or holds the id nobody\n"; result.Stderr != want {
		t.Errorf("it says %q, want %q", result.Stderr, want)
	}
	if n := o.visible(o.dead); n != 31 {
		t.Errorf("%d messages can be received afterwards", n)
	}
}

func TestDLQRedrive_KeepsTheLimitAndTellsHowFarItIs(t *testing.T) {
	o := newOperator(t)
	_, bodies := events(t, 5)
	o.bury(bodies...)
	result := o.want(0, "dlq", "redrive", "--max-rate", "1", "--limit", "3")
	if !strings.HasPrefix(result.Stderr, "moved 2 of 3 messages\n") {
		t.Errorf("meanwhile it says %q", result.Stderr)
	}
	if n := o.visible(o.dead); n != 2 {
		t.Errorf("%d are left", n)
	}
	said := o.wantJSON(0, "dlq", "redrive", "--dry-run", "--limit", "1")
	want := map[string]any{
		"from": "notejam-events-dead", "to": "notejam-events", "dry_run": true, "moved": 1.0, "undeleted": 0.0, "left": []any{}, "waiting": 2.0,
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("to a program it says (-want +got):\n%s", diff)
	}
}

// writerFunc is a writer that does something.
type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func TestDLQRedrive_ThatIsInterruptedSaysHowFarItCame(t *testing.T) {
	o := newOperator(t)
	_, bodies := events(t, 6)
	o.bury(bodies...)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout bytes.Buffer
	stderr := writerFunc(func([]byte) { interrupt() }) // at the first line that says how far it is
	code := service.RunArgs(ctx, Program(), []string{"dlq", "redrive", "--max-rate", "1"}, env.Map(o.settings), &stdout, stderr)
	moved := o.visible(o.queue)
	want := fmt.Sprintf("Moved %d messages from notejam-events-dead to notejam-events in ", moved)
	if code != 1 || !strings.HasPrefix(stdout.String(), want) || moved == 0 || moved+o.visible(o.dead) != 6 {
		t.Errorf("exit code %d, %d messages arrived, it says %q", code, moved, stdout.String())
	}
}

func TestDLQRedrive_SaysWhatItLeft(t *testing.T) {
	o := newOperator(t)
	ids, bodies := events(t, 1)
	o.bury(bodies...)
	o.server.SetFaults(queuetest.Faults{Refuse: 100})
	result := o.want(1, "dlq", "redrive")
	if !strings.Contains(result.Stdout, "InternalError") || !strings.Contains(result.Stdout, "\nMessages in notejam-events-dead: 1\n") {
		t.Errorf("it says:\n%s", result.Stdout)
	}
	o.server.SetFaults(queuetest.Faults{})
	o.server.Advance(time.Minute) // giving it back was refused too
	shown := o.wantJSON(0, "dlq", "show", ids[0])
	if shown["event_id"] != ids[0] {
		t.Errorf("left is %v", shown)
	}
}

func TestDLQ_AQueueThatIsAwayIsASentence(t *testing.T) {
	o := newOperator(t)
	o.server.SetFaults(queuetest.Faults{Denied: true})
	for _, args := range []string{"dlq list", "dlq show x", "dlq redrive", "dlq redrive --dry-run"} {
		result := o.want(1, strings.Fields(args)...)
		if result.Stdout != "" || !strings.HasPrefix(result.Stderr, "audit "+strings.Join(strings.Fields(args)[:2], " ")+": queue notejam-events-dead: ") {
			t.Errorf("%s: it says %q %q", args, result.Stdout, result.Stderr)
		}
	}
}

func TestDLQ_NamesTheSettingsThatItMisses(t *testing.T) {
	o := newOperator(t)
	o.settings["AUDIT_QUEUE_DLQ_URL"] = o.settings["AUDIT_QUEUE_URL"]
	result := o.want(2, "dlq", "redrive")
	if !strings.Contains(result.Stderr, "AUDIT_QUEUE_DLQ_URL must be another queue than AUDIT_QUEUE_URL") {
		t.Errorf("it says %q", result.Stderr)
	}
	clear(o.settings)
	result = o.want(2, "dlq", "list")
	var named []string
	for line := range strings.Lines(result.Stderr) {
		if name, required := strings.CutSuffix(line, " is required\n"); required {
			named = append(named, strings.TrimSpace(name))
		}
	}
	slices.Sort(named)
	if diff := cmp.Diff([]string{"AUDIT_QUEUE_DLQ_URL", "AUDIT_QUEUE_URL"}, named); diff != "" {
		t.Errorf("required are (-want +got):\n%s", diff)
	}
	for _, args := range []string{"dlq list --limit 0", "dlq show x --limit 10001", "dlq redrive --max-rate 0", "dlq redrive --limit -1"} {
		result = o.want(2, strings.Fields(args)...)
		if !strings.Contains(result.Stderr, "\nusage: audit dlq ") {
			t.Errorf("%s: it says %q", args, result.Stderr)
		}
	}
}
