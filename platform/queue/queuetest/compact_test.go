package queuetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestJournal_StaysShortWhileTheServerRuns(t *testing.T) {
	dir := t.TempDir()
	server := start(t, kept(dir))
	server.CompactAtOnce()
	q := open(t, server, name)
	send(t, q, "stays")
	receive(t, q)
	for range 50 {
		send(t, q, numbered(10)...)
		drain(t, q)
	}
	waitFor(t, func() bool { // a change begins what the one before did not
		send(t, q, "one more")
		drain(t, q)
		return journalSize(t, dir) < 2000
	})
	stop(t, server)
	again := start(t, kept(dir))
	again.Advance(time.Minute)
	if diff := cmp.Diff([]string{"stays"}, bodiesOf(receive(t, open(t, again, name)))); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestJournal_ACompactionThatFailsLosesNothingAndIsTold(t *testing.T) {
	dir := t.TempDir()
	server, err := queuetest.Start(kept(dir))
	if err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(dir, "queue.journal.new")
	err = os.Mkdir(inTheWay, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	server.CompactAtOnce()
	q := open(t, server, name)
	for range 10 {
		send(t, q, numbered(10)...)
		drain(t, q)
	}
	send(t, q, "stays")
	err = server.Close()
	if err == nil || !strings.Contains(err.Error(), "compact queue journal") {
		t.Errorf("closing it says %v, want that the journal was not compacted", err)
	}
	err = os.Remove(inTheWay)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"stays"}, bodiesOf(receive(t, open(t, start(t, kept(dir)), name)))); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
