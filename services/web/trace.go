package web

// What comes in at the door begins a trace of its own. OpenTelemetry's handler makes its span; what a browser or a program sends about traces of
// theirs, traceparent, tracestate and baggage, is not read: nobody outside decides what is recorded, or puts words into our traces. Whoever wants to
// find a request in them has its X-Request-Id, which is the trace's id.

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/rpc"
)

// traced records requests, but for those that only ask whether web is ready. Without a tracer it changes nothing.
func traced(tracer trace.TracerProvider, next http.Handler) http.Handler {
	if tracer == nil {
		return next
	}
	named := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trace.SpanFromContext(r.Context()).SetAttributes(rpc.RequestIDAttribute(r.Context()))
		next.ServeHTTP(w, r)
	})
	return otelhttp.NewHandler(named, "",
		otelhttp.WithTracerProvider(tracer),
		otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()), // metrics are ours; see observe.go
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return spanName(r, factsOf(r.Context()).route) }),
		otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/readyz" }),
	)
}

func spanName(r *http.Request, route string) string { return knownMethod(r.Method) + " " + route }

// nameSpan calls the request's span by its route.
func nameSpan(r *http.Request, route string) {
	span := trace.SpanFromContext(r.Context())
	if !span.IsRecording() {
		return
	}
	span.SetName(spanName(r, route))
	span.SetAttributes(semconv.HTTPRoute(route))
}
