package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/rpc"
)

func TestEachTracedEventOfABatchHasASpanAndTheFirstHasTheStatements(t *testing.T) {
	t.Parallel()
	exported := tracetest.NewInMemoryExporter()
	s := spans{sdk.NewTracerProvider(sdk.WithSyncer(exported))}
	event := func(traceparent, kind string) *delivery {
		return &delivery{event: Event{ID: "0198c2a4-77aa-7000-8000-000000000001", Type: kind, RequestID: "a request", Traceparent: traceparent}}
	}
	const first, second = "00-0198c2a477aa700080000123456789ab-00000000000000aa-01", "00-0198c2a477aa700080000123456789ac-00000000000000bb-01"
	ctx, end := s.record(t.Context(), []*delivery{
		event("00-0198c2a477aa700080000123456789ad-00000000000000cc-00", "notejam.notes.note.created.v1"),
		event(first, "notejam.notes.note.created.v1"),
		event("", "notejam.notes.note.created.v1"),
		event("no traceparent", "notejam.notes.note.created.v1"),
		event(second, "of somebody's invention"),
	})
	if got := rpc.Traceparent(ctx)[:36]; got != first[:36] {
		t.Errorf("the statements are of the trace %s, want %s", got, first)
	}
	end(nil)
	var got [][]string
	for _, span := range exported.GetSpans() {
		links := ""
		for _, link := range span.Links {
			links += link.SpanContext.TraceID().String()
		}
		got = append(got, []string{span.Parent.TraceID().String(), span.Parent.SpanID().String(), typeOf(span), links})
	}
	want := [][]string{
		{first[3:35], first[36:52], "notejam.notes.note.created.v1", ""},
		{second[3:35], second[36:52], "unknown", first[3:35]},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parent's trace, parent, type and link (-want +got):\n%s", diff)
	}
}

func TestWithoutATracerTheStatementsBelongToNobody(t *testing.T) {
	t.Parallel()
	ctx, end := spans{}.record(t.Context(), []*delivery{{event: Event{Traceparent: "00-0198c2a477aa700080000123456789ab-00000000000000aa-01"}}})
	end(nil)
	if trace.SpanContextFromContext(ctx).IsValid() {
		t.Error("there is a span")
	}
}

func typeOf(span tracetest.SpanStub) string {
	for _, a := range span.Attributes {
		if a.Key == "notejam.event.type" {
			return a.Value.AsString()
		}
	}
	return ""
}
