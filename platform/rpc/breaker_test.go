package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
)

var (
	away  = fault.New(fault.Unavailable, fault.ReasonUnavailable, "Notejam is not available right now.")
	slow  = fault.New(fault.Timeout, fault.ReasonDeadline, "This took too long.")
	shed  = fault.New(fault.Unavailable, fault.ReasonOverloaded, "Notejam is busy right now.")
	wrong = fault.New(fault.NotFound, fault.ReasonNotFound, "There is nothing here.")
	gone  = fault.New(fault.Canceled, fault.ReasonCanceled, "The request was given up.")
)

// patient calls one that answers as it is told to, in the time of a bubble.
type patient struct {
	call    func(context.Context) error
	answer  error
	arrived int
	states  func() any
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	breakers := rpc.NewBreakers(slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	p := &patient{}
	p.call = rpc.CallThroughBreaker(breakers, func(context.Context) error {
		p.arrived++
		return p.answer
	})
	p.states = func() any { return breakers.States(t.Context()) }
	return p
}

// ask makes so many calls and tells how many arrived.
func (p *patient) ask(t *testing.T, n int, answer error) (arrived int) {
	t.Helper()
	before := p.arrived
	p.answer = answer
	for range n {
		err := p.call(t.Context())
		if p.arrived == before && !fault.Is(err, fault.ReasonUnavailable) {
			t.Errorf("a call that was not tried: %v", err)
		}
	}
	return p.arrived - before
}

func inBubble(t *testing.T, story string, tell func(t *testing.T, p *patient)) {
	t.Helper()
	t.Run(story, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { tell(t, newPatient(t)) })
	})
}

func TestBreaker(t *testing.T) {
	for name, failure := range map[string]error{"away": away, "slow": slow} {
		inBubble(t, "half of twenty calls find the service "+name+": no more are tried", func(t *testing.T, p *patient) {
			p.ask(t, 10, nil)
			if n := p.ask(t, 30, failure); n != 10 {
				t.Errorf("%d calls arrived after ten that went well, want ten", n)
			}
		})
	}
	for name, answer := range map[string]error{"sheds": shed, "finds nothing": wrong, "is not waited for": gone, "has a bug": errors.New("boom")} {
		inBubble(t, "a service that "+name+" is well", func(t *testing.T, p *patient) {
			if n := p.ask(t, 100, answer); n != 100 {
				t.Errorf("%d of 100 calls arrived", n)
			}
		})
	}
	inBubble(t, "nineteen failures say nothing yet", func(t *testing.T, p *patient) {
		p.ask(t, 19, away)
		if n := p.ask(t, 1, nil); n != 1 {
			t.Error("the next call did not arrive")
		}
	})
	inBubble(t, "failures are forgotten after ten seconds", func(t *testing.T, p *patient) {
		p.ask(t, 19, away)
		<-time.After(11 * time.Second)
		if n := p.ask(t, 20, away); n != 20 {
			t.Errorf("%d of 20 calls arrived", n)
		}
	})
	inBubble(t, "one call a second finds out, and the first that goes well lets all through", func(t *testing.T, p *patient) {
		p.ask(t, 20, away)
		for second := range 3 {
			<-time.After(1001 * time.Millisecond)
			if n := p.ask(t, 50, away); n != 1 {
				t.Errorf("%d calls arrived in second %d", n, second)
			}
		}
		<-time.After(1001 * time.Millisecond)
		if n := p.ask(t, 50, nil); n != 50 {
			t.Errorf("%d of 50 calls arrived when all was well", n)
		}
	})
	inBubble(t, "a caller who had little time left says nothing of the service", func(t *testing.T, p *patient) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // of three
		defer cancel()
		p.answer = slow
		for range 40 {
			_ = p.call(ctx)
		}
		if p.arrived != 40 {
			t.Errorf("%d of 40 calls arrived", p.arrived)
		}
	})
}

func TestBreaker_LetsAllThroughAsSoonAsTheServiceHasComeBack(t *testing.T) {
	r := newRig(t, 40, echo)
	breakers := rpc.NewBreakers(slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	conn := r.dialWith(breakers, r.tls("web"), "notes")
	ctx := rpc.WithToken(t.Context(), "ann")
	_, err := call(ctx, conn, readMethod, "x")
	if err != nil {
		t.Fatal(err)
	}
	r.server.SetServing(false)
	for !strings.Contains(stateOf(t, breakers), "open") { // half-open is open for all but one
		_, _ = call(ctx, conn, readMethod, "x")
	}
	begin := time.Now()
	r.server.SetServing(true)
	for failed := true; failed; {
		_, err = call(ctx, conn, readMethod, "x")
		failed = err != nil
	}
	if took := time.Since(begin); took > 900*time.Millisecond {
		t.Errorf("it took %v, as long as the next probe", took)
	}
}

func stateOf(t *testing.T, b *rpc.Breakers) string {
	t.Helper()
	states, ok := b.States(t.Context()).(map[string]string)
	if !ok {
		t.Fatalf("got %T", b.States(t.Context()))
	}
	return states["notes"]
}
