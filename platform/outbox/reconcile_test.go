package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/outbox"
)

// reader is who reads the events: it has those that it was told it has.
type reader struct {
	has   []string
	asked []string
	away  error
}

func (r *reader) missing(_ context.Context, ids []string) ([]string, error) {
	r.asked = append(r.asked, ids...)
	if r.away != nil {
		return nil, r.away
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(r.has, id) }), nil
}

func (r *rig) reconciler(from *reader, timing outbox.Timing) (*outbox.Reconciler, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	return outbox.NewReconciler(outbox.ReconcilerConfig{
		DB: r.db, Missing: from.missing, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: registry, Timing: timing,
	}), registry
}

// sent appends n events and waits until a relay has sent them.
func (r *rig) sent(n int) []string {
	r.t.Helper()
	ids := r.append(n)
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	r.waitFor(n, isSent)
	r.stop(relay)
	return ids
}

// pass lets time pass for the rows.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.exec(fmt.Sprintf(`
UPDATE outbox SET
	visible_at = visible_at - INTERVAL %[1]d SECOND,
	sent_at = sent_at - INTERVAL %[1]d SECOND`, int(d.Seconds())))
}

func (r *rig) reconcile(reconciler *outbox.Reconciler) {
	r.t.Helper()
	err := reconciler.Reconcile(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestReconciler_DeletesWhatHasArrivedAndSendsTheRestAgainInTime(t *testing.T) {
	r := newRig(t)
	ids := r.sent(12)
	from := &reader{has: ids[:9]}
	reconciler, registry := r.reconciler(from, outbox.Timing{})
	r.pass(outbox.DefaultTiming.ConfirmAfter - 5*time.Second)
	r.reconcile(reconciler)
	if from.asked != nil {
		t.Fatal("the reader is asked too early")
	}
	r.pass(5 * time.Second)
	r.reconcile(reconciler)
	if diff := cmp.Diff(ids, slices.Sorted(slices.Values(from.asked))); diff != "" {
		t.Errorf("sent and asked for differ:\n%s", diff)
	}
	if n, all := r.count("status = 1 AND event_id IN (?, ?, ?)", ids[9], ids[10], ids[11]), r.count("TRUE"); n != 3 || all != 3 {
		t.Errorf("%d rows, %d of them those that are missing, want 3", all, n)
	}
	from.has = append(from.has, ids[9]) // it was only late
	r.pass(outbox.DefaultTiming.ResendAfter)
	r.reconcile(reconciler)
	if n := r.count("status = 0 AND claim LIKE '00000000-%' AND visible_at <= UTC_TIMESTAMP(6) AND attempts = 1"); n != 2 {
		t.Errorf("%d events are to be sent again, want 2", n)
	}
	for result, want := range map[string]float64{"confirmed": 10, "resent": 2} {
		if n := metric(t, registry, "outbox_reconciled_total", result); n != want {
			t.Errorf("%v are counted as %s, want %v", n, result, want)
		}
	}
}

func TestReconciler_EachSendingHasLonger(t *testing.T) {
	r := newRig(t)
	r.sent(1)
	r.exec("UPDATE outbox SET attempts = 3")
	reconciler, _ := r.reconciler(&reader{}, outbox.Timing{ResendAfter: time.Minute})
	r.pass(3*time.Minute - 5*time.Second)
	r.reconcile(reconciler)
	if n := r.count("status = 1"); n != 1 {
		t.Fatal("it is sent again too early")
	}
	r.pass(time.Minute)
	r.reconcile(reconciler)
	if n := r.count("status = 0"); n != 1 {
		t.Error("it is not sent again")
	}
}

func TestReconciler_AReaderThatIsAwayChangesNothing(t *testing.T) {
	r := newRig(t)
	r.sent(3)
	from := &reader{away: errors.New("audit is away")}
	reconciler, registry := r.reconciler(from, outbox.Timing{})
	r.pass(time.Hour)
	err := reconciler.Reconcile(t.Context())
	if !errors.Is(err, from.away) {
		t.Errorf("got %v", err)
	}
	if n := r.count("status = 1"); n != 3 {
		t.Errorf("%d rows are as they were, want 3", n)
	}
	if n := metric(t, registry, "outbox_oldest_unconfirmed_seconds", ""); n <= 0 {
		t.Errorf("the oldest unconfirmed event is %v s old", n)
	}
}

func TestReconciler_SettlesMoreThanOneQuestionHolds(t *testing.T) {
	r := newRig(t)
	ids := r.append(1203)
	r.exec("UPDATE outbox SET status = 1, sent_at = UTC_TIMESTAMP(6)")
	reconciler, _ := r.reconciler(&reader{has: ids}, outbox.Timing{})
	r.reconcile(reconciler)
	if n := r.count("TRUE"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}
