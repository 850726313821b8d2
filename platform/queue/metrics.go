package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/prometheus/client_golang/prometheus"
)

// operation names a kind of call, in metrics and in errors.
type operation string

const (
	opSend       operation = "send"
	opReceive    operation = "receive"
	opDelete     operation = "delete"
	opVisibility operation = "change_visibility"
	opAttributes operation = "attributes"
)

// outcome tells whether a batch that was answered was taken whole.
type outcome string

const (
	whole   outcome = "ok"
	partial outcome = "partial"
)

// calls are the metrics of one queue.
type calls struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	age     prometheus.Histogram
}

func newCalls(queue string, metrics prometheus.Registerer) (*calls, error) {
	c := &calls{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "queue_calls_total",
			Help: "Calls to the queue by operation and result: ok, partial (some entries of a batch were refused), throttled, canceled (by the caller), timeout, error.",
		}, []string{"op", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "queue_call_seconds",
			Help:    "Duration of calls to the queue by operation, retries included. A receive waits up to 20 s for a message.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 25},
		}, []string{"op"}),
		age: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "queue_message_age_seconds",
			Help:    "Time from when a message was sent to each of its deliveries, by the server's clock and then ours.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600},
		}),
	}
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{"queue": queue}, metrics)
	for _, collector := range []prometheus.Collector{c.total, c.seconds, c.age} {
		err := labelled.Register(collector)
		if err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return c, nil
}

func (c *calls) observe(op operation, out outcome, err error, took time.Duration) {
	c.total.WithLabelValues(string(op), result(out, err)).Inc()
	c.seconds.WithLabelValues(string(op)).Observe(took.Seconds())
}

func result(out outcome, err error) string {
	switch {
	case err == nil:
		return string(out)
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary:
		return "throttled"
	default:
		return "error"
	}
}
