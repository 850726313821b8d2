package audit

import (
	"context"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/outbox"
)

// spans makes an event's row the end of the trace that began with its request.
type spans struct{ tracer trace.TracerProvider }

// record begins a span for each delivery whose request is traced: a child of the
// transaction that wrote the event. One transaction records many events; its
// statements belong to the first of these spans, and the others link to it. What it
// returns ends them.
func (s spans) record(ctx context.Context, batch []*delivery) (context.Context, func(error)) {
	if s.tracer == nil {
		return ctx, func(error) {}
	}
	var begun []trace.Span
	for _, d := range batch {
		joined := outbox.Join(ctx, d.event.Traceparent)
		if !trace.SpanContextFromContext(joined).IsSampled() {
			continue
		}
		options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
			attribute.String("messaging.system", "aws_sqs"),
			attribute.String("messaging.operation.name", "record"),
			attribute.String("messaging.operation.type", "process"),
			attribute.String("messaging.message.id", d.event.ID),
			attribute.Int("messaging.batch.message_count", len(batch)),
			attribute.Int("messaging.message.delivery_attempt", d.ReceiveCount),
			attribute.String("notejam.event.type", knownType(d.event.Type)),
			attribute.String("request.id", knownRequest(d.event.RequestID)),
		)}
		if len(begun) > 0 {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: begun[0].SpanContext()}))
		}
		_, span := s.tracer.Tracer("gitlab.com/notejam/notejam/services/audit").Start(joined, "record event", options...)
		begun = append(begun, span)
	}
	if len(begun) > 0 {
		ctx = trace.ContextWithSpan(ctx, begun[0])
	}
	return ctx, func(err error) {
		for _, span := range begun {
			if err != nil {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}
	}
}

// knownType keeps types that nobody has written down out of spans.
func knownType(name string) string {
	if knownTypes[name] {
		return name
	}
	return "unknown"
}

// knownRequest does so with an id that no service of ours makes.
func knownRequest(id string) string {
	if uuid.Validate(id) != nil {
		return ""
	}
	return id
}
