package outbox_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

const isSent = "status = 1"

func TestRelay_EveryEventIsSentOnceAndMarked(t *testing.T) {
	r := newRig(t)
	ids := r.append(123) // two full rounds and a rest
	sent := newRecorder(r.queue)
	relay, registry := r.relay(sent, 0)
	r.run(relay)
	r.waitFor(123, isSent)
	if diff := cmp.Diff(ids, sent.all()); diff != "" {
		t.Errorf("appended and sent differ:\n%s", diff)
	}
	if diff := cmp.Diff(ids, r.received()); diff != "" {
		t.Errorf("appended and received differ:\n%s", diff)
	}
	if n := metric(t, registry, "outbox_sends_total", "accepted"); n != 123 {
		t.Errorf("%v sends are counted", n)
	}
}

func TestRelay_AWokenRelayDoesNotWaitForItsNextLook(t *testing.T) {
	r := newRig(t)
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	r.append(1)
	r.waitFor(1, isSent)
	var took []time.Duration
	for range 21 {
		r.append(1)
		before := time.Now()
		relay.Wake()
		r.waitFor(0, "status = 0")
		took = append(took, time.Since(before))
	}
	slices.Sort(took)
	if middle := took[len(took)/2]; middle > 500*time.Millisecond { // its next look may be 1.2 s away
		t.Errorf("half of the events left more than %v after the relay was woken", middle)
	}
}

func TestRelay_ManyRelaysShareATableAndSendEachEventOnce(t *testing.T) {
	r := newRig(t)
	sent := newRecorder(r.queue)
	for range 5 {
		relay, _ := r.relay(sent, 0)
		r.run(relay)
	}
	var ids []string
	for range 40 {
		ids = append(ids, r.append(13)...)
	}
	slices.Sort(ids)
	r.waitFor(len(ids), isSent)
	if diff := cmp.Diff(ids, sent.all()); diff != "" {
		t.Errorf("appended and sent differ:\n%s", diff)
	}
}

func TestRelay_AnEventThatIsCommittedLateIsNotPassedOver(t *testing.T) {
	r := newRig(t)
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	early := newEvent()
	appended, commit := make(chan bool), make(chan bool)
	go func() {
		_ = r.db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			err := outbox.Append(ctx, tx, early)
			appended <- true
			<-commit
			return err
		})
	}()
	<-appended
	late := r.append(60)
	r.waitFor(60, isSent) // although the row before them is still locked
	close(commit)
	r.waitFor(61, isSent)
	if diff := cmp.Diff(append([]string{early.ID}, late...), r.received()); diff != "" {
		t.Errorf("appended and received differ:\n%s", diff)
	}
}

func TestRelay_OnlyTheRefusedOfABatchWaitAndTheOthersAreSent(t *testing.T) {
	r := newRig(t)
	ids := r.append(10)
	refused := map[string]bool{ids[2]: true, ids[7]: true}
	relay, registry := r.relay(senderFunc(func(ctx context.Context, entries []queue.Entry) (queue.SendResult, error) {
		var take []queue.Entry
		var refusals []queue.Refusal
		for _, e := range entries {
			if refused[e.ID] {
				refusals = append(refusals, queue.Refusal{ID: e.ID, Code: "InternalError"})
			} else {
				take = append(take, e)
			}
		}
		result, err := r.queue.Send(ctx, take)
		result.Refused = refusals
		return result, err
	}), 0)
	r.run(relay)
	r.waitFor(8, isSent)
	r.waitFor(2, `status = 0 AND claim LIKE '00000000-%' AND attempts = 1 AND event_id IN (?, ?)
		AND visible_at BETWEEN UTC_TIMESTAMP(6) AND UTC_TIMESTAMP(6) + INTERVAL 2400000 MICROSECOND`, ids[2], ids[7])
	if n := metric(t, registry, "outbox_sends_total", "refused"); n != 2 {
		t.Errorf("%v refusals are counted", n)
	}
	if got := len(r.received()); got != 8 {
		t.Errorf("%d messages, want 8", got)
	}
}

