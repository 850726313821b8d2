package audit

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
	"gitlab.com/notejam/notejam/services/audit/migrations"
)

func TestP11_APanicReturnsTheMessageAndNotTheConsumer(t *testing.T) {
	r := newRig(t)
	ids, bodies := events(t, 8)
	var panicked atomic.Bool
	c, registry := r.consumer(storeFunc{r.store, func(ctx context.Context, e Event) (bool, error) {
		if e.ID == ids[3] && panicked.CompareAndSwap(false, true) {
			panic("a bug")
		}
		return r.recordOne(ctx, e)
	}})
	r.send(bodies...)
	r.run(c)
	r.waitEmpty()
	if diff := cmp.Diff(ids, r.recorded()); diff != "" {
		t.Errorf("sent and recorded differ:\n%s", diff)
	}
	if n := metric(t, registry, "audit_panics_total", ""); n != 1 {
		t.Errorf("%d panics are counted", n)
	}
	if !strings.Contains(r.log.String(), "consumer_faults_test.go") {
		t.Error("the log has no stack")
	}
}

func TestConsumer_ACrashAfterRecordingAndBeforeDeletingRecordsNothingTwice(t *testing.T) {
	r := newRig(t)
	ids, bodies := events(t, 5)
	r.send(bodies...)
	var recorded sync.WaitGroup
	recorded.Add(5)
	crashing, _ := r.consumer(batchFunc{r.store, func(ctx context.Context, events []Event) ([]bool, error) {
		isNew, err := r.store.Record(ctx, events)
		recorded.Add(-len(events))
		<-ctx.Done() // it never comes to deleting
		return isNew, err
	}})
	kill := r.run(crashing)
	recorded.Wait()
	kill()
	if n := r.waiting("events"); n != 5 {
		t.Fatalf("%d messages, want 5", n)
	}
	r.server.Advance(time.Minute)
	c, registry := r.consumer(r.store)
	r.run(c)
	r.waitEmpty()
	if diff := cmp.Diff(ids, r.recorded()); diff != "" {
		t.Errorf("sent and recorded differ:\n%s", diff)
	}
	if n := metric(t, registry, "audit_messages_total", "recorded"); n != 0 {
		t.Errorf("%d events were recorded by the second consumer", n)
	}
}

func TestQ7_AMessageIsKeptWhileItIsWorkedOn(t *testing.T) {
	r := newRig(t)
	_, bodies := events(t, 1)
	r.send(bodies...)
	var calls atomic.Int32
	working, proceed := make(chan bool, 2), make(chan bool)
	slow := storeFunc{r.store, func(ctx context.Context, e Event) (bool, error) {
		calls.Add(1)
		working <- true
		<-proceed
		return r.recordOne(ctx, e)
	}}
	for range 2 {
		c, _ := r.consumer(slow)
		c.visibility = time.Second // shorter than the work
		r.run(c)
	}
	<-working
	r.eventually("visibility that was extended", func() bool { return r.server.Calls("ChangeMessageVisibility") >= 4 }) // 1.3 s
	close(proceed)
	r.eventually("an empty queue", func() bool { return r.waiting("events") == 0 })
	if n := calls.Load(); n != 1 {
		t.Errorf("the message was worked on %d times", n)
	}
}

func TestP8_AConsumerStopsAfterTheWorkUnderWayAndLeavesTheRest(t *testing.T) {
	r := newRig(t)
	const underWay, more = workers * maxRecord, 7
	_, bodies := events(t, underWay+more)
	r.send(bodies...)
	working, proceed := make(chan bool, workers), make(chan bool)
	c, _ := r.consumer(batchFunc{r.store, func(ctx context.Context, events []Event) ([]bool, error) {
		working <- true
		<-proceed
		return r.store.Record(ctx, events)
	}})
	r.run(c)
	for range workers {
		<-working
	}
	component := c.Component()
	component.Drain()
	close(proceed)
	err := component.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.recorded()); n != underWay {
		t.Errorf("%d events are recorded, want the %d that were under way", n, underWay)
	}
	a, err := r.queue.Attributes(t.Context())
	if err != nil || a.Visible != more || a.InFlight != 0 {
		t.Errorf("%+v are left (%v), want %d for another replica", a, err, more)
	}
}

func TestConsumer_GoesOnWhenTheQueueComesBack(t *testing.T) {
	r := newRig(t)
	ids, bodies := events(t, 20)
	r.send(bodies...)
	r.server.SetFaults(queuetest.Faults{Down: true})
	c, _ := r.consumer(r.store)
	r.run(c)
	r.eventually("the bad news", func() bool { return strings.Contains(r.log.String(), "no messages are received") })
	r.server.SetFaults(queuetest.Faults{})
	r.waitEmpty()
	if diff := cmp.Diff(ids, r.recorded()); diff != "" {
		t.Errorf("sent and recorded differ:\n%s", diff)
	}
	if n := strings.Count(r.log.String(), "\n"); n != 2 || !strings.Contains(r.log.String(), "messages are received again") {
		t.Errorf("want one line of log for each change:\n%s", r.log)
	}
}

