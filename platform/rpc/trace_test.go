package rpc_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/rpc"
)

func TestATracedCallIsOneSpanOnEachSideAndHealthIsNone(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tracer := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	var there string
	r := newTracedRig(t, tracer, 4, func(ctx context.Context, text string) (string, error) {
		there = rpc.Traceparent(ctx)
		return text, nil
	})
	request := rpc.NewRequestID()
	ctx, root := tracer.Tracer("test").Start(rpc.WithToken(rpc.WithRequestID(t.Context(), request), "ann"), "page")
	_, err := call(ctx, r.dial(r.tls("web"), "notes"), readMethod, "x")
	root.End()
	if err != nil {
		t.Fatal(err)
	}
	err = r.server.Stop(t.Context()) // ends the server's span and the health watch
	if err != nil {
		t.Fatal(err)
	}
	byID := map[trace.SpanID]tracetest.SpanStub{}
	for _, span := range spans.GetSpans() {
		byID[span.SpanContext.SpanID()] = span
	}
	var drawn []string
	for _, span := range byID {
		if span.SpanKind == trace.SpanKindServer {
			for at := span; at.SpanContext.IsValid(); at = byID[at.Parent.SpanID()] {
				drawn = append(drawn, at.SpanKind.String()+" "+at.Name)
			}
			if want := "-" + span.SpanContext.SpanID().String() + "-01"; !strings.HasSuffix(there, want) {
				t.Errorf("the handler's traceparent is %s, want %s", there, want)
			}
			if got := attributeOf(span, "request.id"); got != request {
				t.Errorf("the span is of the request %q, want %q", got, request)
			}
		}
	}
	name := strings.TrimPrefix(readMethod, "/")
	if diff := cmp.Diff([]string{"server " + name, "client " + name, "internal page"}, drawn); diff != "" || len(byID) != 3 {
		t.Errorf("%d spans (-want +got):\n%s", len(byID), diff)
	}
}

func TestACallOutsideARequestIsARequestOfItsOwn(t *testing.T) {
	var id string
	r := newRig(t, 4, func(ctx context.Context, text string) (string, error) {
		id = rpc.RequestID(ctx)
		return text, nil
	})
	_, err := call(rpc.WithToken(t.Context(), "ann"), r.dial(r.tls("web"), "notes"), readMethod, "x")
	if err != nil || uuid.Validate(id) != nil {
		t.Errorf("got %v, and the handler saw request %q", err, id)
	}
}

func attributeOf(span tracetest.SpanStub, key string) string {
	for _, a := range span.Attributes {
		if string(a.Key) == key {
			return a.Value.AsString()
		}
	}
	return ""
}
