// Package tracing makes a service's tracer: OpenTelemetry's, with our ids, our rule of what is sampled and our list of what a span may say, sent to
// a collector by OTLP over HTTP.
//
//	tracer, err := tracing.Open(ctx, rt, cfg.Tracing)
//
// Everybody else knows the tracer as trace.TracerProvider, OpenTelemetry's interface; nil is a service without tracing, which costs nothing.
//
// A trace has the request's id: rpc.RequestID in hexadecimal, without its hyphens. Log lines, error pages, events and traces so join on one id.
// Whether a trace is sampled is decided where the request comes in, by us, and travels with it: what is sent from outside is not read.
package tracing

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// What may wait for the collector, and for how long. A collector that is away costs the memory of the queue and nobody's time: what does not fit
// is dropped.
const (
	maxQueue    = 2048            // spans, some 2 MiB: at 5 % of 200 requests a second, ten seconds' worth
	maxBatch    = 512             // spans in one message
	gather      = time.Second     // from a span's end to its sending
	sendTimeout = 5 * time.Second // for one message, without a repeat: the next one has its turn
	// lastSend is what stopping waits for the rest to be sent, and cutOff for a send that is cut off. The service gives 2 s for both.
	lastSend = 1500 * time.Millisecond
	cutOff   = 250 * time.Millisecond
)

// Config says where spans go and how many.
type Config struct {
	Endpoint string  // URL of the collector's OTLP over HTTP; "" is no tracing
	Ratio    float64 // of requests that are traced, 0 to 1
}

// Settings reads PREFIX_TRACE_ENDPOINT and PREFIX_TRACE_RATIO.
func Settings(s *env.Set, prefix string) Config {
	return Config{
		Endpoint: s.String(prefix+"_TRACE_ENDPOINT", "",
			"Collector of traces, OTLP over HTTP: http://jaeger:4318. The path /v1/traces is added when there is none. Empty: nothing is traced.", env.URL),
		Ratio: s.Number(prefix+"_TRACE_RATIO", 0.05, 0, 1,
			"Part of what begins here that is traced. What a traced request of another service causes is traced whatever this says."),
	}
}

// Open makes the service's tracer, nil when there is no endpoint. It does not connect. What was recorded is sent when the service has stopped.
func Open(ctx context.Context, rt *service.Runtime, cfg Config) (trace.TracerProvider, error) {
	counted := newCounts(rt.Metrics)
	if cfg.Endpoint == "" {
		return nil, nil //nolint:nilnil // nil is the provider of who does not trace; see the package
	}
	// It tells its errors only to sender, which counts them.
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(withPath(cfg.Endpoint)),
		otlptracehttp.WithTimeout(sendTimeout),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}),
	)
	if err != nil {
		return nil, fmt.Errorf("open the exporter of traces: %w", err)
	}
	out := &sender{exporter: exporter, log: rt.Log.With("component", "tracing"), counts: counted}
	name, version := rt.About()
	provider := sdk.NewTracerProvider(
		sdk.WithIDGenerator(ids{}),
		sdk.WithSampler(sdk.ParentBased(ratio(cfg.Ratio))),
		sdk.WithSpanProcessor(counting{counted}),
		sdk.WithBatcher(out, sdk.WithMaxQueueSize(maxQueue), sdk.WithMaxExportBatchSize(maxBatch),
			sdk.WithBatchTimeout(gather), sdk.WithExportTimeout(sendTimeout)),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.namespace", "notejam"),
			attribute.String("service.name", name),
			attribute.String("service.version", version),
			attribute.String("service.instance.id", uuid.NewString()), // of this run: replicas differ
		)),
	)
	rt.OnClose("tracing", running{provider, out}.close)
	return provider, nil
}

// running is what sends.
type running struct {
	provider *sdk.TracerProvider
	out      *sender
}

// close sends what waits and ends the sending; a collector that does not answer is cut off. It never fails: what is lost is counted, and a collector
// that is away makes no stop unclean.
func (r running) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastSend)
	defer cancel()
	err := r.provider.Shutdown(ctx)
	if err == nil {
		return nil
	}
	r.out.log.Debug("the last spans were not sent", "error", err)
	ctx, cancel = context.WithTimeout(context.Background(), cutOff)
	defer cancel()
	_ = r.out.exporter.Shutdown(ctx) // it ends the send under way, whose error is counted
	return nil
}

// withPath completes an address as people write it.
func withPath(endpoint string) string {
	base := strings.TrimSuffix(endpoint, "/")
	_, rest, _ := strings.Cut(base, "://")
	if strings.Contains(rest, "/") {
		return base
	}
	return base + "/v1/traces"
}

// counts are a process's spans by what became of them.
type counts struct{ recorded, sent, lost prometheus.Counter }

func newCounts(registry prometheus.Registerer) counts {
	spans := promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "tracing_spans_total",
		Help: "Spans by what became of them: recorded, and of those sent, or lost because the collector did not take them. The rest waits, or was dropped because too many waited.",
	}, []string{"result"})
	return counts{spans.WithLabelValues("recorded"), spans.WithLabelValues("sent"), spans.WithLabelValues("lost")}
}
