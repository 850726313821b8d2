package queue_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// start starts a server with one queue, which dead letters leave after three receives, and opens it.
func start(t *testing.T) (*queuetest.Server, *queue.Queue) {
	t.Helper()
	server, err := queuetest.Start(queuetest.Config{Queues: []queuetest.QueueConfig{
		{Name: "events", DeadLetter: "events-dead", MaxReceive: 3},
		{Name: "events-dead"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := server.Close()
		if err != nil {
			t.Errorf("close the queue server: %v", err)
		}
	})
	return server, open(t, server, "events")
}

func open(t *testing.T, server *queuetest.Server, name string) *queue.Queue {
	t.Helper()
	q, err := queue.Open(t.Context(), queue.Config{URL: server.URL(name), Endpoint: server.Endpoint()}, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func entries(count int, body string) []queue.Entry {
	var all []queue.Entry
	for i := range count {
		all = append(all, queue.Entry{ID: "event-" + strconv.Itoa(i), Body: body})
	}
	return all
}

func send(t *testing.T, q *queue.Queue, count int) {
	t.Helper()
	result, err := q.Send(t.Context(), entries(count, "body"))
	if err != nil || len(result.Accepted) != count {
		t.Fatalf("sent %v, error %v", result, err)
	}
}

func receive(t *testing.T, q *queue.Queue) []queue.Message {
	t.Helper()
	messages, err := q.Receive(t.Context(), queue.MaxEntries, 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func TestQueue_WhatIsSentIsReceivedAndWhatIsDeletedIsGone(t *testing.T) {
	server, q := start(t)
	result, err := q.Send(t.Context(), []queue.Entry{{ID: "one", Body: `{"text":"Grüße 🌍"}`}, {ID: "two", Body: "2"}})
	if diff := cmp.Diff(queue.SendResult{Accepted: []string{"one", "two"}}, result); err != nil || diff != "" {
		t.Fatalf("send: error %v, result (-want +got):\n%s", err, diff)
	}

	messages := receive(t, q)
	want := []queue.Message{{Body: `{"text":"Grüße 🌍"}`, ReceiveCount: 1}, {Body: "2", ReceiveCount: 1}}
	if diff := cmp.Diff(want, messages, cmpopts.IgnoreFields(queue.Message{}, "ID", "Receipt", "SentAt")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	for _, message := range messages {
		if age := time.Since(message.SentAt); age < -time.Second || age > time.Minute {
			t.Errorf("SentAt is %v, %v ago", message.SentAt, age)
		}
	}

	failed, err := q.Delete(t.Context(), []string{messages[0].Receipt, messages[1].Receipt})
	if err != nil || len(failed) > 0 {
		t.Fatalf("delete: failed %v, error %v", failed, err)
	}
	server.Advance(time.Hour)
	if again := receive(t, q); len(again) > 0 {
		t.Errorf("received %v after the delete", again)
	}
}

func TestQueue_AMessageThatIsNotDeletedComesAgainAndInTheEndGoesToTheDeadLetters(t *testing.T) {
	server, q := start(t)
	send(t, q, 1)
	for count := 1; count <= 3; count++ {
		messages := receive(t, q)
		if len(messages) != 1 || messages[0].ReceiveCount != count {
			t.Fatalf("receive %d got %+v", count, messages)
		}
		server.Advance(time.Minute)
	}
	if messages := receive(t, q); len(messages) > 0 {
		t.Errorf("received %+v a fourth time", messages)
	}
	if messages := receive(t, open(t, server, "events-dead")); len(messages) != 1 {
		t.Errorf("received %+v from the dead letters, want the message", messages)
	}
}

func TestReceive_RefusesBeforeTheCallWhatSQSWouldRefuse(t *testing.T) {
	server, q := start(t)
	for what, c := range map[string]struct {
		limit            int
		wait, visibility time.Duration
	}{
		"none":                     {0, 0, time.Minute},
		"eleven":                   {11, 0, time.Minute},
		"a wait of 21 s":           {1, 21 * time.Second, time.Minute},
		"a negative wait":          {1, -1, time.Minute},
		"a visibility of 13 hours": {1, 0, 13 * time.Hour},
		"a negative visibility":    {1, 0, -1},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := q.Receive(t.Context(), c.limit, c.wait, c.visibility)
			if err == nil {
				t.Error("there is no error")
			}
		})
	}
	if calls := server.Calls("ReceiveMessage"); calls != 0 {
		t.Errorf("%d calls were made", calls)
	}
}

func TestReceive_TheLongPollEndsWhenTheCallerDoes(t *testing.T) {
	_, q := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := q.Receive(ctx, 1, queue.MaxWait, time.Minute)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the caller's deadline", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestDelete_TellsWhichReceiptsItDidNotTake(t *testing.T) {
	server, q := start(t)
	send(t, q, 1)
	good := receive(t, q)[0].Receipt
	failed, err := q.Delete(t.Context(), []string{"wrong", good})
	if err != nil {
		t.Fatal(err)
	}
	want := []queue.Refusal{{ID: "wrong", Code: "ReceiptHandleIsInvalid", Message: "The input receipt handle is invalid.", SenderFault: true}}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
	again, err := q.Delete(t.Context(), []string{good})
	if err != nil || len(again) > 0 {
		t.Errorf("deleting again: failed %v, error %v", again, err)
	}

	before := server.Calls("DeleteMessageBatch")
	_, err = q.Delete(t.Context(), make([]string, 11))
	if err == nil {
		t.Error("eleven receipts are no error")
	}
	none, err := q.Delete(t.Context(), nil)
	if err != nil || none != nil {
		t.Errorf("deleting nothing: failed %v, error %v", none, err)
	}
	if calls := server.Calls("DeleteMessageBatch"); calls != before {
		t.Errorf("%d calls were made for too much and for nothing", calls-before)
	}
}

func TestChangeVisibility_CountsFromNowAndRoundsUp(t *testing.T) {
	server, q := start(t)
	send(t, q, 1)
	receipt := receive(t, q)[0].Receipt
	err := q.ChangeVisibility(t.Context(), receipt, 2*time.Minute+time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	server.Advance(2 * time.Minute)
	if early := receive(t, q); len(early) > 0 {
		t.Errorf("received %v before the visibility ended", early)
	}
	server.Advance(time.Second)
	if late := receive(t, q); len(late) != 1 {
		t.Errorf("received %v, want the message", late)
	}
}

func TestChangeVisibility_ZeroGivesBackAndMoreThanTwelveHoursIsAnError(t *testing.T) {
	_, q := start(t)
	send(t, q, 1)
	receipt := receive(t, q)[0].Receipt
	for _, d := range []time.Duration{-1, queue.MaxVisibility + 1} {
		err := q.ChangeVisibility(t.Context(), receipt, d)
		if err == nil {
			t.Errorf("%v is no error", d)
		}
	}
	err := q.ChangeVisibility(t.Context(), receipt, 0)
	if err != nil {
		t.Fatal(err)
	}
	if again := receive(t, q); len(again) != 1 {
		t.Errorf("received %v, want the message", again)
	}
}

func TestAttributes_CountByState(t *testing.T) {
	server, q := start(t)
	send(t, q, 3)
	_, err := q.Receive(t.Context(), 1, 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	server.SetFaults(queuetest.Faults{Delay: 100, DelayBy: time.Hour})
	send(t, q, 4)
	got, err := q.Attributes(t.Context())
	if diff := cmp.Diff(queue.Attributes{Visible: 2, InFlight: 1, Delayed: 4}, got); err != nil || diff != "" {
		t.Errorf("error %v, attributes (-want +got):\n%s", err, diff)
	}
}

func TestIsMissing_IsAboutTheQueueOnly(t *testing.T) {
	server, q := start(t)
	_, missing := open(t, server, "nobody-made-this").Attributes(t.Context())
	if !queue.IsMissing(missing) || !strings.Contains(missing.Error(), "queue nobody-made-this: attributes: ") {
		t.Errorf("a missing queue: %v", missing)
	}
	wrong := q.ChangeVisibility(t.Context(), "wrong", 0)
	if wrong == nil || queue.IsMissing(wrong) {
		t.Errorf("a wrong receipt: %v", wrong)
	}
}
