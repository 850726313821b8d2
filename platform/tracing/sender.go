package tracing

import (
	"context"
	"log/slog"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// mayTell are the attributes that leave the process. The libraries that make spans know paths, addresses and what browsers call themselves, and a
// later version of them may know more: what is not in this list stays here. Each of these has its values from our code or from a short list.
var mayTell = map[attribute.Key]bool{
	"request.id": true, // rpc.RequestID

	"http.request.method":       true, // _OTHER for what is no method
	"http.request.body.size":    true,
	"http.response.status_code": true,
	"http.response.body.size":   true,
	"http.route":                true, // of the table, never the path

	"rpc.system.name":          true,
	"rpc.method":               true,
	"rpc.response.status_code": true,

	"db.system.name":          true,
	"db.namespace":            true,
	"db.operation.name":       true,
	"db.collection.name":      true,
	"db.response.status_code": true,

	"messaging.system":                   true,
	"messaging.operation.name":           true,
	"messaging.operation.type":           true,
	"messaging.destination.name":         true,
	"messaging.message.id":               true, // of the event
	"messaging.batch.message_count":      true,
	"messaging.message.delivery_attempt": true,

	"notejam.event.type": true,
	"notejam.outcome":    true,
	"error.type":         true,
}

// tellable is a span without what it may not tell: attributes that are not in the list, the sentence of its error, and what happened in it, for that
// is the text of a panic.
type tellable struct{ sdk.ReadOnlySpan }

// Attributes gives those in the list.
func (s tellable) Attributes() []attribute.KeyValue { return told(s.ReadOnlySpan.Attributes()) }

// Status gives the code alone.
func (s tellable) Status() sdk.Status { return sdk.Status{Code: s.ReadOnlySpan.Status().Code} }

// Events gives none.
func (s tellable) Events() []sdk.Event { return nil }

// Links gives them with what they may tell.
func (s tellable) Links() []sdk.Link {
	links := make([]sdk.Link, len(s.ReadOnlySpan.Links()))
	for i, link := range s.ReadOnlySpan.Links() {
		links[i] = sdk.Link{SpanContext: link.SpanContext, Attributes: told(link.Attributes)}
	}
	return links
}

func told(all []attribute.KeyValue) []attribute.KeyValue {
	kept := make([]attribute.KeyValue, 0, len(all))
	for _, a := range all {
		if mayTell[a.Key] {
			kept = append(kept, a)
		}
	}
	return kept
}

// sender is the way out. It tells the processor of no error, which would print it past the log.
type sender struct {
	exporter sdk.SpanExporter
	log      *slog.Logger
	counts   counts
	failing  atomic.Bool
}

// ExportSpans sends spans, or counts them as lost.
func (s *sender) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	harmless := make([]sdk.ReadOnlySpan, len(spans))
	for i, span := range spans {
		harmless[i] = tellable{span}
	}
	err := s.exporter.ExportSpans(ctx, harmless)
	if err != nil {
		s.counts.lost.Add(float64(len(spans)))
		if s.failing.CompareAndSwap(false, true) { // once, until it works again
			s.log.Warn("spans are lost, the collector does not take them", "error", err)
		}
		return nil
	}
	s.counts.sent.Add(float64(len(spans)))
	if s.failing.CompareAndSwap(true, false) {
		s.log.Info("the collector takes spans again")
	}
	return nil
}

// Shutdown ends the sending.
func (s *sender) Shutdown(ctx context.Context) error { return s.exporter.Shutdown(ctx) }

// counting counts what is recorded.
type counting struct{ counts }

// OnStart does nothing.
func (counting) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd counts a span.
func (c counting) OnEnd(span sdk.ReadOnlySpan) {
	if span.SpanContext().IsSampled() {
		c.recorded.Inc()
	}
}

// Shutdown does nothing.
func (counting) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing.
func (counting) ForceFlush(context.Context) error { return nil }
