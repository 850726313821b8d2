package queuetest_test

import (
	"context"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestServer_ClosingEndsALongPollAtOnce(t *testing.T) {
	server, q := startOne(t)
	got := longPoll(t, server, q)
	stop(t, server)
	select {
	case count := <-got:
		if count != 0 {
			t.Errorf("the poll got %d messages, want none", count)
		}
	case <-time.After(queue.MaxWait / 2):
		t.Error("the poll did not end")
	}
}

func TestServer_AdvanceEndsALongPollThatWaitsForAHiddenMessage(t *testing.T) {
	server, q := startOne(t)
	send(t, q, "a")
	receive(t, q)
	wantOneAtOnce(t, longPoll(t, server, q), func() { server.Advance(time.Minute) })
}

func TestServer_AMessageThatIsGivenBackEndsALongPoll(t *testing.T) {
	server, q := startOne(t)
	send(t, q, "a")
	receipt := receive(t, q)[0].Receipt
	wantOneAtOnce(t, longPoll(t, server, q), func() {
		err := q.ChangeVisibility(t.Context(), receipt, 0)
		if err != nil {
			t.Error(err)
		}
	})
}

func TestServer_AMessageThatIsSentEndsALongPoll(t *testing.T) {
	server, q := startOne(t)
	wantOneAtOnce(t, longPoll(t, server, q), func() { send(t, q, "a") })
}

func TestServer_AMessageThatMovesEndsALongPollOfTheDeadLetters(t *testing.T) {
	server := start(t, kept(t.TempDir()))
	q := open(t, server, name)
	send(t, q, "poison")
	for range 2 {
		receive(t, q)
		server.Advance(time.Minute)
	}
	wantOneAtOnce(t, longPoll(t, server, open(t, server, "dead")), func() { receive(t, q) })
}

// longPoll receives with the longest wait. It returns when the server has the call.
func longPoll(t *testing.T, server *queuetest.Server, q *queue.Queue) (got <-chan int) {
	t.Helper()
	before := server.Calls("ReceiveMessage")
	counts := make(chan int, 1)
	go func() {
		messages, err := q.Receive(context.WithoutCancel(t.Context()), 1, queue.MaxWait, time.Minute)
		if err != nil {
			t.Error(err)
		}
		counts <- len(messages)
	}()
	waitFor(t, func() bool { return server.Calls("ReceiveMessage") > before })
	return counts
}

// wantOneAtOnce demands that a waiting poll gets a message because of what happens, and not because its wait is over.
func wantOneAtOnce(t *testing.T, got <-chan int, happens func()) {
	t.Helper()
	happens()
	select {
	case count := <-got:
		if count != 1 {
			t.Errorf("the poll got %d messages, want 1", count)
		}
	case <-time.After(queue.MaxWait / 2):
		t.Error("the poll still waits")
	}
}
