package audit

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestConsumer_RecordsEveryEventOnceAndEmptiesTheQueue(t *testing.T) {
	r := newRig(t)
	ids, bodies := events(t, 57)
	r.send(bodies...)
	r.send(bodies[:20]...) // again, as other messages
	c, registry := r.consumer(r.store)
	r.run(c)
	r.eventually("an empty queue", func() bool { return r.waiting("events") == 0 })
	if diff := cmp.Diff(ids, r.recorded()); diff != "" {
		t.Errorf("sent and recorded differ:\n%s", diff)
	}
	if n := metric(t, registry, "audit_messages_total", "recorded"); n != 57 {
		t.Errorf("%d messages are counted as recorded", n)
	}
	if n := metric(t, registry, "audit_messages_total", "repeated"); n < 20 {
		t.Errorf("%d messages are counted as repeated", n)
	}
	if n := metric(t, registry, "audit_lag_seconds", ""); n != 57 {
		t.Errorf("the lag of %d events is told, want each once", n)
	}
}

func TestQ5_EachPoisonGoesIntoQuarantineOnceAndHarmsNoNeighbour(t *testing.T) {
	r := newRig(t)
	c, registry := r.consumer(r.store)
	ids, bodies := events(t, 30)
	table := poisons(t)
	for range 2 { // each poison comes twice
		r.send(bodies...)
		for _, reason := range slices.Sorted(maps.Keys(table)) {
			r.sendRaw(table[reason])
		}
	}
	r.sendRaw(`{"padding":"` + strings.Repeat("x", 1<<20-14) + `"}`) // 1 MiB, the most that SQS takes
	r.run(c)
	r.eventually("an empty queue", func() bool { return r.waiting("events") == 0 })
	if diff := cmp.Diff(ids, r.recorded()); diff != "" {
		t.Errorf("sent and recorded neighbours differ:\n%s", diff)
	}
	want := append(slices.Collect(maps.Keys(table)), "TOO_LARGE")
	slices.Sort(want)
	if diff := cmp.Diff(want, column(t, r.admin, "SELECT reason FROM quarantine ORDER BY reason")); diff != "" {
		t.Errorf("sent and quarantined poisons differ:\n%s", diff)
	}
	kept := column(t, r.admin, "SELECT body FROM quarantine WHERE reason = 'NOT_JSON_OBJECT' AND message_digest = UNHEX(SHA2('hello', 256))")
	if diff := cmp.Diff([]string{"hello"}, kept); diff != "" {
		t.Errorf("the body is not kept: %s", diff)
	}
	if n := r.waiting("dead"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	if n := metric(t, registry, "audit_messages_total", "quarantined"); n < len(want) {
		t.Errorf("%d messages are counted as quarantined", n)
	}
	if strings.Contains(r.log.String(), "script") || strings.Contains(r.log.String(), "hello") {
		t.Errorf("the log shows what is in the messages:\n%s", r.log)
	}
}

func TestConsumer_KeepsAndCountsEventsOfUnknownTypes(t *testing.T) {
	r := newRig(t)
	m := members()
	m["type"] = "notejam.shopping.cart.emptied.v3"
	r.send(encode(t, m), encode(t, m))
	c, registry := r.consumer(r.store)
	r.run(c)
	r.eventually("an empty queue", func() bool { return r.waiting("events") == 0 })
	if diff := cmp.Diff([]string{"notejam.shopping.cart.emptied.v3"}, column(t, r.admin, "SELECT type FROM events")); diff != "" {
		t.Errorf("want and recorded differ: %s", diff)
	}
	if n := metric(t, registry, "audit_unknown_types_total", ""); n != 1 {
		t.Errorf("%d events of unknown types are counted", n)
	}
}

func TestConsumer_AFaultyQueueCostsNoEvent(t *testing.T) {
	for name, faults := range map[string]queuetest.Faults{
		"duplicates":            {Duplicate: 50},
		"out of order and late": {Reorder: true, Delay: 30, DelayBy: time.Minute},
		"deletes refused":       {Refuse: 40},
		"deletes lost":          {LoseDelete: 30},
		"answers lost":          {LoseAnswer: 15},
		"throttling":            {Throttle: 30},
		"everything, and often": {Duplicate: 20, Reorder: true, LoseDelete: 20, LoseAnswer: 10, Throttle: 10},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			ids, bodies := events(t, 60)
			sending := queuetest.Faults{Duplicate: faults.Duplicate, Reorder: faults.Reorder, Delay: faults.Delay, DelayBy: faults.DelayBy}
			r.server.SetFaults(sending)
			r.send(bodies...)
			r.server.SetFaults(faults)
			first, _ := r.consumer(r.store)
			second, _ := r.consumer(r.store)
			r.run(first)
			r.run(second)
			r.eventually("all events", func() bool {
				r.server.Advance(2 * time.Second)
				return len(r.recorded()) >= len(ids)
			})
			r.server.SetFaults(queuetest.Faults{})
			r.waitEmpty()
			if diff := cmp.Diff(ids, r.recorded()); diff != "" {
				t.Errorf("sent and recorded differ:\n%s", diff)
			}
		})
	}
}

func TestQ6_AnEventThatAlwaysFailsGoesToTheDeadLettersAfterTenTriesAlone(t *testing.T) {
	r := newRig(t)
	ids, bodies := events(t, 12)
	bug := ids[4]
	c, registry := r.consumer(storeFunc{r.store, func(ctx context.Context, e Event) (bool, error) {
		if e.ID == bug {
			return false, errors.New("a bug")
		}
		return r.recordOne(ctx, e)
	}})
	r.send(bodies...)
	r.run(c)
	r.eventually("the dead letter", func() bool {
		r.server.Advance(2 * time.Second)
		return r.waiting("dead") == 1
	})
	if n := r.waiting("events"); n != 0 {
		t.Errorf("%d messages are left", n)
	}
	if diff := cmp.Diff(slices.Delete(slices.Clone(ids), 4, 5), r.recorded()); diff != "" {
		t.Errorf("the others and the recorded differ:\n%s", diff)
	}
	// An answer that gets lost on the way counts as a try of the queue's.
	n := metric(t, registry, "audit_messages_total", "returned")
	if n < maxReceive-2 || n > maxReceive {
		t.Errorf("%d tries are counted, want %d", n, maxReceive)
	}
}
