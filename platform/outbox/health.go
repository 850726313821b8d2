package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// watchEvery is how often the table is measured: more often than a scraper
// looks, and two cheap reads.
const watchEvery = 10 * time.Second

// relayMetrics say whether events get out.
type relayMetrics struct {
	oldest prometheus.Gauge
	parked prometheus.Gauge
	sends  *prometheus.CounterVec
	panics prometheus.Counter
}

func newRelayMetrics(registry prometheus.Registerer) *relayMetrics {
	m := &relayMetrics{
		oldest: promauto.With(registry).NewGauge(prometheus.GaugeOpts{
			Name: "outbox_oldest_unsent_seconds",
			Help: "Age of the oldest event that the queue has not accepted; 0 when there is none. Measured every 10 s.",
		}),
		parked: promauto.With(registry).NewGauge(prometheus.GaugeOpts{
			Name: "outbox_parked",
			Help: "Events that the queue does not take as they are and that wait for a person. Measured every 10 s.",
		}),
		sends: promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
			Name: "outbox_sends_total",
			Help: "Attempts to send an event by result: accepted; refused (tried again, or parked); failed (the whole call to the queue, tried again).",
		}, []string{"result"}),
		panics: promauto.With(registry).NewCounter(prometheus.CounterOpts{
			Name: "outbox_panics_total",
			Help: "Rounds of the relay that panicked. The relay goes on.",
		}),
	}
	for _, result := range []string{"accepted", "refused", "failed"} {
		m.sends.WithLabelValues(result) // so that it is there, at 0, before the first one
	}
	return m
}

func (m *relayMetrics) count(f fate, batch []row, sendErr error) {
	m.sends.WithLabelValues("accepted").Add(float64(len(f.accepted)))
	m.sends.WithLabelValues("refused").Add(float64(len(f.refused)))
	if sendErr != nil {
		m.sends.WithLabelValues("failed").Add(float64(len(batch) - len(f.accepted) - len(f.refused)))
	}
}

// health is what keeps the relay from working, if anything does.
type health struct {
	mu    sync.Mutex
	err   error
	since time.Time
}

func (h *health) ok() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err == nil
}

// note remembers how a round ended, and logs when that is news. A round that
// had nothing to send says nothing about a queue that failed before.
func (r *Relay) note(did worked, err error) {
	h := &r.health
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil && h.err == nil:
		r.log.Warn("events are held back", "error", err)
		h.err, h.since = err, time.Now().UTC()
	case err != nil:
		h.err = err
	case h.err != nil && (did.claimed > 0 || !errors.Is(h.err, errSend)):
		r.log.Info("events are sent again", "after", time.Since(h.since).Round(time.Millisecond))
		h.err = nil
	}
}

// Status is the relay's line on /statusz.
func (r *Relay) Status(ctx context.Context) any {
	type status struct {
		Working      bool       `json:"working"`
		HeldBack     *time.Time `json:"held_back_since,omitempty"`
		Error        string     `json:"error,omitempty"`
		OldestUnsent string     `json:"oldest_unsent,omitempty"`
		Parked       int        `json:"parked"`
	}
	oldest, parked, err := r.rows.measure(ctx)
	h := &r.health
	h.mu.Lock()
	defer h.mu.Unlock()
	s := status{Working: h.err == nil && err == nil, Parked: parked}
	if h.err != nil {
		s.HeldBack = &h.since
	}
	failed := errors.Join(h.err, err)
	if failed != nil {
		s.Error = failed.Error()
	}
	if oldest > 0 {
		s.OldestUnsent = oldest.Round(time.Millisecond).String()
	}
	return s
}

// watch keeps the gauges true until ctx ends. While the database is away they
// keep their last value.
func (r *Relay) watch(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		oldest, parked, err := r.rows.measure(ctx)
		if err == nil {
			r.metrics.oldest.Set(oldest.Seconds())
			r.metrics.parked.Set(float64(parked))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// measure finds the age of the oldest event that was not sent, 0 when all were,
// and the number of parked ones.
func (t rows) measure(ctx context.Context) (oldest time.Duration, parked int, err error) {
	oldest, err = t.oldest(ctx, statusNew)
	if err != nil {
		return 0, 0, err
	}
	err = t.db.QueryRow(ctx, `
SELECT COUNT(*)
FROM outbox
WHERE status = ?`, statusParked).Scan(&parked)
	if err != nil {
		return 0, 0, fmt.Errorf("count parked events: %w", err)
	}
	return oldest, parked, nil
}

// oldest finds the age of the oldest event with a status, 0 when there is none.
// The age is that of the event's id, for every try moves the row's own time.
// Looking at the thousand rows that are due first costs the same however long
// the backlog is, and misses the oldest only by those that were put back.
func (t rows) oldest(ctx context.Context, status int) (time.Duration, error) {
	var id sql.NullString
	var now time.Time
	err := t.db.QueryRow(ctx, `
SELECT
	MIN(event_id),
	UTC_TIMESTAMP(6)
FROM (
	SELECT event_id
	FROM outbox
	WHERE status = ?
	ORDER BY visible_at
	LIMIT 1000
) AS due`, status).Scan(&id, &now)
	if err != nil {
		return 0, fmt.Errorf("measure the oldest event: %w", err)
	}
	return age(id.String, now), nil
}
