//go:build faults

package faults_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/e2e/fleet"
)

// inFlight is how many requests may be on their way through a replica of web at 150 a second.
const inFlight = 20

func TestP3_ReplicasOfWebAreKilledAndOnlyWhatWasOnItsWayFails(t *testing.T) {
	r := start(t, fleet.Options{})
	for i := range either(3, 20) {
		report := r.meanwhile(func(ctx context.Context) {
			m := r.Of(fleet.Web)[i%2]
			pause(ctx, 500*time.Millisecond)
			m.Kill()
			pause(ctx, time.Second) // longer than the load balancer takes to see it
			r.must(m.Start())
			r.must(m.WaitReady(ctx, readyLimit))
			r.must(r.balancer.WaitHealthy(ctx, m))
		})
		// Until two checks have failed every second request goes to who is not there any more.
		lost := inFlight + rate/2
		if len(report.Failed) > lost {
			t.Errorf("%d of %d failed", len(report.Failed), report.Requests)
		}
		r.holds(report)
	}
}

func TestP4_WithoutNotesPeopleAreToldSoAndItPasses(t *testing.T) {
	r := start(t, fleet.Options{})
	report := r.meanwhile(func(ctx context.Context) {
		pause(ctx, time.Second)
		for _, m := range r.Of("notes") {
			m.Kill()
		}
		pause(ctx, either(2*time.Second, 5*time.Second))
		for _, m := range r.Of("notes") {
			r.must(m.Start())
			r.must(m.WaitReady(ctx, readyLimit))
		}
		pause(ctx, 2*time.Second)
	})
	r.onlyUnavailable(report)
	for _, f := range report.Failed {
		if f.Took > time.Second {
			t.Errorf("%s was answered after %v", f.What, f.Took)
		}
	}
	if len(report.Failed) == 0 {
		t.Error("nobody noticed")
	}
	r.noneFailed(r.meanwhile(func(ctx context.Context) { pause(ctx, time.Second) }))
}

// TestP9 stops a replica without ending it: its connections stay, and nobody answers on them.
func TestP9_AReplicaThatHangsHoldsPeopleUpOnlyUntilItIsLeftOut(t *testing.T) {
	r := start(t, fleet.Options{})
	m := r.Of("notes")[0]
	hanging := r.meanwhileAt(slowly, func(ctx context.Context) {
		pause(ctx, time.Second)
		m.Signal(syscall.SIGSTOP)
		pause(ctx, 26*time.Second) // keepalive takes 25 s to be sure
	})
	for _, f := range hanging.Failed {
		if f.Status != http.StatusServiceUnavailable && f.Status != http.StatusGatewayTimeout || f.Took > 8*time.Second {
			t.Errorf("%s after %v: %s", f.What, f.Took, f.Got)
		}
	}
	without := r.meanwhileAt(slowly, func(ctx context.Context) { pause(ctx, 3*time.Second) })
	if len(without.Failed) > 0 {
		t.Errorf("it is still asked: %v", without)
	}
	m.Signal(syscall.SIGCONT)
	pause(t.Context(), 2*time.Second)
	r.holds(fleet.Report{Written: append(hanging.Written, without.Written...)})
	r.noneFailed(r.meanwhile(func(ctx context.Context) { pause(ctx, time.Second) }))
}

func TestP10_TheServicesMayStartInAnyOrder(t *testing.T) {
	r := start(t, fleet.Options{})
	for range either(2, 20) {
		for _, m := range r.Members {
			m.Kill()
		}
		begin := time.Now()
		for _, i := range rand.Perm(len(r.Members)) {
			r.must(r.Members[i].Start())
			pause(t.Context(), time.Duration(rand.IntN(200))*time.Millisecond)
		}
		for _, m := range r.Members {
			r.must(m.WaitReady(t.Context(), readyLimit))
		}
		if took := time.Since(begin); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
		for _, m := range r.Of(fleet.Web) {
			r.must(r.balancer.WaitHealthy(t.Context(), m))
		}
		pause(t.Context(), time.Second)
		r.noneFailed(r.meanwhile(func(ctx context.Context) { pause(ctx, time.Second) }))
	}
}
