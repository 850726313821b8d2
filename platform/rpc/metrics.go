package rpc

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
)

// buckets suit calls that are meant to take 1 ms to 3.5 s.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 4}

// callMetrics counts and times calls by method and code: the latency signal
// that alerts stand on.
type callMetrics struct {
	seconds *prometheus.HistogramVec
}

func newCallMetrics(side string, registry prometheus.Registerer) callMetrics {
	m := callMetrics{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "rpc_" + side + "_seconds",
		Help:    "Time of unary gRPC calls, seen by the " + side + ", by method and code.",
		Buckets: buckets,
	}, []string{"method", "code"})}
	registry.MustRegister(m.seconds)
	return m
}

func (m callMetrics) observe(method string, code codes.Code, took time.Duration) {
	m.seconds.WithLabelValues(method, code.String()).Observe(took.Seconds())
}

// serverMetrics adds what only a server knows.
type serverMetrics struct {
	callMetrics
	panics prometheus.Counter
}

func newServerMetrics(registry prometheus.Registerer) serverMetrics {
	m := serverMetrics{
		callMetrics: newCallMetrics("server", registry),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rpc_server_panics_total",
			Help: "Panics in gRPC handlers; each was answered INTERNAL and logged with its stack.",
		}),
	}
	registry.MustRegister(m.panics)
	return m
}
