package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// The rows of the fault matrix that are about the queue, docs/reliability.md,
// from the outbox of a producer to the trail. Q1 is in e2e; Q5, Q6, Q7 and Q9 are
// beside what they are about here; Q10, Q11 and Q12 are platform/outbox's.

// pipeline is the way of events: an outbox, the queue, the trail.
type pipeline struct {
	*rig
	outbox *sql.DB
	db     *mysql.DB
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	r := newRig(t)
	source := mysqltest.New(t, outboxtest.Schema())
	return &pipeline{rig: r, outbox: source.OpenAdmin(t), db: source.Open(t)}
}

// append commits n events of one person, a second apart, and gives their ids.
func (p *pipeline) append(n int) []string {
	p.t.Helper()
	var ids []string
	begin := time.Now().Add(-time.Duration(n) * time.Second)
	for chunk := range slices.Chunk(slices.Collect(seq(n)), 100) {
		var made []string
		err := p.db.WithTx(p.t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			made = nil
			for _, i := range chunk {
				id := uuid.Must(uuid.NewV7()).String()
				made = append(made, id)
				err := outbox.Append(ctx, tx, outbox.Event{
					ID: id, Source: "notes", Type: "notejam.notes.note.created.v1", Subject: "notes/" + id, Version: 1,
					Time: begin.Add(time.Duration(i) * time.Second), Actor: ann,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
		ids = append(ids, made...)
	}
	return ids
}

func seq(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// relay sends what is in the outbox until the end of the test.
func (p *pipeline) relay() {
	relay := outbox.NewRelay(outbox.RelayConfig{
		DB: p.db, Queue: p.queue, Log: slog.New(slog.NewJSONHandler(p.log, nil)), Metrics: prometheus.NewRegistry(),
	})
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(p.t.Context())
	running.Go(func() { _ = relay.Run(ctx) })
	p.t.Cleanup(func() { cancel(); running.Wait() })
}

// arrive waits for all of the events, each once and in one chain.
func (p *pipeline) arrive(ids []string) {
	p.t.Helper()
	p.eventually("all events", func() bool {
		p.server.Advance(time.Second)
		_, err := p.outbox.ExecContext(p.t.Context(), "UPDATE outbox SET visible_at = UTC_TIMESTAMP(6) WHERE status = 0 AND claim LIKE '00000000-%'") // back-offs are over
		return err == nil && len(p.recorded()) >= len(ids)
	})
	p.server.SetFaults(queuetest.Faults{})
	p.waitEmpty()
	if diff := cmp.Diff(slices.Sorted(slices.Values(ids)), p.recorded()); diff != "" {
		p.t.Errorf("appended and recorded differ:\n%s", diff)
	}
	if n := len(p.links(ann)); n != len(ids) {
		p.t.Errorf("the chain has %d links, want %d", n, len(ids))
	}
	if n := p.waiting("dead"); n != 0 {
		p.t.Errorf("%d dead letters", n)
	}
}

func TestQ2_DuplicatesToTwoConsumersAtOnceTakeEffectOnce(t *testing.T) {
	p := newPipeline(t)
	p.server.SetFaults(queuetest.Faults{Duplicate: 20})
	ids := p.append(200)
	p.relay()
	for range 2 {
		c, _ := p.consumer(NewStore(p.schema.Open(t)))
		p.run(c)
	}
	p.arrive(ids)

	// The same message in the hands of both at the very same time.
	e := anEvent(bob)
	var both sync.WaitGroup
	var news atomic.Int32
	for range 8 {
		both.Go(func() {
			isNew, err := recordOne(t.Context(), p.store, e)
			if err != nil {
				t.Error(err)
			}
			if isNew {
				news.Add(1)
			}
		})
	}
	both.Wait()
	if news.Load() != 1 || len(p.links(bob)) != 1 {
		t.Errorf("it was new %d times and has %d links", news.Load(), len(p.links(bob)))
	}
}

func TestQ3_OutOfOrderAndLateEventsAreAllShownInTheirOrder(t *testing.T) {
	p := newPipeline(t)
	p.server.SetFaults(queuetest.Faults{Reorder: true, Delay: 10, DelayBy: time.Minute})
	ids := p.append(200)
	p.relay()
	c, _ := p.consumer(p.store)
	p.run(c)
	p.arrive(ids)
	events, err := p.store.List(t.Context(), ann, everything, everything.newest(), len(ids)+1)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, e := range slices.Backward(events) {
		shown = append(shown, e.ID)
	}
	if diff := cmp.Diff(ids, shown); diff != "" {
		t.Errorf("happened and shown differ:\n%s", diff)
	}
}

func TestQ4_PartlyRefusedBatchesAndLostAnswersLoseNothing(t *testing.T) {
	p := newPipeline(t)
	p.server.SetFaults(queuetest.Faults{Refuse: 30, LoseAnswer: 10})
	ids := p.append(200)
	p.relay()
	c, _ := p.consumer(p.store)
	p.run(c)
	p.arrive(ids)
}

func TestQ8_AQueueThatWasPurgedIsFilledAgainFromTheOutbox(t *testing.T) {
	p := newPipeline(t)
	const lost, kept = 5000, 300
	ids := p.append(lost)
	p.relay()
	sent := func() (n int) {
		err := p.outbox.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM outbox WHERE status = 1").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	p.eventually("all to be sent", func() bool { return sent() == lost })
	err := p.server.Purge("events")
	if err != nil {
		t.Fatal(err)
	}
	ids = append(ids, p.append(kept)...)
	c, _ := p.consumer(p.store)
	p.run(c)
	p.eventually("what was sent afterwards", func() bool { return len(p.recorded()) == kept })

	reconciler := outbox.NewReconciler(outbox.ReconcilerConfig{
		DB: p.db, Log: slog.New(slog.NewJSONHandler(p.log, nil)), Metrics: prometheus.NewRegistry(), Missing: p.store.Missing,
	})
	reconcile := func() {
		t.Helper()
		_, err := p.outbox.ExecContext(t.Context(), fmt.Sprintf(`
UPDATE outbox SET
	visible_at = visible_at - INTERVAL %[1]d SECOND,
	sent_at = sent_at - INTERVAL %[1]d SECOND
WHERE status = 1`, int(outbox.DefaultTiming.ResendAfter.Seconds()))) // so much time passes
		err = errors.Join(err, reconciler.Reconcile(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
	}
	reconcile()
	p.eventually("all to be sent again", func() bool { return sent() == lost })
	p.arrive(ids)
	reconcile()
	if n := sent(); n != 0 {
		t.Errorf("%d events are left in the outbox although all have arrived", n)
	}
}
