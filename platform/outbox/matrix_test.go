package outbox_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
)

// The rows of the fault matrix, docs/reliability.md, that are the relay's alone.

func TestQ10_RelaysWhoseClocksAreTwentyMinutesApartSendEachEventOnce(t *testing.T) {
	r := newRig(t)
	sent := newRecorder(r.queue)
	var relays []*outbox.Relay
	for _, wrong := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		relay := outbox.NewRelay(outbox.RelayConfig{
			DB: r.db, Queue: sent, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: prometheus.NewRegistry(),
			Now: func() time.Time { return time.Now().Add(wrong) },
		})
		r.run(relay)
		relays = append(relays, relay)
	}
	var ids []string
	for range 30 {
		ids = append(ids, r.append(7)...)
		for _, relay := range relays {
			ids = append(ids, r.appendTo(relay))
		}
	}
	slices.Sort(ids)
	r.waitFor(len(ids), isSent)
	if diff := cmp.Diff(ids, sent.all()); diff != "" {
		t.Errorf("appended and sent differ:\n%s", diff)
	}
}

// How fast, and what it costs those who write, `make bench-events` measures, with
// a million.
func TestQ11_ABacklogIsSentWholeWhileWritersGoOn(t *testing.T) {
	r := newRig(t)
	const backlog = 4000
	r.exec(`
INSERT INTO outbox (event_id, agg, agg_seq, type, payload, visible_at)
WITH RECURSIVE digits AS (SELECT 0 AS d UNION ALL SELECT d + 1 FROM digits WHERE d < 9)
SELECT CONCAT('0198c2a4-77aa-7000-8000-00000000', a.d, b.d, c.d, e.d), 'notes/1', 1, 'notejam.notes.note.created.v1', '{}', UTC_TIMESTAMP(6)
FROM digits a, digits b, digits c, digits e
WHERE a.d < 4`)
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	writing, stop := context.WithCancel(t.Context())
	var written int
	var writer sync.WaitGroup
	writer.Go(func() {
		for writing.Err() == nil {
			r.appendTo(relay)
			written++
		}
	})
	r.eventually(func() bool { return r.count(isSent) >= backlog }, "the backlog to be sent")
	stop()
	writer.Wait()
	r.waitFor(backlog+written, isSent)
	if written == 0 {
		t.Error("nobody could write meanwhile")
	}
}

func TestQ12_AWrongAddressCostsNoEventAnAttempt(t *testing.T) {
	r := newRig(t)
	r.append(5)
	nowhere, err := queue.Open(t.Context(), queue.Config{URL: r.server.URL("nowhere"), Endpoint: r.server.Endpoint()}, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	relay, _ := r.relay(nowhere, 0)
	r.run(relay)
	r.eventually(func() bool { return r.server.Calls("SendMessageBatch") >= 3 }, "the third call")
	if took := time.Since(began); took < 2*time.Second { // its pauses are 1 s and 2 s, ± 20 %
		t.Errorf("three calls in %v", took)
	}
	r.waitFor(5, "status = 0 AND claim LIKE '00000000-%' AND attempts = 0")
	if n := strings.Count(r.log.String(), "\n"); n != 1 || !strings.Contains(r.log.String(), "events are held back") {
		t.Errorf("want one line of log for the change:\n%s", r.log)
	}
	status, err := json.Marshal(relay.Status(t.Context()))
	if err != nil || !strings.Contains(string(status), `"working":false`) || !strings.Contains(string(status), "NonExistentQueue") {
		t.Errorf("the status is %s (%v)", status, err)
	}
}
