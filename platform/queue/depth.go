package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// depthEvery is how often queues are counted: SQS's own numbers lag by up to a minute.
const depthEvery = 30 * time.Second

// Depth shows in a metric how many messages queues hold.
type Depth struct {
	queues   []*Queue
	messages *prometheus.GaugeVec
}

// NewDepth makes a depth; Run measures.
func NewDepth(metrics prometheus.Registerer, queues ...*Queue) (*Depth, error) {
	d := &Depth{queues: queues, messages: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "queue_messages",
		Help: "Messages of the queue, by state: visible (may be received now), in_flight (being worked on), delayed. Missing while the queue does not answer. Measured every 30 s.",
	}, []string{"queue", "state"})}
	err := metrics.Register(d.messages)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return d, nil
}

// Run measures until ctx ends.
func (d *Depth) Run(ctx context.Context) error {
	ticker := time.NewTicker(depthEvery)
	defer ticker.Stop()
	for {
		_ = d.Measure(ctx) // queue_calls_total counts what failed
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Measure asks every queue once. One that does not answer has no numbers, rather than old ones.
func (d *Depth) Measure(ctx context.Context) error {
	var problems []error
	for _, q := range d.queues {
		attributes, err := q.Attributes(ctx)
		if err != nil {
			d.messages.DeletePartialMatch(prometheus.Labels{"queue": q.name})
			problems = append(problems, err)
			continue
		}
		d.messages.WithLabelValues(q.name, "visible").Set(float64(attributes.Visible))
		d.messages.WithLabelValues(q.name, "in_flight").Set(float64(attributes.InFlight))
		d.messages.WithLabelValues(q.name, "delayed").Set(float64(attributes.Delayed))
	}
	return errors.Join(problems...)
}
