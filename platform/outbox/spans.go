package outbox

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/queue"
)

// An event carries the trace of the request that wrote it: its traceparent names
// the span of the transaction. The send is a child of that span, and so is what the
// reader of the queue makes of it; see Join. One trace so has all of it, however
// much later it happens, though many traces share one send.

// scope names this package as the maker of its spans.
const scope = "gitlab.com/notejam/notejam/platform/outbox"

// spans makes the spans of sends.
type spans struct{ tracer trace.TracerProvider }

// sampled is how the traceparent of a request ends that is recorded. Most are
// not, and then nobody reads a payload.
const sampled = `-01"`

// send begins a span for each row of a batch whose request is traced. What it
// returns ends them.
func (s spans) send(ctx context.Context, batch []row) func(queue.SendResult, error) {
	begun := map[string]trace.Span{}
	for _, r := range batch {
		if s.tracer == nil || !strings.Contains(r.payload, sampled) {
			continue
		}
		var e envelope
		err := json.Unmarshal([]byte(r.payload), &e)
		if err != nil {
			continue // Append has not written it
		}
		joined := Join(ctx, e.Traceparent)
		if !trace.SpanContextFromContext(joined).IsSampled() {
			continue
		}
		_, begun[r.id] = s.tracer.Tracer(scope).Start(joined, "send event", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
			attribute.String("messaging.system", "aws_sqs"),
			attribute.String("messaging.operation.name", "send"),
			attribute.String("messaging.operation.type", "send"),
			attribute.String("messaging.message.id", e.ID),
			attribute.Int("messaging.batch.message_count", len(batch)),
			attribute.Int("messaging.message.delivery_attempt", r.attempts),
			attribute.String("notejam.event.type", e.Type),
			attribute.String("request.id", e.RequestID),
		))
	}
	return func(result queue.SendResult, err error) {
		for id, span := range begun {
			if err != nil || !slices.Contains(result.Accepted, id) {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}
	}
}

// Join makes ctx part of the trace that an event's traceparent names; one that names
// none changes nothing.
func Join(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}