func TestRelay_RefusedEventsAreSentLater(t *testing.T) {
	r := newRig(t)
	ids := r.append(40)
	r.server.SetFaults(queuetest.Faults{Refuse: 30})
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	r.waitFor(0, "attempts = 0 OR (status = 0 AND claim NOT LIKE '00000000-%')")
	if n := r.count("status = 0 AND attempts = 1"); n < 3 {
		t.Fatalf("%d events were refused: too few for this test", n)
	}
	r.server.SetFaults(queuetest.Faults{})
	r.exec("UPDATE outbox SET visible_at = UTC_TIMESTAMP(6) WHERE status = 0") // time passes
	r.waitFor(40, isSent)
	if diff := cmp.Diff(ids, r.received()); diff != "" {
		t.Errorf("appended and received differ:\n%s", diff)
	}
}

func TestRelay_AnEventThatTheQueueWillNeverTakeIsParked(t *testing.T) {
	for name, c := range map[string]struct {
		fault   queuetest.Faults
		prepare string
	}{
		"for its own fault":   {queuetest.Faults{Refuse: 100, RefuseSenderFault: true}, "UPDATE outbox SET attempts = 0"},
		"after twenty tries":  {queuetest.Faults{Refuse: 100}, "UPDATE outbox SET attempts = 20"},
		"with an empty body":  {queuetest.Faults{}, "UPDATE outbox SET payload = ''"},
		"with an endless one": {queuetest.Faults{}, "UPDATE outbox SET payload = REPEAT('x', 300000)"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.append(1)
			r.exec(c.prepare)
			r.server.SetFaults(c.fault)
			relay, _ := r.relay(r.queue, 0)
			r.run(relay)
			r.waitFor(1, "status = 2 AND claim LIKE '00000000-%'")
			if !strings.Contains(r.log.String(), "event parked") {
				t.Errorf("the log does not say so: %s", r.log)
			}
			r.server.SetFaults(queuetest.Faults{})
			r.append(1)
			relay.Wake()
			r.waitFor(1, isSent) // it blocks nobody
		})
	}
}

func TestRelay_AnEventKeepsItsTwentiethChance(t *testing.T) {
	r := newRig(t)
	r.append(1)
	r.exec("UPDATE outbox SET attempts = 19")
	r.server.SetFaults(queuetest.Faults{Refuse: 100})
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	r.waitFor(1, `status = 0 AND attempts = 20
		AND visible_at BETWEEN UTC_TIMESTAMP(6) + INTERVAL 230 SECOND AND UTC_TIMESTAMP(6) + INTERVAL 361 SECOND`)
}

func TestQ12_AQueueThatIsAwayOrRefusesUsCostsNoEventAnAttemptAndIsLeftAlone(t *testing.T) {
	for name, faults := range map[string]queuetest.Faults{
		"down": {Down: true}, "unavailable": {Unavailable: true}, "denied": {Denied: true}, "throttling": {Throttle: 100},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.server.SetFaults(faults)
			ids := r.append(25)
			relay, registry := r.relay(r.queue, 0)
			r.run(relay)
			r.eventually(func() bool { return metric(t, registry, "outbox_sends_total", "failed") >= 25 }, "a failed send")
			r.waitFor(25, "status = 0 AND claim LIKE '00000000-%' AND attempts = 0 AND visible_at <= UTC_TIMESTAMP(6)")
			for range 50 {
				relay.Wake() // nobody hurries it
			}
			r.server.SetFaults(queuetest.Faults{})
			relay.Wake()
			r.waitFor(25, isSent)
			if diff := cmp.Diff(ids, r.received()); diff != "" {
				t.Errorf("appended and received differ:\n%s", diff)
			}
			// One call and its retry failed, then there was peace for a second.
			if calls := r.server.Calls("SendMessageBatch"); calls > 8 {
				t.Errorf("%d calls", calls)
			}
			r.eventually(func() bool { return strings.Contains(r.log.String(), "events are sent again") }, "the news")
			if n := strings.Count(r.log.String(), "\n"); n != 2 {
				t.Errorf("%d lines of log, want one for each change:\n%s", n, r.log)
			}
		})
	}
}

