package rpc

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/stats"
)

// Calls are traced by OpenTelemetry's own stats handlers: a span on each side,
// joined by the metadata traceparent. The service at the other end is believed,
// for its certificate is ours; whoever is outside is stopped at web, which sends
// its own.

// traced are the options of both sides. Metrics are ours; see metrics.go. Health,
// whose watches last as long as a connection, is not traced.
func traced(tracer trace.TracerProvider) []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(tracer),
		otelgrpc.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelgrpc.WithPropagators(propagation.TraceContext{}),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return !isForeign(info.FullMethodName) }),
	}
}

func tracedClient(tracer trace.TracerProvider) stats.Handler {
	return otelgrpc.NewClientHandler(traced(tracer)...)
}

func tracedServer(tracer trace.TracerProvider) stats.Handler {
	return namedCalls{otelgrpc.NewServerHandler(traced(tracer)...)}
}

// RequestIDAttribute is a span's attribute with the request's id, as log lines
// and pages spell it.
func RequestIDAttribute(ctx context.Context) attribute.KeyValue {
	return attribute.String("request.id", RequestID(ctx))
}

// namedCalls finds out a call's request id before its span begins, which is named
// by it.
type namedCalls struct{ stats.Handler }

// TagRPC begins the call.
func (n namedCalls) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	ctx = n.Handler.TagRPC(named(ctx), info)
	trace.SpanFromContext(ctx).SetAttributes(RequestIDAttribute(ctx))
	return ctx
}
