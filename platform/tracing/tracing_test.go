package tracing_test

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/tracing"
	"gitlab.com/notejam/notejam/platform/tracing/tracingtest"
)

// run runs work in a service that traces, stops it, and gives what Run said and how long the stop took.
func run(t *testing.T, cfg tracing.Config, work func(rt *service.Runtime, tracer trace.TracerProvider)) (took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var begin time.Time
	program := service.Program{
		Name:     "demo",
		Settings: func(s *env.Set) { tracing.Settings(s, "DEMO") },
		Serve: func(ctx context.Context, rt *service.Runtime, _ env.Lookup) error {
			tracer, err := tracing.Open(ctx, rt, cfg)
			if err != nil {
				return err
			}
			work(rt, tracer)
			begin = time.Now()
			cancel()
			return nil
		},
	}
	settings := env.Map(map[string]string{"DEMO_DEBUG_ADDR": "127.0.0.1:0", "DEMO_DRAIN_DELAY": "0s"})
	err = service.Run(ctx, program, settings, service.Options{LogOutput: &strings.Builder{}})
	return time.Since(begin), err
}

func startCollector(t *testing.T) *tracingtest.Collector {
	t.Helper()
	collector, err := tracingtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = collector.Close() })
	return collector
}

func TestATraceHasTheRequestsIdAndIsSentWhenTheServiceStops(t *testing.T) {
	collector := startCollector(t)
	request := rpc.NewRequestID()
	_, err := run(t, tracing.Config{Endpoint: collector.URL(), Ratio: 1}, func(_ *service.Runtime, tracer trace.TracerProvider) {
		ctx := rpc.WithRequestID(t.Context(), request)
		ctx, outer := tracer.Tracer("test").Start(ctx, "outer")
		_, inner := tracer.Tracer("test").Start(ctx, "inner")
		inner.End()
		outer.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	spans := collector.Spans()
	if len(spans) != 2 {
		t.Fatalf("%d spans came: %v", len(spans), spans)
	}
	inner, outer := spans[0], spans[1]
	want := strings.ReplaceAll(request, "-", "")
	if outer.TraceID != want || inner.TraceID != want || outer.Parent != "" || inner.Parent != outer.ID || outer.Service != "demo" {
		t.Errorf("the spans of the request %s are %+v and %+v", request, outer, inner)
	}
}

func TestASpanTellsNothingThatIsNotInTheList(t *testing.T) {
	collector := startCollector(t)
	const secret = "nj_rst_something that nobody may read"
	_, err := run(t, tracing.Config{Endpoint: collector.URL(), Ratio: 1}, func(_ *service.Runtime, tracer trace.TracerProvider) {
		_, span := tracer.Tracer("test").Start(t.Context(), "demo", trace.WithAttributes(
			attribute.String("http.route", "/notes/{id}/"), attribute.String("url.path", secret), attribute.String("user_agent.original", secret),
			attribute.String("client.address", secret), attribute.String("db.query.text", secret), attribute.String("of.a.later.version", secret)),
			trace.WithLinks(trace.Link{
				SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}),
				Attributes:  []attribute.KeyValue{attribute.String("url.full", secret)},
			}))
		span.SetStatus(codes.Error, secret)
		span.RecordError(errors.New(secret))
		span.AddEvent(secret)
		span.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	spans := collector.Spans()
	if len(spans) != 1 || !spans[0].Failed || len(spans[0].Links) != 1 {
		t.Fatalf("what came is %v", spans)
	}
	if diff := cmp.Diff(map[string]string{"http.route": "/notes/{id}/"}, spans[0].Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if strings.Contains(string(collector.Heard()), secret) {
		t.Error("the secret is in what was sent")
	}
}

func TestAsManyTracesAreSampledAsTheRatioSays(t *testing.T) {
	collector := startCollector(t)
	const all, ratio = 4000, 0.05
	sampled := 0
	_, err := run(t, tracing.Config{Endpoint: collector.URL(), Ratio: ratio}, func(_ *service.Runtime, tracer trace.TracerProvider) {
		for range all {
			ctx := rpc.WithRequestID(t.Context(), rpc.NewRequestID())
			ctx, span := tracer.Tracer("test").Start(ctx, "request")
			_, child := tracer.Tracer("test").Start(ctx, "child")
			if span.SpanContext().IsSampled() != child.SpanContext().IsSampled() {
				t.Fatal("a child is sampled otherwise than its parent")
			}
			if span.SpanContext().IsSampled() {
				sampled++
			}
			child.End()
			span.End()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// 200 are to be expected; six standard deviations are 83.
	if sampled < 117 || sampled > 283 {
		t.Errorf("%d of %d are sampled, want one in twenty", sampled, all)
	}
	if len(collector.Spans()) != 2*sampled {
		t.Errorf("%d spans came, %d were recorded", len(collector.Spans()), 2*sampled)
	}
}

func TestARequestThatIsRecordedElsewhereIsRecordedHereWhateverTheRatio(t *testing.T) {
	collector := startCollector(t)
	id, _ := hex.DecodeString("4bf92f3577b34da6a3ce929d0e0e4736")
	for _, flags := range []trace.TraceFlags{0, trace.FlagsSampled} {
		_, err := run(t, tracing.Config{Endpoint: collector.URL(), Ratio: float64(1 - flags)}, func(_ *service.Runtime, tracer trace.TracerProvider) {
			ctx := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID(id), SpanID: trace.SpanID{1}, TraceFlags: flags, Remote: true,
			}))
			_, span := tracer.Tracer("test").Start(ctx, "here")
			span.End()
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(collector.Spans()); got != int(flags) {
			t.Errorf("with the flags %s there are %d spans", flags, got)
		}
	}
}

func TestWithoutAnEndpointThereIsNoTracer(t *testing.T) {
	_, err := run(t, tracing.Config{Ratio: 1}, func(_ *service.Runtime, tracer trace.TracerProvider) {
		if tracer != nil {
			t.Errorf("there is a tracer: %v", tracer)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettings_AreOffAndOneInTwentyByDefault(t *testing.T) {
	set := env.New(env.Map(nil))
	if diff := cmp.Diff(tracing.Config{Ratio: 0.05}, tracing.Settings(set, "DEMO")); diff != "" || set.Err() != nil {
		t.Errorf("settings (-want +got): %v\n%s", set.Err(), diff)
	}
	set = env.New(env.Map(map[string]string{"DEMO_TRACE_ENDPOINT": "jaeger:4318", "DEMO_TRACE_RATIO": "2"}))
	tracing.Settings(set, "DEMO")
	var mistakes env.Mistakes
	if !errors.As(set.Err(), &mistakes) || len(mistakes) != 2 {
		t.Errorf("mistakes are %v", set.Err())
	}
}

// failing answers with an error.
func failing(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

func TestN10_ACollectorThatIsDownKeepsNobodyAndTheStopStaysClean(t *testing.T) {
	for name, endpoint := range map[string]func(testing.TB) string{"it refuses": tracingtest.Refusing, "it is silent": tracingtest.Silent, "it fails": failing} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const spans = 20_000 // ten times what may wait
			var work time.Duration
			var registry *service.Runtime
			stopped, err := run(t, tracing.Config{Endpoint: endpoint(t), Ratio: 1}, func(rt *service.Runtime, tracer trace.TracerProvider) {
				registry = rt
				begin := time.Now()
				for range spans {
					_, span := tracer.Tracer("test").Start(t.Context(), "work")
					span.End()
				}
				work = time.Since(begin)
			})
			if err != nil {
				t.Errorf("the service did not stop well: %v", err)
			}
			if work > 2*time.Second {
				t.Errorf("%d spans took %v: something waits", spans, work)
			}
			if stopped > 2*time.Second {
				t.Errorf("the stop took %v", stopped)
			}
			sent, recorded := counter(t, registry, "sent"), counter(t, registry, "recorded")
			if sent != 0 || recorded != spans {
				t.Errorf("%v of %v spans are sent, want none of %d", sent, recorded, spans)
			}
		})
	}
}

func counter(t *testing.T, rt *service.Runtime, result string) float64 {
	t.Helper()
	families, err := rt.Metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "tracing_spans_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetLabel()[0].GetValue() == result {
				return metric.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("there is no tracing_spans_total{result=%q}", result)
	return 0
}
