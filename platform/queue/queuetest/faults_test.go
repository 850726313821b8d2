package queuetest_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func numbered(count int) []string {
	var bodies []string
	for i := range count {
		bodies = append(bodies, strconv.Itoa(i))
	}
	return bodies
}

func entriesOf(bodies []string) []queue.Entry {
	var entries []queue.Entry
	for _, body := range bodies {
		entries = append(entries, queue.Entry{ID: body, Body: body})
	}
	return entries
}

func TestFaults_ACallFailsAndAfterwardsAllIsWell(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		faults queuetest.Faults
		says   string
		calls  int // with the SDK's retry
	}{
		"down":        {queuetest.Faults{Down: true}, "EOF", 2},
		"unavailable": {queuetest.Faults{Unavailable: true}, "StatusCode: 503", 2},
		"throttled":   {queuetest.Faults{Throttle: 100}, "RequestThrottled", 2},
		"denied":      {queuetest.Faults{Denied: true}, "AccessDenied", 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			server, q := startOne(t)
			server.SetFaults(c.faults)
			_, err := q.Send(t.Context(), entriesOf([]string{"a"}))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v does not say %q", err, c.says)
			}
			if got := server.Calls("SendMessageBatch"); got != c.calls {
				t.Errorf("%d calls were made, want %d", got, c.calls)
			}
			server.SetFaults(queuetest.Faults{})
			send(t, q, "b")
			if diff := cmp.Diff(map[string]int{"b": 1}, drain(t, q)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaults_DownCutsALongPollThatWaits(t *testing.T) {
	t.Parallel()
	server, q := startOne(t)
	ended := make(chan error, 1)
	go func() {
		_, err := q.Receive(context.WithoutCancel(t.Context()), 1, queue.MaxWait, time.Minute)
		ended <- err
	}()
	waitFor(t, func() bool { return server.Calls("ReceiveMessage") == 1 })
	server.SetFaults(queuetest.Faults{Down: true})
	err := <-ended
	if err == nil {
		t.Error("the poll ended without an error")
	}
}

func TestFaults_ALostAnswerIsRetriedAndTheMessageComesTwice(t *testing.T) {
	t.Parallel()
	server, q := startOne(t)
	server.SetFaults(queuetest.Faults{LoseAnswer: 100})
	_, err := q.Send(t.Context(), entriesOf([]string{"a"}))
	if err == nil {
		t.Fatal("the answer was not lost")
	}
	server.SetFaults(queuetest.Faults{})
	if diff := cmp.Diff(map[string]int{"a": 2}, drain(t, q)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestFaults_SomeEntriesOfABatchAreRefusedAndOnlyThose(t *testing.T) {
	for _, senderFault := range []bool{false, true} {
		server, q := startOne(t)
		server.SetFaults(queuetest.Faults{Refuse: 50, RefuseSenderFault: senderFault})
		bodies := numbered(10)
		result, err := q.Send(t.Context(), entriesOf(bodies))
		if err != nil {
			t.Fatal(err)
		}
		want := make(map[string]int)
		for _, id := range result.Accepted {
			want[id] = 1
		}
		for _, refusal := range result.Refused {
			if refusal.SenderFault != senderFault {
				t.Errorf("refusal %v, want SenderFault %t", refusal, senderFault)
			}
		}
		if len(result.Accepted) == 0 || len(result.Refused) == 0 || len(result.Accepted)+len(result.Refused) != len(bodies) {
			t.Errorf("%d entries are accepted and %d refused of %d", len(result.Accepted), len(result.Refused), len(bodies))
		}
		server.SetFaults(queuetest.Faults{})
		if diff := cmp.Diff(want, drain(t, q)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	}
}

func TestFaults_ADuplicateIsDeliveredToBothAndDeletedForItself(t *testing.T) {
	server, q := startOne(t)
	server.SetFaults(queuetest.Faults{Duplicate: 100})
	send(t, q, "a")
	first, err := q.Receive(t.Context(), 1, 0, time.Minute)
	if err != nil || len(first) != 1 {
		t.Fatalf("received %v, error %v", first, err)
	}
	_, err = q.Delete(t.Context(), []string{first[0].Receipt})
	if err != nil {
		t.Fatal(err)
	}
	second := receive(t, q)
	if len(second) != 1 || second[0].ID != first[0].ID || second[0].Receipt == first[0].Receipt {
		t.Errorf("after the first copy %v came %v, want the same message under another receipt", first, second)
	}
}

func TestFaults_SomeMessagesAreDelayed(t *testing.T) {
	server, q := startOne(t)
	server.SetFaults(queuetest.Faults{Delay: 50, DelayBy: time.Minute})
	send(t, q, numbered(20)...)
	early := drain(t, q)
	server.Advance(time.Minute)
	late := drain(t, q)
	if len(early) == 0 || len(late) == 0 || len(early)+len(late) != 20 {
		t.Errorf("%d messages came at once and %d late, of 20", len(early), len(late))
	}
}

func TestFaults_ReorderMixesAndLosesNothing(t *testing.T) {
	server, q := startOne(t)
	bodies := numbered(10)
	inOrder := func() []string {
		var order []string
		for _, message := range receive(t, q) {
			order = append(order, message.Body)
		}
		return order
	}
	send(t, q, bodies...)
	if diff := cmp.Diff(bodies, inOrder()); diff != "" {
		t.Errorf("a healthy server mixes (-want +got):\n%s", diff)
	}
	err := server.Purge(name)
	if err != nil {
		t.Fatal(err)
	}
	server.SetFaults(queuetest.Faults{Reorder: true})
	send(t, q, bodies...)
	mixed := inOrder()
	if len(mixed) != len(bodies) || cmp.Equal(mixed, bodies) {
		t.Errorf("received %v of %v", mixed, bodies)
	}
}

func TestFaults_ALostDeleteIsAcknowledgedAndTheMessageComesAgain(t *testing.T) {
	server, q := startOne(t)
	server.SetFaults(queuetest.Faults{LoseDelete: 100})
	send(t, q, "a")
	if diff := cmp.Diff(map[string]int{"a": 1}, drain(t, q)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	server.Advance(time.Minute)
	again := receive(t, q)
	if len(again) != 1 || again[0].ReceiveCount != 2 {
		t.Errorf("received %v, want the message a second time", again)
	}
}

func TestFaults_TheSameSeedHitsTheSame(t *testing.T) {
	refused := func(seed uint64) []string {
		server := start(t, queuetest.Config{Seed: seed, Queues: []queuetest.QueueConfig{{Name: name}}})
		server.SetFaults(queuetest.Faults{Refuse: 50})
		result, err := open(t, server, name).Send(t.Context(), entriesOf(numbered(10)))
		if err != nil {
			t.Fatal(err)
		}
		return result.Accepted
	}
	if diff := cmp.Diff(refused(7), refused(7)); diff != "" {
		t.Errorf("seed 7 (-first +second):\n%s", diff)
	}
	if cmp.Equal(refused(7), refused(8)) {
		t.Error("seeds 7 and 8 hit the same entries")
	}
}
