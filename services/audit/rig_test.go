package audit

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
	"gitlab.com/notejam/notejam/services/audit/migrations"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

const maxReceive = 10

// rig is a trail, a queue with its dead-letter queue, and what a test looks at
// them with.
type rig struct {
	t      *testing.T
	schema *mysqltest.Database
	store  *Store
	admin  *sql.DB
	server *queuetest.Server
	queue  *queue.Queue
	log    *safeBuffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	t.Parallel()
	d := mysqltest.New(t, migrations.Files)
	d.Narrow(t, grants)
	server, q := newQueue(t)
	return &rig{
		t: t, schema: d, store: NewStore(d.Open(t)), admin: d.OpenAdmin(t), server: server, queue: q, log: &safeBuffer{},
	}
}

func newQueue(t *testing.T) (*queuetest.Server, *queue.Queue) {
	t.Helper()
	server, err := queuetest.Start(queuetest.Config{Seed: 1, Queues: []queuetest.QueueConfig{
		{Name: "dead"}, {Name: "events", DeadLetter: "dead", MaxReceive: maxReceive},
	}})
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

// quick is a pace for tests that move the queue's clock.
var quick = pace{
	wait: time.Second, keep: time.Minute,
	minPause: 10 * time.Millisecond, maxPause: 50 * time.Millisecond,
	minReturn: time.Second, maxReturn: time.Second,
}

func (r *rig) consumer(store recorder) (*Consumer, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	c := NewConsumer(ConsumerConfig{
		Queue: r.queue, Store: store, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: registry, Visibility: time.Minute,
	})
	c.pace = quick
	return c, registry
}

// run runs the consumer until the returned function ends it as a crash would.
func (r *rig) run(c *Consumer) (kill func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	kill = func() { cancel(); running.Wait() }
	r.t.Cleanup(kill)
	return kill
}

// send puts bodies on the queue.
func (r *rig) send(bodies ...string) {
	r.t.Helper()
	for batch := range slices.Chunk(bodies, queue.MaxEntries) {
		var entries []queue.Entry
		for i, body := range batch {
			entries = append(entries, queue.Entry{ID: fmt.Sprint(i), Body: body})
		}
		result, err := r.queue.Send(r.t.Context(), entries)
		if err != nil || len(result.Refused) > 0 {
			r.t.Fatal(err, result.Refused)
		}
	}
}

// sendRaw puts a body on the queue without the limits of platform/queue.
func (r *rig) sendRaw(body string) {
	r.t.Helper()
	request, err := json.Marshal(map[string]string{"QueueUrl": r.server.URL("events"), "MessageBody": body})
	if err != nil {
		r.t.Fatal(err)
	}
	call, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.server.Endpoint(), bytes.NewReader(request))
	if err != nil {
		r.t.Fatal(err)
	}
	call.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	call.Header.Set("Content-Type", "application/x-amz-json-1.0")
	response, err := http.DefaultClient.Do(call)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		r.t.Fatalf("send: %s", response.Status)
	}
}

// events makes n good bodies and gives the ids in them.
func events(t testing.TB, n int) (ids, bodies []string) {
	t.Helper()
	for range n {
		m := members()
		id := uuid.Must(uuid.NewV7()).String()
		m["id"] = id
		ids, bodies = append(ids, id), append(bodies, encode(t, m))
	}
	return ids, bodies
}

// recorded gives the ids in the trail, sorted, repeats included.
func (r *rig) recorded() []string {
	r.t.Helper()
	return column(r.t, r.admin, "SELECT id FROM events ORDER BY id")
}

// column reads a column of text.
func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	values := []string{}
	for rows.Next() {
		var value string
		err = rows.Scan(&value)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return values
}

// waiting counts the messages of a queue, whoever has them.
func (r *rig) waiting(name string) int {
	r.t.Helper()
	q, err := queue.Open(r.t.Context(), queue.Config{URL: r.server.URL(name), Endpoint: r.server.Endpoint()}, prometheus.NewRegistry())
	if err != nil {
		r.t.Fatal(err)
	}
	a, err := q.Attributes(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return a.Visible + a.InFlight + a.Delayed
}

// waitEmpty waits until the queue is empty. Time passes quickly meanwhile:
// whatever is hidden in the queue comes back.
func (r *rig) waitEmpty() {
	r.t.Helper()
	r.eventually("an empty queue", func() bool {
		r.server.Advance(2 * time.Second)
		return r.waiting("events") == 0
	})
}

func (r *rig) eventually(what string, ok func() bool) {
	r.t.Helper()
	deadline := time.After(15 * time.Second)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-poll.C:
		case <-deadline:
			r.t.Fatalf("waited in vain for %s\nlog:\n%s", what, r.log)
		}
	}
}

// metric reads a counter by the value of its label, if it has one.
func metric(t *testing.T, registry *prometheus.Registry, name, label string) int {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return int(m.GetCounter().GetValue()) + int(m.GetHistogram().GetSampleCount())
			}
		}
	}
	t.Fatalf("there is no metric %s %s", name, label)
	return 0
}

// storeFunc is a store that a test stands in front of, event by event.
type storeFunc struct {
	*Store
	record func(ctx context.Context, e Event) (bool, error)
}

func (s storeFunc) Record(ctx context.Context, events []Event) (isNew []bool, err error) {
	isNew = make([]bool, len(events))
	for i, e := range events {
		isNew[i], err = s.record(ctx, e)
		if err != nil {
			return nil, err
		}
	}
	return isNew, nil
}

// batchFunc is storeFunc by the batch.
type batchFunc struct {
	*Store
	record func(ctx context.Context, events []Event) ([]bool, error)
}

func (s batchFunc) Record(ctx context.Context, events []Event) ([]bool, error) {
	return s.record(ctx, events)
}

// recordOne is the store's Record for one event.
func (r *rig) recordOne(ctx context.Context, e Event) (bool, error) {
	return recordOne(ctx, r.store, e)
}

func recordOne(ctx context.Context, s *Store, e Event) (bool, error) {
	isNew, err := s.Record(ctx, []Event{e})
	return err == nil && isNew[0], err
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
