//go:build faults

package faults_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gitlab.com/notejam/notejam/e2e/fleet"
)

// TestN8_WithoutDescriptorsAReplicaSaysSoOnceASecondAndComesBack lets a running replica of web open no more descriptors. What is on its connections goes on; the load balancer cannot open new ones, and
// leaves it out until it can.
func TestN8_WithoutDescriptorsAReplicaSaysSoOnceASecondAndComesBack(t *testing.T) {
	r := start(t, fleet.Options{})
	m := r.Of(fleet.Web)[0]
	length := either(6*time.Second, time.Minute)
	report := r.meanwhileAt(slowly, func(ctx context.Context) {
		pause(ctx, time.Second)
		usual := r.letOpen(m, unix.Rlimit{Cur: uint64(r.descriptors(m)), Max: 0})
		pause(ctx, length)
		r.letOpen(m, usual)
	})
	lines := r.acceptErrors(m)
	most := int(length/time.Second) + 1
	t.Logf("%d accept errors in %v", lines, length)
	if lines == 0 || lines > most {
		t.Errorf("%d accept errors are logged in %v, want 1 to %d", lines, length, most)
	}
	if len(report.Failed) > report.Requests/10 {
		t.Errorf("%d of %d failed", len(report.Failed), report.Requests)
	}
	r.must(r.balancer.WaitHealthy(t.Context(), m))
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", m.Setting("ADDR"))
	r.must(err)
	_ = conn.Close()
	r.noneFailed(r.meanwhileAt(slowly, func(ctx context.Context) { pause(ctx, 3*time.Second) }))
	if more := r.acceptErrors(m); more > lines+1 {
		t.Errorf("%d more accept errors are logged when there are descriptors again", more-lines)
	}
}

// letOpen changes how many descriptors a process may have, and gives how many it might. No maximum keeps the one there is.
func (r *rig) letOpen(m *fleet.Member, limit unix.Rlimit) (before unix.Rlimit) {
	r.t.Helper()
	r.must(unix.Prlimit(m.PID(), unix.RLIMIT_NOFILE, nil, &before))
	if limit.Max == 0 {
		limit.Max = before.Max
	}
	r.must(unix.Prlimit(m.PID(), unix.RLIMIT_NOFILE, &limit, nil))
	return before
}

func (r *rig) acceptErrors(m *fleet.Member) int {
	r.t.Helper()
	text, err := os.ReadFile(m.Log)
	r.must(err)
	return bytes.Count(text, []byte("Accept error"))
}
