package queuetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestFaults_TheLostAnswerOfAReceiveHidesItsMessages(t *testing.T) {
	server, q := startOne(t)
	send(t, q, "a", "b", "c")
	server.SetFaults(queuetest.Faults{LoseAnswer: 100})
	_, err := q.Receive(t.Context(), 1, 0, time.Minute) // with its retry it takes two
	if err == nil {
		t.Fatal("the answer was not lost")
	}
	server.SetFaults(queuetest.Faults{})
	if diff := cmp.Diff([]string{"c"}, bodiesOf(receive(t, q))); diff != "" {
		t.Errorf("afterwards (-want +got):\n%s", diff)
	}
	server.Advance(time.Minute)
	again := receive(t, q)
	if len(again) != 3 || again[0].ReceiveCount != 2 {
		t.Errorf("received %v, want all three a second time", again)
	}
}

func TestFaults_TheLostAnswerOfADeleteDeletes(t *testing.T) {
	server, q := startOne(t)
	send(t, q, "a")
	receipt := receiveOne(t, q).Receipt
	server.SetFaults(queuetest.Faults{LoseAnswer: 100})
	_, err := q.Delete(t.Context(), []string{receipt})
	if err == nil {
		t.Fatal("the answer was not lost")
	}
	server.SetFaults(queuetest.Faults{})
	server.Advance(time.Minute)
	if again := receive(t, q); len(again) > 0 {
		t.Errorf("received %v, want nothing", again)
	}
}

func TestFaults_SomeDeletesOfABatchAreRefusedAndOnlyThoseComeAgain(t *testing.T) {
	server, q := startOne(t)
	send(t, q, numbered(10)...)
	bodyOf := make(map[string]string)
	var receipts []string
	for _, message := range receive(t, q) {
		bodyOf[message.Receipt] = message.Body
		receipts = append(receipts, message.Receipt)
	}
	server.SetFaults(queuetest.Faults{Refuse: 50})
	refused, err := q.Delete(t.Context(), receipts)
	if err != nil || len(refused) == 0 || len(refused) == len(receipts) {
		t.Fatalf("%d of %d deletes were refused, error %v", len(refused), len(receipts), err)
	}
	server.SetFaults(queuetest.Faults{})
	server.Advance(time.Minute)
	want := make(map[string]int)
	for _, refusal := range refused {
		want[bodyOf[refusal.ID]] = 1
	}
	if diff := cmp.Diff(want, drain(t, q)); diff != "" {
		t.Errorf("messages that come again (-want +got):\n%s", diff)
	}
}

// Down time is a server that is not there, and then is again.
func TestFaults_AfterDownTimeTheServerIsAtTheSameAddressWithItsMessages(t *testing.T) {
	cfg := kept(t.TempDir())
	first := start(t, cfg)
	q := open(t, first, name)
	send(t, q, "before")
	stop(t, first)
	_, err := q.Send(t.Context(), []queue.Entry{{ID: "meanwhile", Body: "meanwhile"}})
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("sending meanwhile: error %v, want that the connection is refused", err)
	}
	cfg.Addr = strings.TrimPrefix(first.Endpoint(), "http://")
	start(t, cfg)
	send(t, q, "after")
	if diff := cmp.Diff(map[string]int{"before": 1, "after": 1}, drain(t, q)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
