package queuetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

const name = "events"

// start starts a server that ends with the test.
func start(t *testing.T, cfg queuetest.Config) *queuetest.Server {
	t.Helper()
	server, err := queuetest.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *queuetest.Server) {
	t.Helper()
	err := server.Close()
	if err != nil {
		t.Errorf("close the queue server: %v", err)
	}
}

// startOne starts a server with one queue and opens that.
func startOne(t *testing.T) (*queuetest.Server, *queue.Queue) {
	t.Helper()
	server := start(t, queuetest.Config{Queues: []queuetest.QueueConfig{{Name: name}}})
	return server, open(t, server, name)
}

func open(t *testing.T, server *queuetest.Server, name string) *queue.Queue {
	t.Helper()
	return openAt(t, server.Endpoint(), name)
}

func openAt(t *testing.T, endpoint, name string) *queue.Queue {
	t.Helper()
	cfg := queue.Config{URL: endpoint + "/000000000000/" + name, Endpoint: endpoint}
	q, err := queue.Open(t.Context(), cfg, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// send sends bodies, as many to a batch as fit, and fails the test unless all are accepted.
func send(t *testing.T, q *queue.Queue, bodies ...string) {
	t.Helper()
	for len(bodies) > 0 {
		count := min(len(bodies), queue.MaxEntries)
		var entries []queue.Entry
		for _, body := range bodies[:count] {
			entries = append(entries, queue.Entry{ID: body, Body: body})
		}
		result, err := q.Send(t.Context(), entries)
		if err != nil || len(result.Refused) > 0 {
			t.Fatalf("send: refused %v, error %v", result.Refused, err)
		}
		bodies = bodies[count:]
	}
}

// receive takes what is visible now, up to ten.
func receive(t *testing.T, q *queue.Queue) []queue.Message {
	t.Helper()
	messages, err := q.Receive(t.Context(), queue.MaxEntries, 0, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

// drain receives and deletes everything that is visible and counts the deliveries of each body.
func drain(t *testing.T, q *queue.Queue) map[string]int {
	t.Helper()
	got := make(map[string]int)
	for {
		messages, err := q.Receive(t.Context(), queue.MaxEntries, 0, time.Minute)
		if err != nil {
			t.Errorf("receive: %v", err)
		}
		if len(messages) == 0 {
			return got
		}
		var receipts []string
		for _, message := range messages {
			got[message.Body]++
			receipts = append(receipts, message.Receipt)
		}
		failed, err := q.Delete(t.Context(), receipts)
		if err != nil || len(failed) > 0 {
			t.Errorf("delete: failed %v, error %v", failed, err)
		}
	}
}

// waitFor polls a condition that another goroutine makes true.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it did not become true in 10 s")
		}
	}
}

// SQS leaves open what an older receipt does; a consumer must live with the least.
func TestServer_AnOlderReceiptNeitherDeletesNorHides(t *testing.T) {
	server, q := startOne(t)
	send(t, q, "a")
	older := receive(t, q)[0].Receipt
	server.Advance(time.Minute)
	receive(t, q)
	err := q.ChangeVisibility(t.Context(), older, time.Hour)
	if err == nil {
		t.Error("the older receipt hid the message")
	}
	failed, err := q.Delete(t.Context(), []string{older})
	if err != nil || len(failed) > 0 {
		t.Errorf("delete by the older receipt: failed %v, error %v", failed, err)
	}
	server.Advance(time.Minute)
	again := receive(t, q)
	if len(again) != 1 || again[0].ReceiveCount != 3 {
		t.Errorf("received %v, want the message a third time", again)
	}
}

func TestServer_EachMessageGoesToOneOfManyReceivers(t *testing.T) {
	_, q := startOne(t)
	bodies := numbered(200)
	want := make(map[string]int)
	for _, body := range bodies {
		want[body] = 1
	}
	send(t, q, bodies...)
	const receivers = 4
	received := make(chan map[string]int)
	for range receivers {
		go func() { received <- drain(t, q) }()
	}
	got := make(map[string]int)
	for range receivers {
		for body, n := range <-received {
			got[body] += n
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

func TestServer_AReceiptThatIsTwiceInABatchIsDeletedOnce(t *testing.T) {
	server, q := startOne(t)
	send(t, q, "a", "b")
	receipt := receiveOne(t, q).Receipt
	failed, err := q.Delete(t.Context(), []string{receipt, receipt})
	if err != nil || len(failed) > 0 {
		t.Errorf("failed %v, error %v", failed, err)
	}
	server.Advance(time.Minute)
	if diff := cmp.Diff([]string{"b"}, bodiesOf(receive(t, q))); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestServer_PurgeEmptiesAQueue(t *testing.T) {
	server, q := startOne(t)
	send(t, q, "a", "b")
	err := server.Purge(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := drain(t, q); len(got) > 0 {
		t.Errorf("received %v after the purge", got)
	}
	err = server.Purge("missing")
	if err == nil {
		t.Error("a queue that does not exist was purged")
	}
}

func TestStart_RefusesAConfigThatCannotBe(t *testing.T) {
	taken := start(t, queuetest.Config{})
	takenAddr := strings.TrimPrefix(taken.Endpoint(), "http://")
	one := func(q queuetest.QueueConfig) queuetest.Config {
		return queuetest.Config{Queues: []queuetest.QueueConfig{q}}
	}
	for what, c := range map[string]struct {
		config queuetest.Config
		says   string
	}{
		"an address that others can reach":        {queuetest.Config{Addr: "0.0.0.0:0"}, "is not a loopback address"},
		"an address that is taken":                {queuetest.Config{Addr: takenAddr}, "address already in use"},
		"a name with a dot":                       {one(queuetest.QueueConfig{Name: "a.fifo"}), `queue "a.fifo": a name has`},
		"no name":                                 {one(queuetest.QueueConfig{}), `queue "": a name has`},
		"a visibility of 13 hours":                {one(queuetest.QueueConfig{Name: "a", Visibility: 13 * time.Hour}), "between 0 and 12 h"},
		"a count without a dead-letter queue":     {one(queuetest.QueueConfig{Name: "a", MaxReceive: 3}), "MaxReceive is"},
		"a dead-letter queue without a count":     {one(queuetest.QueueConfig{Name: "a", DeadLetter: "a"}), "MaxReceive is"},
		"a dead-letter queue that does not exist": {one(queuetest.QueueConfig{Name: "a", DeadLetter: "b", MaxReceive: 3}), `"b" does not exist`},
		"a folder that is a file":                 {queuetest.Config{Dir: "server_test.go"}, "open queue journal"},
	} {
		t.Run(what, func(t *testing.T) {
			server, err := queuetest.Start(c.config)
			if err == nil {
				stop(t, server)
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q does not say %q", err, c.says)
			}
		})
	}
}
