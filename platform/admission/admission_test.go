package admission_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/admission"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/policypb"
)

const wait = 100 * time.Millisecond

// lowest to highest: the order in which things are given up.
var order = []policypb.Class{
	policypb.Class_CLASS_BATCH, policypb.Class_CLASS_AUDIT, policypb.Class_CLASS_LIST,
	policypb.Class_CLASS_WRITE, policypb.Class_CLASS_READ, policypb.Class_CLASS_SESSION,
}

func newGate(limit int, wait time.Duration) *admission.Gate {
	return admission.New(admission.Config{Limit: limit, Wait: wait, Metrics: prometheus.NewRegistry(), Prefix: "test"})
}

func TestWhileItFillsUpTheLowerClassesAreRefusedFirst(t *testing.T) {
	g := newGate(40, 0)
	got := map[policypb.Class]int{}
	for _, class := range order {
		for g.Enter(t.Context(), class) == nil {
		}
		got[class] = g.Inside()
	}
	want := map[policypb.Class]int{order[0]: 10, order[1]: 20, order[2]: 28, order[3]: 32, order[4]: 36, order[5]: 40}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("how full it may be for each class:\n%s", diff)
	}
	for _, class := range order {
		err := g.Enter(t.Context(), class)
		if !fault.Is(err, fault.ReasonOverloaded) || fault.Classify(err).RetryAfter == 0 {
			t.Errorf("%v when it is full: %v", class, err)
		}
	}
}

func TestWhatHasNoClassIsNeverLetIn(t *testing.T) {
	err := newGate(40, 0).Enter(t.Context(), policypb.Class_CLASS_UNSPECIFIED)
	if !fault.Is(err, fault.ReasonOverloaded) {
		t.Errorf("got %v", err)
	}
}

func TestTheSmallestGateLetsInOneOfEachClass(t *testing.T) {
	g := newGate(1, 0)
	for _, class := range order {
		err := g.Enter(t.Context(), class)
		if err != nil {
			t.Errorf("%v: %v", class, err)
		}
		g.Leave()
	}
}

func TestWhoeverWaitsIsRefusedWhenTheTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, wait)
		mustEnter(t, g, policypb.Class_CLASS_LIST)
		begin := time.Now()
		err := g.Enter(t.Context(), policypb.Class_CLASS_LIST)
		if took := time.Since(begin); !fault.Is(err, fault.ReasonOverloaded) || took != wait {
			t.Errorf("got %v after %v", err, took)
		}
		g.Leave()
		mustEnter(t, g, policypb.Class_CLASS_LIST)
	})
}

func TestWhoeverGoesAwayTakesNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, wait)
		mustEnter(t, g, policypb.Class_CLASS_LIST)
		ctx, cancel := context.WithTimeout(t.Context(), wait/2)
		defer cancel()
		err := g.Enter(ctx, policypb.Class_CLASS_LIST)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		g.Leave()
		if g.Inside() != 0 {
			t.Errorf("%d are inside an empty gate", g.Inside())
		}
	})
}

func TestOfThoseWhoWaitTheHighestComesInFirstAndOfOneClassTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, wait)
		mustEnter(t, g, policypb.Class_CLASS_SESSION)
		mustEnter(t, g, policypb.Class_CLASS_SESSION)
		var mu sync.Mutex
		var came []string
		var all sync.WaitGroup
		for _, one := range []struct {
			name  string
			class policypb.Class
		}{
			{"batch", policypb.Class_CLASS_BATCH},
			{"first list", policypb.Class_CLASS_LIST},
			{"second list", policypb.Class_CLASS_LIST},
			{"session", policypb.Class_CLASS_SESSION},
		} {
			all.Go(func() {
				err := g.Enter(t.Context(), one.class)
				if err != nil {
					t.Errorf("%s: %v", one.name, err)
					return
				}
				mu.Lock()
				came = append(came, one.name)
				mu.Unlock()
				<-time.After(time.Millisecond)
				g.Leave()
			})
			synctest.Wait() // it waits now
		}
		g.Leave()
		g.Leave()
		all.Wait()
		if diff := cmp.Diff([]string{"session", "first list", "second list", "batch"}, came); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNoMoreOfOneClassWaitThanMayBeInside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, wait)
		mustEnter(t, g, policypb.Class_CLASS_SESSION)
		mustEnter(t, g, policypb.Class_CLASS_SESSION)
		var waited, atOnce atomic.Int32
		var all sync.WaitGroup
		begin := time.Now()
		for range 10 {
			all.Go(func() {
				_ = g.Enter(t.Context(), policypb.Class_CLASS_SESSION)
				if time.Since(begin) == 0 {
					atOnce.Add(1)
				} else {
					waited.Add(1)
				}
			})
		}
		all.Wait()
		if waited.Load() != 2 || atOnce.Load() != 8 {
			t.Errorf("%d waited, %d were refused at once", waited.Load(), atOnce.Load())
		}
	})
}

func TestInACrowdThereAreNeverMoreInsideThanTheLimitAndNobodyIsLost(t *testing.T) {
	const limit = 8
	g := newGate(limit, time.Millisecond)
	var inside, most, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for range 200 {
				err := g.Enter(t.Context(), order[i%len(order)])
				if err != nil {
					refused.Add(1)
					continue
				}
				now := inside.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				inside.Add(-1)
				g.Leave()
			}
		})
	}
	all.Wait()
	if most.Load() > limit || g.Inside() != 0 {
		t.Errorf("%d were inside at once, %d are at the end (%d were refused)", most.Load(), g.Inside(), refused.Load())
	}
}

func mustEnter(t *testing.T, g *admission.Gate, class policypb.Class) {
	t.Helper()
	err := g.Enter(t.Context(), class)
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkGate_ThatIsNotFull(b *testing.B) {
	g := newGate(40, wait)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		err := g.Enter(ctx, policypb.Class_CLASS_LIST)
		if err != nil {
			b.Fatal(err)
		}
		g.Leave()
	}
}
