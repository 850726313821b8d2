package outbox_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/queue"
)

// The lease of relays that are to crash: what a test then waits for.
const shortLease = 400 * time.Millisecond

func TestRelay_ACrashDelaysEventsAndLosesNone(t *testing.T) {
	for name, sends := range map[string]bool{"before it sends": false, "between sending and marking": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			ids := r.append(5)
			ctx, crash := context.WithCancel(t.Context())
			crashing, _ := r.relay(senderFunc(func(ctx context.Context, entries []queue.Entry) (result queue.SendResult, err error) {
				if sends {
					result, err = r.queue.Send(ctx, entries)
				}
				crash()
				return result, err
			}), shortLease)
			err := crashing.Run(ctx)
			if err == nil {
				t.Fatal("the relay did not crash")
			}
			if n := r.count("status = 0 AND claim NOT LIKE '00000000-%' AND attempts = 1"); n != 5 {
				t.Fatalf("%d claimed events, want 5", n)
			}
			sent := newRecorder(r.queue)
			relay, _ := r.relay(sent, 0)
			r.run(relay)
			r.waitFor(5, isSent+" AND attempts = 2")
			if diff := cmp.Diff(ids, sent.all()); diff != "" {
				t.Errorf("appended and sent by the second relay differ:\n%s", diff)
			}
			if diff := cmp.Diff(ids, r.received()); diff != "" {
				t.Errorf("appended and received differ:\n%s", diff)
			}
		})
	}
}

func TestP8_ARelayStopsAfterTheSendUnderWayAndGivesTheRestBack(t *testing.T) {
	r := newRig(t)
	r.append(35)
	sending, proceed := make(chan bool), make(chan bool)
	relay, _ := r.relay(senderFunc(func(ctx context.Context, entries []queue.Entry) (queue.SendResult, error) {
		sending <- true
		<-proceed
		return r.queue.Send(ctx, entries)
	}), 0)
	r.run(relay)
	<-sending
	component := relay.Component()
	component.Drain()
	close(proceed)
	err := component.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := r.count(isSent); n != 10 {
		t.Errorf("%d events are sent, want the 10 that were under way", n)
	}
	if n := r.count("status = 0 AND claim LIKE '00000000-%' AND attempts = 0 AND visible_at <= UTC_TIMESTAMP(6)"); n != 25 {
		t.Errorf("%d events are due for another relay, want 25", n)
	}
	if n := r.messages(); n != 10 {
		t.Errorf("%d messages, want 10", n)
	}
}

func TestRelay_StopDoesNotWaitLongerThanItMay(t *testing.T) {
	r := newRig(t)
	r.append(1)
	sending := make(chan bool)
	relay, _ := r.relay(senderFunc(func(ctx context.Context, _ []queue.Entry) (queue.SendResult, error) {
		close(sending)
		<-ctx.Done()
		return queue.SendResult{}, ctx.Err()
	}), 0)
	r.run(relay)
	<-sending
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := relay.Stop(ctx)
	if err == nil {
		t.Error("Stop says that the relay has stopped")
	}
}

func TestRelay_OneThatWasAsleepForItsLeaseTouchesNothing(t *testing.T) {
	r := newRig(t)
	ids := r.append(15)
	asleep, awake := make(chan bool), make(chan bool)
	sleeper, registry := r.relay(senderFunc(func(_ context.Context, entries []queue.Entry) (queue.SendResult, error) {
		if entries[0].ID != ids[0] {
			t.Error("it sends more after its lease")
		}
		close(asleep)
		<-awake
		return queue.SendResult{Accepted: ids[:10]}, nil // it says so, and it is not true
	}), shortLease)
	r.run(sleeper)
	<-asleep
	sending, proceed := make(chan bool, 2), make(chan bool)
	sent := newRecorder(r.queue)
	second, _ := r.relay(senderFunc(func(ctx context.Context, entries []queue.Entry) (queue.SendResult, error) {
		sending <- true
		<-proceed
		return sent.Send(ctx, entries)
	}), 0)
	r.run(second)
	<-sending // the second has the rows now
	close(awake)
	r.eventually(func() bool { return metric(t, registry, "outbox_sends_total", "accepted") == 10 }, "the end of its round")
	r.stop(sleeper)
	if n := r.count("status = 0 AND claim NOT LIKE '00000000-%' AND visible_at > UTC_TIMESTAMP(6)"); n != 15 {
		t.Errorf("%d events belong to the second relay, want 15", n)
	}
	close(proceed)
	r.waitFor(15, isSent)
	if diff := cmp.Diff(ids, sent.all()); diff != "" {
		t.Errorf("appended and sent differ:\n%s", diff)
	}
}

func TestRelay_GoesOnWhenTheDatabaseComesBack(t *testing.T) {
	t.Parallel()
	home := mysqltest.ServerConfig{Dir: t.TempDir(), Addr: "127.0.0.1:0", Fast: true}
	server, err := mysqltest.StartServer(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	home.Addr = server.Addr
	t.Cleanup(func() { _ = server.Kill() })
	err = mysqltest.EnsureDatabase(t.Context(), server, "notes")
	if err != nil {
		t.Fatal(err)
	}
	cfg := mysql.Config{Addr: server.Addr, User: server.User, Password: server.Password, Database: "notes", MaxOpen: 5}
	log := slog.New(slog.DiscardHandler)
	err = mysql.Migrate(t.Context(), cfg, outboxtest.Schema(), log)
	if err != nil {
		t.Fatal(err)
	}
	db, err := mysql.Open(cfg, log, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	queueServer, q := newQueue(t)
	r := &rig{t: t, db: db, server: queueServer, queue: q, log: &safeBuffer{}}
	relay, _ := r.relay(q, 0)
	r.run(relay)
	ids := r.append(3)
	r.eventually(func() bool { return r.messages() >= 3 }, "the first events")

	err = server.Kill()
	if err != nil {
		t.Fatal(err)
	}
	r.eventually(func() bool { return strings.Contains(r.log.String(), "events are held back") }, "the bad news")
	server, err = mysqltest.StartServer(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	ids = append(ids, r.append(3)...)
	r.eventually(func() bool { return strings.Contains(r.log.String(), "events are sent again") }, "the good news")
	r.eventually(func() bool { return r.messages() >= 6 }, "all events")
	if diff := cmp.Diff(ids, r.received()); diff != "" {
		t.Errorf("appended and received differ:\n%s", diff)
	}
}