func TestConsumer_ADatabaseThatIsAwayCostsNoMessageItsTries(t *testing.T) {
	t.Parallel()
	home := mysqltest.ServerConfig{Dir: t.TempDir(), Addr: "127.0.0.1:0", Fast: true}
	server, err := mysqltest.StartServer(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	home.Addr = server.Addr
	t.Cleanup(func() { _ = server.Kill() })
	err = mysqltest.EnsureDatabase(t.Context(), server, "audit")
	if err != nil {
		t.Fatal(err)
	}
	cfg := mysql.Config{Addr: server.Addr, User: server.User, Password: server.Password, Database: "audit", MaxOpen: maxOpen}
	log := slog.New(slog.DiscardHandler)
	err = mysql.Migrate(t.Context(), cfg, migrations.Files, log)
	if err != nil {
		t.Fatal(err)
	}
	db, err := mysql.Open(cfg, log, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	queueServer, q := newQueue(t)
	r := &rig{t: t, store: NewStore(db), server: queueServer, queue: q, log: &safeBuffer{}}
	c, registry := r.consumer(r.store)
	r.run(c)
	recorded := func() int { return metric(t, registry, "audit_messages_total", "recorded") }

	_, bodies := events(t, 40)
	r.send(bodies[:5]...)
	r.eventually("the first events", func() bool { return recorded() == 5 })
	err = server.Kill()
	if err != nil {
		t.Fatal(err)
	}
	r.send(bodies[5:]...)
	r.eventually("the bad news", func() bool { return strings.Contains(r.log.String(), "no messages are received") })
	receives := queueServer.Calls("ReceiveMessage")
	for range 20 { // much time passes
		queueServer.Advance(time.Hour)
	}
	if n := queueServer.Calls("ReceiveMessage"); n > receives+1 {
		t.Errorf("%d receives while the database was away", n-receives)
	}
	server, err = mysqltest.StartServer(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	r.waitEmpty()
	if n := recorded() + metric(t, registry, "audit_messages_total", "repeated"); n < 40 {
		t.Errorf("%d of 40 events are recorded", n)
	}
	if n := r.waiting("dead"); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

func TestConsumer_TakesNoMessageBeforeTheSchemaIsThere(t *testing.T) {
	r := newRig(t)
	_, bodies := events(t, 3)
	r.send(bodies...)
	empty := mysqltest.New(t, fstest.MapFS{"0001_begin.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS nothing (id INT PRIMARY KEY)")}})
	c, _ := r.consumer(NewStore(empty.Open(t)))
	r.run(c)
	r.eventually("the bad news", func() bool { return strings.Contains(r.log.String(), "run its migrations first") })
	if n := r.server.Calls("ReceiveMessage"); n != 0 {
		t.Errorf("%d receives", n)
	}
	status, err := json.Marshal(c.Status(t.Context()))
	if err != nil || !strings.Contains(string(status), `"receiving":false`) || !strings.Contains(string(status), "migrations first") {
		t.Errorf("the status is %s (%v)", status, err)
	}
}

func TestQ12_AConsumerLeavesAQueueAloneThatRefusesIt(t *testing.T) {
	for name, refuse := range map[string]func(r *rig, c *Consumer){
		"for missing rights": func(r *rig, _ *Consumer) { r.server.SetFaults(queuetest.Faults{Denied: true}) },
		"at a wrong address": func(r *rig, c *Consumer) {
			var err error
			c.queue, err = queue.Open(r.t.Context(), queue.Config{URL: r.server.URL("nowhere"), Endpoint: r.server.Endpoint()}, prometheus.NewRegistry())
			if err != nil {
				r.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			c, _ := r.consumer(r.store)
			c.pace = defaultPace
			refuse(r, c)
			began := time.Now()
			r.run(c)
			r.eventually("the third call", func() bool { return r.server.Calls("ReceiveMessage") >= 3 })
			if took := time.Since(began); took < 2*time.Second { // its pauses are 1 s and 2 s, ± 20 %
				t.Errorf("three calls in %v", took)
			}
			if n := strings.Count(r.log.String(), "\n"); n != 1 || !strings.Contains(r.log.String(), "no messages are received") {
				t.Errorf("want one line of log for the change:\n%s", r.log)
			}
			status, err := json.Marshal(c.Status(t.Context()))
			if err != nil || !strings.Contains(string(status), `"receiving":false`) || !strings.Contains(string(status), `"error":`) {
				t.Errorf("the status is %s (%v)", status, err)
			}
		})
	}
}
