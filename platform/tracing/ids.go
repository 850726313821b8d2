package tracing

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/google/uuid"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/rpc"
)

// ids gives a trace the id of the request that it begins with; one that begins outside a request gets a new one.
type ids struct{}

// NewIDs makes the ids of a trace and its first span.
func (i ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, err := uuid.Parse(rpc.RequestID(ctx))
	if err != nil || id == uuid.Nil {
		id = uuid.Must(uuid.NewV7())
	}
	traceID := trace.TraceID(id)
	return traceID, i.NewSpanID(ctx, traceID)
}

// NewSpanID makes the id of a span, never 0.
func (ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var id trace.SpanID
	binary.BigEndian.PutUint64(id[:], 1+rand.Uint64N(math.MaxUint64)) //nolint:gosec // a name, no secret
	return id
}

// randomBits are those of a trace's id that are random, as W3C Trace Context says, level 2: the last seven bytes. OpenTelemetry's own sampler by id
// looks at the last eight, of which a UUID says with the first two bits that it is one: it would sample none of ours up to a ratio of one half.
const randomBits = 56

// ratio samples this part of all traces, by their ids.
type ratio float64

// ShouldSample decides about a trace.
func (r ratio) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	random := binary.BigEndian.Uint64(p.TraceID[8:]) & (1<<randomBits - 1)
	if float64(random) < float64(r)*(1<<randomBits) {
		return sdk.SamplingResult{Decision: sdk.RecordAndSample}
	}
	return sdk.SamplingResult{Decision: sdk.Drop}
}

// Description names it.
func (r ratio) Description() string {
	return "Ratio{" + strconv.FormatFloat(float64(r), 'g', -1, 64) + "}"
}
