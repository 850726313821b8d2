package outbox_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// rig is a table, a queue and what a test looks at them with.
type rig struct {
	t        *testing.T
	config   mysql.Config
	db       *mysql.DB
	admin    *sql.DB
	registry *prometheus.Registry // of the database
	server   *queuetest.Server
	queue    *queue.Queue
	log      *safeBuffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	t.Parallel()
	d := mysqltest.New(t, outboxtest.Schema())
	server, q := newQueue(t)
	r := &rig{t: t, config: d.Config, db: d.Open(t), admin: d.OpenAdmin(t), registry: d.Registry, server: server, queue: q, log: &safeBuffer{}}
	t.Cleanup(r.noRowHasRoomToGrow)
	return r
}

// noRowHasRoomToGrow looks that no statement of the test left a NULL that a later one would fill: pages of rows that grow are split.
func (r *rig) noRowHasRoomToGrow() {
	var n int
	err := r.admin.QueryRowContext(context.WithoutCancel(r.t.Context()), `
SELECT COUNT(*)
FROM outbox
WHERE claim IS NULL OR LENGTH(claim) <> 36 OR sent_at IS NULL`).Scan(&n)
	if err != nil || n > 0 {
		r.t.Errorf("%d rows may grow, %v", n, err)
	}
}

func newQueue(t *testing.T) (*queuetest.Server, *queue.Queue) {
	t.Helper()
	server, err := queuetest.Start(queuetest.Config{Queues: []queuetest.QueueConfig{{Name: "events"}}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	q, err := queue.Open(t.Context(), queue.Config{URL: server.URL("events"), Endpoint: server.Endpoint()}, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return server, q
}

// relay makes a relay over the rig; its metrics are in the registry.
func (r *rig) relay(sender outbox.Sender, lease time.Duration) (*outbox.Relay, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	return outbox.NewRelay(outbox.RelayConfig{
		DB: r.db, Queue: sender, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: registry, Timing: outbox.Timing{Lease: lease},
	}), registry
}

// run runs the relay until the end of the test.
func (r *rig) run(relay *outbox.Relay) {
	var running sync.WaitGroup
	running.Go(func() { _ = relay.Run(r.t.Context()) })
	r.t.Cleanup(running.Wait)
}

// stop stops the relay in order.
func (r *rig) stop(relay *outbox.Relay) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	err := relay.Stop(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
}

func newEvent() outbox.Event {
	id := uuid.Must(uuid.NewV7()).String()
	return outbox.Event{
		ID: id, Source: "notes", Type: "notejam.notes.note.created.v1", Subject: "notes/" + id,
		Version: 1, Time: time.Now(), Actor: uuid.NewString(), RequestID: uuid.NewString(),
	}
}

// append commits n new events and gives their ids.
func (r *rig) append(n int) []string {
	r.t.Helper()
	var ids []string
	err := r.db.WithTx(r.t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		ids = nil
		for range n {
			e := newEvent()
			ids = append(ids, e.ID)
			err := outbox.Append(ctx, tx, e)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return ids
}

// messages is how many messages the queue has.
func (r *rig) messages() int {
	r.t.Helper()
	counts, err := r.queue.Attributes(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return counts.Visible + counts.InFlight
}

// received takes and deletes messages until the queue is empty and gives their
// events' ids, sorted, without the repeats that any queue may make.
func (r *rig) received() []string {
	r.t.Helper()
	ids := []string{}
	for r.messages() > 0 {
		messages, err := r.queue.Receive(r.t.Context(), queue.MaxEntries, 0, time.Hour)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(messages) == 0 {
			r.server.Advance(time.Hour) // an answer got lost
		}
		var receipts []string
		for _, m := range messages {
			var envelope struct{ ID string }
			err = json.Unmarshal([]byte(m.Body), &envelope)
			if err != nil {
				r.t.Fatal(err)
			}
			ids = append(ids, envelope.ID)
			receipts = append(receipts, m.Receipt)
		}
		_, err = r.queue.Delete(r.t.Context(), receipts)
		if err != nil {
			r.t.Fatal(err)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// count counts rows by a condition.
func (r *rig) count(where string, args ...any) int {
	r.t.Helper()
	var n int
	err := r.admin.QueryRowContext(r.t.Context(), "SELECT COUNT(*) FROM outbox WHERE "+where, args...).Scan(&n)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func (r *rig) exec(query string) {
	r.t.Helper()
	_, err := r.admin.ExecContext(r.t.Context(), query)
	if err != nil {
		r.t.Fatal(err)
	}
}

// waitFor waits until so many rows are as the condition says.
func (r *rig) waitFor(n int, where string, args ...any) {
	r.t.Helper()
	r.eventually(func() bool { return r.count(where, args...) == n }, "%d rows with %s", n, where)
}

func (r *rig) eventually(ok func() bool, format string, args ...any) {
	r.t.Helper()
	deadline := time.After(10 * time.Second)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-poll.C:
		case <-deadline:
			r.t.Fatalf("waited in vain for "+format+"\nlog:\n"+r.log.String(), args...)
		}
	}
}

// statements is how many statements of a kind the services' side has made.
func (r *rig) statements(kind string) float64 {
	r.t.Helper()
	return metric(r.t, r.registry, "mysql_statements_total", kind)
}

// metric reads a counter or gauge by the value of its label, if it has one.
func metric(t *testing.T, registry *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("there is no metric %s %s", name, label)
	return 0
}

// senderFunc is a queue that a test stands in front of.
type senderFunc func(ctx context.Context, entries []queue.Entry) (queue.SendResult, error)

func (f senderFunc) Send(ctx context.Context, entries []queue.Entry) (queue.SendResult, error) {
	return f(ctx, entries)
}

// recorder is a queue that remembers what it was given and took.
type recorder struct {
	queue outbox.Sender
	mu    sync.Mutex
	ids   []string
}

func newRecorder(q outbox.Sender) *recorder { return &recorder{queue: q} }

func (s *recorder) Send(ctx context.Context, entries []queue.Entry) (queue.SendResult, error) {
	result, err := s.queue.Send(ctx, entries)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, result.Accepted...)
	return result, err
}

// all gives the ids of what was taken, sorted, repeats included.
func (s *recorder) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.ids))
}

type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
