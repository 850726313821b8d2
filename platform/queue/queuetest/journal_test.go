package queuetest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// kept is a config whose messages outlive the server.
func kept(dir string) queuetest.Config {
	return queuetest.Config{Dir: dir, Queues: []queuetest.QueueConfig{
		{Name: name, DeadLetter: "dead", MaxReceive: 2},
		{Name: "dead"},
	}}
}

func TestJournal_ARestartKeepsMessagesReceiptsAndCounts(t *testing.T) {
	dir := t.TempDir()
	first := start(t, kept(dir))
	q := open(t, first, name)
	send(t, q, "deleted", "in flight", "waits", "späte 🌍")
	var before []queue.Message
	for range 2 {
		before = append(before, receiveOne(t, q))
	}
	_, err := q.Delete(t.Context(), []string{before[0].Receipt})
	if err != nil {
		t.Fatal(err)
	}
	stop(t, first)

	second := start(t, kept(dir))
	q = open(t, second, name)
	waiting := receive(t, q)
	if diff := cmp.Diff([]string{"waits", "späte 🌍"}, bodiesOf(waiting)); diff != "" {
		t.Errorf("visible after the restart (-want +got):\n%s", diff)
	}
	err = q.ChangeVisibility(t.Context(), before[1].Receipt, 0)
	if err != nil {
		t.Errorf("the receipt from before the restart: %v", err)
	}
	again := receiveOne(t, q)
	if again.Body != "in flight" || again.ID != before[1].ID || again.ReceiveCount != 2 || !again.SentAt.Equal(before[1].SentAt) {
		t.Errorf("received %+v, want %+v a second time", again, before[1])
	}
}

func receiveOne(t *testing.T, q *queue.Queue) queue.Message {
	t.Helper()
	messages, err := q.Receive(t.Context(), 1, 0, time.Minute)
	if err != nil || len(messages) != 1 {
		t.Fatalf("received %v, error %v, want one message", messages, err)
	}
	return messages[0]
}

func bodiesOf(messages []queue.Message) []string {
	var bodies []string
	for _, message := range messages {
		bodies = append(bodies, message.Body)
	}
	return bodies
}

func TestJournal_ARestartKeepsDeadLettersAndAPurge(t *testing.T) {
	dir := t.TempDir()
	first := start(t, kept(dir))
	q := open(t, first, name)
	send(t, q, "poison")
	for range 2 {
		receiveOne(t, q)
		first.Advance(time.Minute)
	}
	if got := receive(t, q); len(got) > 0 {
		t.Fatalf("received %v, want it in the dead-letter queue", got)
	}
	send(t, q, "purged")
	err := first.Purge(name)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, first)

	second := start(t, kept(dir))
	second.Advance(time.Hour)
	if got := receive(t, open(t, second, name)); len(got) > 0 {
		t.Errorf("received %v after the purge", got)
	}
	if diff := cmp.Diff([]string{"poison"}, bodiesOf(receive(t, open(t, second, "dead")))); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
}

func TestJournal_AStartRemovesWhatIsGone(t *testing.T) {
	dir := t.TempDir()
	first := start(t, kept(dir))
	q := open(t, first, name)
	send(t, q, numbered(100)...)
	drain(t, q)
	stop(t, first)
	before := journalSize(t, dir)
	stop(t, start(t, kept(dir)))
	if after := journalSize(t, dir); after*10 > before {
		t.Errorf("the journal of an empty queue has %d bytes, before the start %d", after, before)
	}
}

func journalSize(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "queue.journal"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestJournal_ARecordThatWasNotFinishedIsForgotten(t *testing.T) {
	for what, half := range map[string]string{
		"in its line": "put events ha",
		"in its body": "put events k k 0 0 0 10\nhalf",
		"at its end":  "put events k k 0 0 0 4\nhalf",
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			first := start(t, kept(dir))
			send(t, open(t, first, name), "whole")
			stop(t, first)
			appendToJournal(t, dir, half)

			second := start(t, kept(dir))
			send(t, open(t, second, name), "next")
			stop(t, second)

			third := start(t, kept(dir))
			if diff := cmp.Diff([]string{"whole", "next"}, bodiesOf(receive(t, open(t, third, name)))); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJournal_TheJSONOfEarlierServersIsRead(t *testing.T) {
	dir := t.TempDir()
	stop(t, start(t, kept(dir)))
	appendToJournal(t, dir, `{"op":"put","queue":"events","key":"k","id":"i","body":"späte \"🌍\"","sent":"2026-03-04T05:06:07Z","visible":"2026-03-04T05:06:07Z"}
{"op":"hide","queue":"events","key":"k","visible":"2026-03-04T05:07:07Z","received":1}
`)
	message := receiveOne(t, open(t, start(t, kept(dir)), name))
	message.Receipt = ""
	want := queue.Message{ID: "i", Body: `späte "🌍"`, ReceiveCount: 2, SentAt: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	if diff := cmp.Diff(want, message); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestJournal_ADamagedRecordStopsTheStartAndStays(t *testing.T) {
	const put = "put events k k 0 0 0 1\na\n"
	for what, line := range map[string]string{
		"garbage":                     "garbage",
		"an empty line":               "",
		"an unknown operation":        "paint events",
		"half of an old one":          `{"op":"put"`,
		"a word too many":             "purge events now",
		"a word too few":              "put events k k 0 0 0",
		"a time that is none":         "put events k k noon 0 0 1\na",
		"a body of less than nothing": "put events k k 0 0 0 -1\na",
		"a body that is too large":    "put events k k 0 0 0 1048577\na",
		"a body with another end":     "put events k k 0 0 0 1\nab",
		"a queue that is not":         "put nowhere k k 0 0 0 1\na",
		"a message that is not":       "delete events k",
		"a queue without config":      "queue events",
		"a queue with no config":      "queue events null",
		"a move to nowhere":           put + "move events k nowhere 0",
		"a message that is twice":     put + "put events k k 0 0 0 1\na",
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			stop(t, start(t, kept(dir)))
			appendToJournal(t, dir, line+"\n")
			before := journalSize(t, dir)
			server, err := queuetest.Start(kept(dir))
			if err == nil {
				stop(t, server)
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), "is damaged") {
				t.Errorf("error %q does not say that a line is damaged", err)
			}
			if after := journalSize(t, dir); after != before {
				t.Errorf("the journal has %d bytes, before the start %d", after, before)
			}
		})
	}
}

func appendToJournal(t *testing.T, dir, text string) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, "queue.journal"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(text)
	err = errors.Join(err, file.Close())
	if err != nil {
		t.Fatal(err)
	}
}

func TestJournal_ASecondServerOnTheSameFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	start(t, kept(dir))
	server, err := queuetest.Start(kept(dir))
	if err == nil {
		stop(t, server)
		t.Fatal("it started")
	}
	if want := "another queue server uses " + dir; !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not say %q", err, want)
	}
}
