package audit

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// consumerMetrics say whether events arrive.
type consumerMetrics struct {
	messages     *prometheus.CounterVec
	lag          prometheus.Histogram
	unknownTypes prometheus.Counter
	undeleted    prometheus.Counter
	panics       prometheus.Counter
}

func newConsumerMetrics(registry prometheus.Registerer) *consumerMetrics {
	m := &consumerMetrics{
		messages: promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
			Name: "audit_messages_total",
			Help: "Received messages by result: recorded, repeated (recorded before), quarantined (no event), returned (failed, comes again).",
		}, []string{"result"}),
		lag: promauto.With(registry).NewHistogram(prometheus.HistogramOpts{
			Name:    "audit_lag_seconds",
			Help:    "Time from when something happened to when it was recorded, by the clocks of the service that told it and of this one.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600},
		}),
		unknownTypes: promauto.With(registry).NewCounter(prometheus.CounterOpts{
			Name: "audit_unknown_types_total",
			Help: "Recorded events of a type that this release does not know.",
		}),
		undeleted: promauto.With(registry).NewCounter(prometheus.CounterOpts{
			Name: "audit_undeleted_total",
			Help: "Messages that were recorded and could not be deleted from the queue. Each comes once more.",
		}),
		panics: promauto.With(registry).NewCounter(prometheus.CounterOpts{
			Name: "audit_panics_total",
			Help: "Messages whose recording panicked. They come again.",
		}),
	}
	for _, result := range []string{"recorded", "repeated", "quarantined", "returned"} {
		m.messages.WithLabelValues(result) // so that it is there, at 0, before the first one
	}
	return m
}

// health is what keeps the consumer from receiving, if anything does.
type health struct {
	mu    sync.Mutex
	err   error
	since time.Time
}

// note remembers how a try to receive ended, and logs when that is news.
func (c *Consumer) note(err error) {
	h := &c.health
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil && h.err == nil:
		c.log.Warn("no messages are received", "error", err)
		h.since = time.Now().UTC()
	case err == nil && h.err != nil:
		c.log.Info("messages are received again", "after", time.Since(h.since).Round(time.Millisecond))
	}
	h.err = err
}

// Status is the consumer's line on /statusz: what it does, and what waits in
// the queue.
func (c *Consumer) Status(ctx context.Context) any {
	type status struct {
		Receiving bool       `json:"receiving"`
		Since     *time.Time `json:"not_receiving_since,omitempty"`
		Error     string     `json:"error,omitempty"`
		Waiting   *int       `json:"waiting,omitempty"`
		InFlight  *int       `json:"in_flight,omitempty"`
	}
	attributes, countErr := c.queue.Attributes(ctx)
	h := &c.health
	h.mu.Lock()
	defer h.mu.Unlock()
	s := status{Receiving: h.err == nil}
	if h.err != nil {
		s.Since, s.Error = &h.since, h.err.Error()
	}
	if countErr == nil {
		s.Waiting, s.InFlight = &attributes.Visible, &attributes.InFlight
	}
	return s
}
