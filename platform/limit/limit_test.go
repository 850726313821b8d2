package limit_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/limit"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// tenASecond lets three through at once.
var tenASecond = limit.Rate{Count: 600, Per: time.Minute, Burst: 3}

func newMemory(rate limit.Rate) (*limit.Memory, *clock) {
	c := &clock{now: time.Date(2026, 11, 23, 10, 51, 7, 0, time.UTC)}
	return limit.NewMemory(limit.MemoryConfig{Name: "test", Rate: rate, Now: c.read, Metrics: limit.NewMetrics(prometheus.NewRegistry())}), c
}

const tenth = 100 * time.Millisecond

func TestABucketIsFullAtFirstAndFillsAtASteadyPace(t *testing.T) {
	m, now := newMemory(tenASecond)
	for i, step := range []struct {
		wait time.Duration
		want limit.Answer
	}{
		{0, limit.Answer{Allowed: true, Remaining: 2, Full: tenth}},
		{0, limit.Answer{Allowed: true, Remaining: 1, Full: 2 * tenth}},
		{0, limit.Answer{Allowed: true, Remaining: 0, Full: 3 * tenth}},
		{0, limit.Answer{Retry: tenth, Full: 3 * tenth}},
		{tenth / 2, limit.Answer{Retry: tenth / 2, Full: 5 * tenth / 2}},
		{tenth / 2, limit.Answer{Allowed: true, Remaining: 0, Full: 3 * tenth}},
		{tenth * 100, limit.Answer{Allowed: true, Remaining: 2, Full: tenth}},
	} {
		now.move(step.wait)
		if diff := cmp.Diff(step.want, m.Take("ann")); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
	}
}

func TestEachKeyHasABucketOfItsOwn(t *testing.T) {
	m, _ := newMemory(tenASecond)
	for range 4 {
		m.Take("ann")
	}
	if m.Take("ann").Allowed || !m.Take("ben").Allowed {
		t.Error("ann emptied another bucket than her own")
	}
}

func TestLookingTakesNothing(t *testing.T) {
	m, _ := newMemory(tenASecond)
	for range 10 {
		if got := m.Look("ann"); !got.Allowed || got.Remaining != 3 {
			t.Fatalf("got %+v", got)
		}
	}
	for range 3 {
		m.Take("ann")
	}
	if got := m.Look("ann"); got.Allowed || got.Retry != tenth {
		t.Errorf("got %+v of an empty bucket", got)
	}
}

func TestALimitOfNothingIsNoLimit(t *testing.T) {
	m, _ := newMemory(limit.Rate{})
	for range 1000 {
		if !m.Take("ann").Allowed || !m.Look("ann").Allowed {
			t.Fatal("it was denied")
		}
	}
}

func TestWhoAsksAtOnceGetsNoMoreThanTheBurst(t *testing.T) {
	m, _ := newMemory(limit.Rate{Count: 60, Per: time.Hour, Burst: 10})
	var asking sync.WaitGroup
	allowed := make(chan bool, 200)
	for range cap(allowed) {
		asking.Go(func() { allowed <- m.Take("ann").Allowed })
	}
	asking.Wait()
	close(allowed)
	n := 0
	for yes := range allowed {
		if yes {
			n++
		}
	}
	if n != 10 {
		t.Errorf("%d of 200 were allowed, want 10", n)
	}
}

func TestAFloodOfKeysCostsABoundedMemory(t *testing.T) {
	m, now := newMemory(limit.Rate{Count: 60, Per: time.Hour, Burst: 60})
	most := 0
	for i := range 300_000 {
		m.Take(fmt.Sprint("key ", i))
		most = max(most, m.Buckets())
	}
	if most > 2*limit.MaxBuckets {
		t.Errorf("it held %d buckets, want at most %d", most, 2*limit.MaxBuckets)
	}
	now.move(time.Hour)
	m.Take("ann")
	now.move(time.Hour)
	m.Take("ann")
	if n := m.Buckets(); n != 1 && n != 2 {
		t.Errorf("%d buckets are held when all but one are full", n)
	}
}

func TestABucketInUseOutlivesTheGenerations(t *testing.T) {
	m, now := newMemory(tenASecond)
	for range 40 {
		now.move(tenth / 4)
		m.Take("ann")
	}
	// Three tokens at first and ten that came back are fewer than were asked for, however often the maps turned meanwhile.
	if got := m.Take("ann"); got.Remaining > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestATimeToWaitIsNeverShortened(t *testing.T) {
	for _, d := range []time.Duration{0, time.Millisecond, time.Second, 1100 * time.Millisecond, time.Minute, time.Hour} {
		least := limit.Seconds(d)
		if time.Duration(least)*time.Second < d || least < 1 {
			t.Errorf("%v is %d s", d, least)
		}
		for range 1000 {
			spread := limit.Spread(d)
			if spread < least || float64(spread) > 1.03*float64(least) {
				t.Fatalf("%v is spread to %d s", d, spread)
			}
		}
	}
}
