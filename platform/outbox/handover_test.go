package outbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// appendTo commits a new event through the relay and gives its id.
func (r *rig) appendTo(relay *outbox.Relay) string {
	r.t.Helper()
	e := newEvent()
	err := r.db.WithTx(r.t.Context(), func(ctx context.Context, tx *mysql.Tx) error { return relay.Append(ctx, tx, e) })
	if err != nil {
		r.t.Fatal(err)
	}
	return e.ID
}

// working runs a relay and waits until it takes events at their append.
func (r *rig) working(sender outbox.Sender, lease time.Duration) *outbox.Relay {
	r.t.Helper()
	relay, _ := r.relay(sender, lease)
	r.run(relay)
	r.eventually(func() bool {
		r.appendTo(relay)
		return r.count("claim NOT LIKE '00000000-%' AND attempts = 1") > 0
	}, "a relay that takes events")
	r.waitFor(0, "status = 0")
	r.exec("DELETE FROM outbox")
	r.received()
	return relay
}

func TestRelay_AnEventOfItsOwnProcessIsSentWithoutASearch(t *testing.T) {
	r := newRig(t)
	relay := r.working(r.queue, 0)
	before := r.statements("update")
	id := r.appendTo(relay)
	r.waitFor(1, isSent+" AND attempts = 1 AND event_id = ?", id)
	if n := r.statements("update") - before; n != 1 {
		t.Errorf("%v updates, want the mark and no claim", n)
	}
	if diff := cmp.Diff([]string{id}, r.received()); diff != "" {
		t.Errorf("appended and received differ:\n%s", diff)
	}
}

func TestRelay_AnEventThatIsRolledBackIsNotSent(t *testing.T) {
	r := newRig(t)
	sent := newRecorder(r.queue)
	relay := r.working(sent, 0)
	failed := errors.New("the change did not work out")
	gone := newEvent()
	err := r.db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		return errors.Join(relay.Append(ctx, tx, gone), failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	kept := r.appendTo(relay)
	r.waitFor(1, isSent)
	if diff := cmp.Diff([]string{kept}, r.received()); diff != "" {
		t.Errorf("committed and received differ:\n%s", diff)
	}
}

func TestRelay_OneThatDoesNotWorkLeavesEventsToAll(t *testing.T) {
	const free = "status = 0 AND claim LIKE '00000000-%' AND attempts = 0 AND visible_at <= UTC_TIMESTAMP(6)"
	t.Run("because it was not started", func(t *testing.T) {
		r := newRig(t)
		relay, _ := r.relay(r.queue, 0)
		r.appendTo(relay)
		if r.count(free) != 1 {
			t.Error("the event belongs to nobody who works")
		}
	})
	t.Run("because the service drains", func(t *testing.T) {
		r := newRig(t)
		relay := r.working(r.queue, 0)
		relay.Component().Drain()
		r.appendTo(relay)
		if r.count(free) != 1 {
			t.Error("the event belongs to nobody who works")
		}
	})
	t.Run("because the queue is away", func(t *testing.T) {
		r := newRig(t)
		relay := r.working(r.queue, 0)
		r.server.SetFaults(queuetest.Faults{Down: true})
		first := r.appendTo(relay)
		r.waitFor(1, free) // given back after the failed send
		second := r.appendTo(relay)
		if r.count(free) != 2 {
			t.Error("an event was kept from other relays although the queue is away")
		}
		r.server.SetFaults(queuetest.Faults{})
		r.waitFor(2, isSent)
		if diff := cmp.Diff([]string{first, second}, r.received()); diff != "" {
			t.Errorf("appended and received differ:\n%s", diff)
		}
	})
}

func TestRelay_WhatIsCommittedAfterItsEndIsDueForOthersAtOnce(t *testing.T) {
	r := newRig(t)
	relay := r.working(r.queue, time.Minute)
	appended, commit := make(chan bool), make(chan bool)
	var writing sync.WaitGroup
	writing.Go(func() {
		_ = r.db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			err := relay.Append(ctx, tx, newEvent())
			appended <- true
			<-commit
			return err
		})
	})
	<-appended
	r.stop(relay)
	close(commit)
	writing.Wait()
	r.waitFor(1, "status = 0 AND claim LIKE '00000000-%' AND attempts = 0 AND visible_at <= UTC_TIMESTAMP(6)")
}

func TestRelay_ACrashBetweenCommitAndSendDelaysAnEventAndLosesNone(t *testing.T) {
	r := newRig(t)
	ctx, crash := context.WithCancel(t.Context())
	crashed := make(chan bool)
	relay, _ := r.relay(senderFunc(func(context.Context, []queue.Entry) (queue.SendResult, error) {
		crash()
		return queue.SendResult{}, context.Canceled
	}), shortLease)
	go func() { _ = relay.Run(ctx); close(crashed) }()
	r.eventually(func() bool {
		r.appendTo(relay)
		return ctx.Err() != nil
	}, "the crash")
	<-crashed
	all := r.count("TRUE")
	second, _ := r.relay(r.queue, 0)
	r.run(second)
	r.waitFor(all, isSent)
	if n := len(r.received()); n != all {
		t.Errorf("%d of %d events were received", n, all)
	}
}
