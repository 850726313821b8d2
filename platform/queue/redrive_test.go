package queue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// fast is no limit for a test.
const fast = 100000

// bodies takes all messages out of the queue, also those that are hidden, and gives their bodies, sorted, each once.
func bodies(t *testing.T, server *queuetest.Server, q *queue.Queue) []string {
	t.Helper()
	server.SetFaults(queuetest.Faults{})
	server.Advance(queue.MaxVisibility)
	all := []string{}
	for {
		messages := receive(t, q)
		if len(messages) == 0 {
			slices.Sort(all)
			return slices.Compact(all)
		}
		var receipts []string
		for _, m := range messages {
			all, receipts = append(all, m.Body), append(receipts, m.Receipt)
		}
		_, err := q.Delete(t.Context(), receipts)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRedrive_MovesAllMessagesOnce(t *testing.T) {
	server, q := start(t)
	dead := open(t, server, "events-dead")
	want := fill(t, dead, 23)
	calls := 0
	moved, err := queue.Redrive{From: dead, To: q, Rate: fast, Progress: func(queue.Moved) { calls++ }}.Run(t.Context())
	if diff := cmp.Diff(queue.Moved{Limit: 23, Sent: 23}, moved); err != nil || diff != "" {
		t.Errorf("error %v, moved (-want +got):\n%s", err, diff)
	}
	if calls != 3 {
		t.Errorf("%d times it told how far it was", calls)
	}
	if n := waiting(t, q); n != 23 {
		t.Errorf("%d messages arrived", n)
	}
	if diff := cmp.Diff(want, bodies(t, server, q)); diff != "" {
		t.Errorf("sent and moved differ:\n%s", diff)
	}
	if left := bodies(t, server, dead); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestRedrive_EndsAtTheLimit(t *testing.T) {
	server, q := start(t)
	dead := open(t, server, "events-dead")
	fill(t, dead, 23)
	moved, err := queue.Redrive{From: dead, To: q, Rate: fast, Limit: 12}.Run(t.Context())
	if err != nil || moved.Sent != 12 || waiting(t, dead) != 11 || waiting(t, q) != 12 {
		t.Errorf("error %v, moved %+v, %d are left, %d arrived", err, moved, waiting(t, dead), waiting(t, q))
	}
}

func TestRedrive_KeepsTheRate(t *testing.T) {
	server, q := start(t)
	dead := open(t, server, "events-dead")
	fill(t, dead, 12)
	begin := time.Now()
	moved, err := queue.Redrive{From: dead, To: q, Rate: 8}.Run(t.Context())
	if err != nil || moved.Sent != 12 {
		t.Errorf("error %v, moved %+v", err, moved)
	}
	if took := time.Since(begin); took < time.Second {
		t.Errorf("the second batch went after %v", took) // the first has eight
	}
}

func TestRedrive_AMessageThatFailsAgainAtOnceIsNotMovedRoundAndRound(t *testing.T) {
	server, _ := start(t)
	dead := open(t, server, "events-dead")
	fill(t, dead, 15)
	moved, err := queue.Redrive{From: dead, To: dead, Rate: fast}.Run(t.Context()) // where it goes is where it comes from
	if err != nil || moved.Sent != 15 || waiting(t, dead) != 15 {
		t.Errorf("error %v, moved %+v, %d are there", err, moved, waiting(t, dead))
	}
}

func TestRedrive_LeavesWhatTheQueueDoesNotTakeAndSaysWhy(t *testing.T) {
	server, q := start(t)
	dead := open(t, server, "events-dead")
	large := strings.Repeat("x", queue.MaxBytes+1)
	sendRaw(t, server, "events-dead", large)
	fill(t, dead, 3)
	moved, err := queue.Redrive{From: dead, To: q, Rate: fast}.Run(t.Context())
	if err != nil || moved.Sent != 3 || len(moved.Left) != 1 || moved.Left[0].Code != "TooLarge" || moved.Left[0].Message != "262145 bytes are more than 262144" {
		t.Errorf("error %v, moved %+v", err, moved)
	}
	if n := waiting(t, dead); n != 1 {
		t.Errorf("%d messages can be received afterwards", n)
	}

	other, to := start(t)
	other.SetFaults(queuetest.Faults{Refuse: 100})
	moved, err = queue.Redrive{From: q, To: to, Rate: fast}.Run(t.Context())
	if err != nil || moved.Sent != 0 || len(moved.Left) != 3 || moved.Left[0].Code != "InternalError" || moved.Left[0].ID == "" {
		t.Errorf("error %v, moved %+v", err, moved)
	}
	if n := waiting(t, q); n != 3 {
		t.Errorf("%d messages can be received afterwards", n)
	}
}

// sendRaw sends without the limits of this package.
func sendRaw(t *testing.T, server *queuetest.Server, name, body string) {
	t.Helper()
	content, err := json.Marshal(map[string]string{"QueueUrl": server.URL(name), "MessageBody": body})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.Endpoint(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("send: %s", response.Status)
	}
}

func TestRedrive_DeletesNothingThatWasNotTaken(t *testing.T) {
	for name, faults := range map[string]queuetest.Faults{
		"the queue is away":           {Down: true},
		"the queue may not be used":   {Denied: true},
		"the answer gets lost":        {LoseAnswer: 100},
		"every message is refused":    {Refuse: 100},
		"half of them are refused":    {Refuse: 50},
		"refused for ever, half them": {Refuse: 50, RefuseSenderFault: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, dead := start(t)
			other, to := start(t)
			want := fill(t, dead, 23)
			other.SetFaults(faults)
			_, _ = queue.Redrive{From: dead, To: to, Rate: fast}.Run(t.Context())
			arrived := bodies(t, other, to)
			all := slices.Concat(arrived, bodies(t, server, dead))
			slices.Sort(all)
			if diff := cmp.Diff(want, slices.Compact(all)); diff != "" {
				t.Errorf("what was there and what is there differ:\n%s", diff)
			}
		})
	}
}

func TestRedrive_AMessageThatCouldNotBeDeletedIsSentOnceInARedrive(t *testing.T) {
	server, dead := start(t)
	_, to := start(t)
	fill(t, dead, 5)
	server.SetFaults(queuetest.Faults{Refuse: 100})
	redrive := queue.Redrive{From: dead, To: to, Rate: fast, Limit: 100}
	redrive.Progress = func(queue.Moved) {
		server.SetFaults(queuetest.Faults{})
		server.Advance(queue.MaxVisibility) // all are there again
	}
	moved, err := redrive.Run(t.Context())
	if diff := cmp.Diff(queue.Moved{Limit: 100, Sent: 5}, moved); err != nil || diff != "" {
		t.Errorf("error %v, moved (-want +got):\n%s", err, diff)
	}
	if n := waiting(t, to); n != 5 {
		t.Errorf("%d messages arrived", n)
	}
}

func TestRedrive_InterruptedAtAnyCallItLosesNothing(t *testing.T) {
	for name, carriedOut := range map[string]bool{"the call is carried out": true, "the call does not arrive": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for call := int64(1); ; call++ {
				server, to := start(t)
				ctx, cancel := context.WithCancel(t.Context())
				proxy := interrupting(t, server, call, carriedOut, cancel)
				dead := open(t, server, "events-dead")
				want := fill(t, dead, 23)
				_, err := queue.Redrive{From: openAt(t, server, proxy, "events-dead"), To: openAt(t, server, proxy, "events"), Rate: fast}.Run(ctx)
				cancel()
				proxy.Close() // waits for calls that nobody waits for any more
				left := bodies(t, server, dead)
				all := slices.Concat(left, bodies(t, server, to))
				slices.Sort(all)
				if diff := cmp.Diff(want, slices.Compact(all)); diff != "" {
					t.Errorf("interrupted at call %d, what was there and what is there differ:\n%s", call, diff)
				}
				if err == nil && len(left) == 0 {
					if call < 9 {
						t.Errorf("it took only %d calls", call)
					}
					return
				}
			}
		})
	}
}

// interrupting is a proxy that calls interrupt at the nth call, which it then forwards or not.
func interrupting(t *testing.T, server *queuetest.Server, nth int64, forwarded bool, interrupt func()) *httptest.Server {
	t.Helper()
	target, err := url.Parse(server.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context())) // its end is not that of the caller
		defer cancel()
		if calls.Add(1) == nth {
			interrupt()
			if !forwarded {
				panic(http.ErrAbortHandler)
			}
		}
		forward.ServeHTTP(w, r.WithContext(ctx))
	}))
}

func openAt(t *testing.T, server *queuetest.Server, proxy *httptest.Server, name string) *queue.Queue {
	t.Helper()
	q, err := queue.Open(t.Context(), queue.Config{URL: server.URL(name), Endpoint: proxy.URL}, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestRedrive_RefusesARateThatMovesNothing(t *testing.T) {
	_, q := start(t)
	for _, r := range []queue.Redrive{{From: q, To: q}, {From: q, To: q, Rate: 1, Limit: -1}} {
		_, err := r.Run(t.Context())
		if err == nil {
			t.Errorf("rate %d, limit %d: there is no error", r.Rate, r.Limit)
		}
	}
}
