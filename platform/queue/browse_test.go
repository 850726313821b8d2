package queue_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// fill sends messages with the bodies 0 to n-1.
func fill(t *testing.T, q *queue.Queue, n int) (bodies []string) {
	t.Helper()
	for i := range n {
		bodies = append(bodies, strconv.Itoa(i))
		result, err := q.Send(t.Context(), []queue.Entry{{ID: "e", Body: bodies[i]}})
		if err != nil || len(result.Accepted) != 1 {
			t.Fatalf("sent %v, error %v", result, err)
		}
	}
	slices.Sort(bodies)
	return bodies
}

// waiting counts the messages that can be received now.
func waiting(t *testing.T, q *queue.Queue) int {
	t.Helper()
	counts, err := q.Attributes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return counts.Visible
}

func TestBrowse_ShowsEachMessageOnceAndLeavesAllOfThem(t *testing.T) {
	server, _ := start(t)
	dead := open(t, server, "events-dead")
	want := fill(t, dead, 23)
	for range 2 {
		var got []string
		err := dead.Browse(t.Context(), 100, func(m queue.Message) bool { got = append(got, m.Body); return true })
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("error %v, sent and shown differ:\n%s", err, diff)
		}
		if n := waiting(t, dead); n != 23 {
			t.Errorf("%d messages can be received afterwards", n)
		}
	}
}

func TestBrowse_EndsAtTheLimitAndWhenEnoughWasSeen(t *testing.T) {
	server, _ := start(t)
	dead := open(t, server, "events-dead")
	fill(t, dead, 23)
	for name, c := range map[string]struct{ limit, enough, want int }{
		"limit of a batch and a half": {15, 100, 15},
		"limit of one":                {1, 100, 1},
		"enough in mid-batch":         {100, 4, 4},
	} {
		shown := 0
		err := dead.Browse(t.Context(), c.limit, func(queue.Message) bool { shown++; return shown < c.enough })
		if err != nil || shown != c.want {
			t.Errorf("%s: error %v, %d messages were shown, want %d", name, err, shown, c.want)
		}
		if n := waiting(t, dead); n != 23 {
			t.Errorf("%s: %d messages can be received afterwards", name, n)
		}
	}
}

func TestBrowse_GivesBackAlsoWhenItIsInterrupted(t *testing.T) {
	server, _ := start(t)
	dead := open(t, server, "events-dead")
	fill(t, dead, 23)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := dead.Browse(ctx, 100, func(queue.Message) bool { cancel(); return true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := waiting(t, dead); n != 23 {
		t.Errorf("%d messages can be received afterwards", n)
	}
}

func TestBrowse_EndsWhenTheMessagesComeRoundAgain(t *testing.T) {
	server, _ := start(t)
	dead := open(t, server, "events-dead")
	fill(t, dead, 5)
	shown := 0
	err := dead.Browse(t.Context(), 100, func(queue.Message) bool {
		shown++
		server.Advance(queue.MaxVisibility) // nothing stays hidden
		return true
	})
	if err != nil || shown != 5 {
		t.Errorf("error %v, %d messages were shown", err, shown)
	}
}

func TestGiveBack_SaysWhatFailed(t *testing.T) {
	server, q := start(t)
	fill(t, q, 1)
	messages := receive(t, q)
	server.SetFaults(queuetest.Faults{Denied: true})
	err := q.GiveBack(t.Context(), []string{messages[0].Receipt})
	if err == nil {
		t.Error("there is no error")
	}
	server.SetFaults(queuetest.Faults{})
	err = q.GiveBack(t.Context(), []string{messages[0].Receipt})
	if err != nil || waiting(t, q) != 1 {
		t.Errorf("error %v, %d messages can be received", err, waiting(t, q))
	}
}
