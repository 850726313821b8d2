//go:build faults

package faults_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/e2e/fleet"
)

const (
	stopLimit = 38 * time.Second // what a service promises, see docs/reliability.md
	settled   = time.Second
)

// replace restarts a replica as a deployment does: no new requests, SIGTERM, and when it has ended another one in its place.
func (r *rig) replace(ctx context.Context, m *fleet.Member) {
	r.t.Helper()
	if m.Service == fleet.Web {
		r.balancer.Register(m, false)
	}
	r.must(m.Stop(ctx, stopLimit))
	r.comeBack(ctx, m)
}

func (r *rig) comeBack(ctx context.Context, m *fleet.Member) {
	r.t.Helper()
	r.must(m.Start())
	r.must(m.WaitReady(ctx, readyLimit))
	if m.Service == fleet.Web {
		r.balancer.Register(m, true)
		r.must(r.balancer.WaitHealthy(ctx, m))
		return
	}
	pause(ctx, settled) // until those who call it have found it
}

func (r *rig) noneFailed(report fleet.Report) {
	r.t.Helper()
	if len(report.Failed) > 0 || report.Requests == 0 {
		r.t.Errorf("%d of %d failed", len(report.Failed), report.Requests)
	}
	r.holds(report)
}

func TestP1_ReplicasOfNotesAreKilledAndNobodyNotices(t *testing.T) {
	killed(t, "notes", either(6, 200))
}

func TestP2_ReplicasOfAuthAreKilledAndNobodyWhoIsSignedInNotices(t *testing.T) {
	killed(t, "auth", either(6, 200))
}

func TestP2_ReplicasOfAuditAreKilledAndNotesWork(t *testing.T) { killed(t, "audit", either(4, 200)) }

// killed kills one of two replicas, each in its turn, and starts another one in its place.
func killed(t *testing.T, service string, times int) {
	t.Helper()
	r := start(t, fleet.Options{})
	report := r.meanwhile(func(ctx context.Context) {
		for i := range times {
			m := r.Of(service)[i%2]
			m.Kill()
			pause(ctx, 150*time.Millisecond)
			r.comeBack(ctx, m)
		}
	})
	r.noneFailed(report)
	if report.P99 > 300*time.Millisecond {
		t.Errorf("p99 is %v", report.P99)
	}
}

func TestP5_EverythingIsRestartedInRandomOrderAndNobodyNotices(t *testing.T) {
	r := start(t, fleet.Options{})
	r.noneFailed(r.meanwhile(func(ctx context.Context) {
		for range either(1, 10) {
			for _, i := range rand.Perm(len(r.Members)) {
				r.replace(ctx, r.Members[i])
			}
		}
	}))
}

func TestP6_ASignalBeforeTheLoadBalancerKnowsIsNotNoticed(t *testing.T) {
	r := start(t, fleet.Options{})
	r.noneFailed(r.meanwhile(func(ctx context.Context) {
		for range either(1, 5) {
			for _, m := range r.Of(fleet.Web) {
				m.Signal(syscall.SIGTERM)
				pause(ctx, 5*time.Second)
				r.balancer.Register(m, false)
				r.must(m.Stop(ctx, stopLimit))
				r.comeBack(ctx, m)
			}
		}
	}))
}

// TestP7 restarts everything from the release before to this one and back, on the schemas of this one.
func TestP7_TheReleaseBeforeAndThisOneServeTogether(t *testing.T) {
	if binaries.before == "" {
		t.Fatal("NOTEJAM_RELEASE_BEFORE names no folder with the programs of the release before: make faults builds them")
	}
	before, err := filepath.Abs(binaries.before)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, fleet.Options{Binaries: before})
	r.noneFailed(r.meanwhile(func(ctx context.Context) {
		for round := range either(2, 20) {
			for _, i := range rand.Perm(len(r.Members)) {
				r.Members[i].Binaries = []string{binaries.now, before}[round%2]
				r.replace(ctx, r.Members[i])
			}
		}
	}))
	for _, m := range r.Members {
		text, err := os.ReadFile(m.Log)
		r.must(err)
		if line := schemaError(text); line != "" {
			t.Errorf("%s: %s", m.Name, line)
		}
	}
}

// schemaError finds a line that says that a table or a column is not as it should be.
func schemaError(log []byte) string {
	return string(regexp.MustCompile(`.*Error (1054|1136|1146|1364|1406).*`).Find(log))
}