func TestRelay_LeavesAQueueThatFailsAgainAloneForLonger(t *testing.T) {
	r := newRig(t)
	r.server.SetFaults(queuetest.Faults{Denied: true})
	r.append(1)
	relay, registry := r.relay(r.queue, 0)
	r.run(relay)
	r.eventually(func() bool { return metric(t, registry, "outbox_sends_total", "failed") == 2 }, "the second failure")
	failed := time.Now()
	r.eventually(func() bool { return time.Since(failed) > time.Second }, "a second to pass")
	if n := metric(t, registry, "outbox_sends_total", "failed"); n != 2 {
		t.Errorf("%v sends", n)
	}
}

func TestRelay_AnAnswerThatGetsLostRepeatsEventsAndLosesNone(t *testing.T) {
	r := newRig(t)
	r.server.SetFaults(queuetest.Faults{LoseAnswer: 100})
	ids := r.append(10)
	relay, registry := r.relay(r.queue, 0)
	r.run(relay)
	r.eventually(func() bool { return metric(t, registry, "outbox_sends_total", "failed") > 0 }, "a failed send")
	r.server.SetFaults(queuetest.Faults{})
	r.waitFor(10, isSent)
	if n := r.messages(); n < 20 {
		t.Errorf("%d messages: the lost ones are not there", n)
	}
	if diff := cmp.Diff(ids, r.received()); diff != "" {
		t.Errorf("appended and received differ:\n%s", diff)
	}
}

func TestP11_APanicEndsARoundAndNotTheRelay(t *testing.T) {
	r := newRig(t)
	ids := r.append(3)
	first := true
	relay, registry := r.relay(senderFunc(func(ctx context.Context, entries []queue.Entry) (queue.SendResult, error) {
		if first {
			first = false
			panic("a bug")
		}
		return r.queue.Send(ctx, entries)
	}), 300*time.Millisecond)
	r.run(relay)
	r.waitFor(3, isSent)
	if diff := cmp.Diff(ids, r.received()); diff != "" {
		t.Errorf("appended and received differ:\n%s", diff)
	}
	if n := metric(t, registry, "outbox_panics_total", ""); n != 1 {
		t.Errorf("%v panics are counted", n)
	}
	if !strings.Contains(r.log.String(), "a bug") || !strings.Contains(r.log.String(), "relay_test.go") {
		t.Errorf("the log lacks the panic or its stack: %s", r.log)
	}
}

func TestRelay_ARowFromAClockThatJumpedIsSent(t *testing.T) {
	r := newRig(t)
	r.append(2)
	r.exec("UPDATE outbox SET visible_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR ORDER BY event_id LIMIT 1")
	r.exec("UPDATE outbox SET visible_at = UTC_TIMESTAMP(6) + INTERVAL 5 MINUTE ORDER BY event_id DESC LIMIT 1") // a back-off
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	r.waitFor(1, isSent)
	if n := r.count("status = 0 AND attempts = 0"); n != 1 {
		t.Error("a row was sent during its back-off")
	}
}

func TestRelay_ItsMetricsAndStatusTellTheLag(t *testing.T) {
	r := newRig(t)
	r.append(1)
	r.exec("UPDATE outbox SET event_id = CONCAT('0198c2a4-77aa', SUBSTR(event_id, 14))") // made in August 2025
	r.append(2)
	r.exec("UPDATE outbox SET status = 2 ORDER BY event_id DESC LIMIT 1")
	r.server.SetFaults(queuetest.Faults{Denied: true})
	relay, registry := r.relay(r.queue, 0)
	r.run(relay)
	made := time.UnixMilli(0x0198c2a477aa)
	r.eventually(func() bool {
		lag := metric(t, registry, "outbox_oldest_unsent_seconds", "")
		return lag > time.Since(made).Seconds()-60 && lag < time.Since(made).Seconds()+60
	}, "the lag")
	if n := metric(t, registry, "outbox_parked", ""); n != 1 {
		t.Errorf("%v parked", n)
	}
	var status struct {
		Working             bool
		HeldBack            string `json:"held_back_since"`
		Error, OldestUnsent string
		Parked              int
	}
	r.eventually(func() bool {
		line, err := json.Marshal(relay.Status(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		status.Working = true
		err = json.Unmarshal(line, &status)
		return err == nil && !status.Working
	}, "a status that tells of the trouble")
	if !strings.Contains(status.Error, "AccessDenied") || status.Parked != 1 || status.HeldBack == "" {
		t.Errorf("the status is %+v", status)
	}
}
