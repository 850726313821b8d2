package rpc

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// What travels beside a message, in gRPC metadata. Nothing else is read from
// there, and the gateway lets nothing from outside in.
const (
	authorizationKey = "authorization"
	requestIDKey     = "x-request-id"
	addressKey       = "x-client-address"
	deviceKey        = "x-client-device"
	replayedKey      = "x-idempotent-replayed"  // in an answer's trailer
	pushbackKey      = "grpc-retry-pushback-ms" // in an answer's trailer: gRPC's own word for when to repeat, below 0 for never
	bearerPrefix     = "Bearer "
)

type (
	requestKeyType struct{}
	tokenKeyType   struct{}
	callerKeyType  struct{}
	clientKeyType  struct{}
)

// NewRequestID makes the id that names one request in every log line, event
// and error page: a UUIDv7, so that it sorts by time.
func NewRequestID() string { return uuid.Must(uuid.NewV7()).String() }

// request is what a context knows of the request that it belongs to.
type request struct {
	id   string
	span uint64 // names this service's part of it; never 0
}

// WithRequestID puts the request's id into the context; calls made with it
// carry the id on.
func WithRequestID(ctx context.Context, id string) context.Context {
	span := 1 + rand.Uint64N(math.MaxUint64) //nolint:gosec // a name, no secret
	return context.WithValue(ctx, requestKeyType{}, request{id, span})
}

// RequestID gives the request's id; empty outside a request.
func RequestID(ctx context.Context) string {
	r, _ := ctx.Value(requestKeyType{}).(request)
	return r.id
}

// Traceparent gives the request as W3C Trace Context names it; empty outside a
// request. The trace's id is the request's, so that log lines, events and traces
// join on one id. Its flags say whether the trace is recorded; in a service
// without tracing it never is.
func Traceparent(ctx context.Context) string {
	span := trace.SpanContextFromContext(ctx)
	if span.IsValid() {
		return fmt.Sprintf("00-%s-%s-%s", span.TraceID(), span.SpanID(), span.TraceFlags())
	}
	r, _ := ctx.Value(requestKeyType{}).(request)
	id, err := uuid.Parse(r.id)
	if err != nil || id == uuid.Nil {
		return ""
	}
	return fmt.Sprintf("00-%x-%016x-00", id[:], r.span)
}

// WithToken makes calls with this context carry the person's access token.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKeyType{}, token)
}

// Client is where a request of somebody outside came from, as the service at the
// door saw it. It is for limits alone and stands in no log, event or table.
type Client struct {
	Address string // the network address; "" when it is not known
	Device  string // the id of a device that is known to the account; "" for any other
}

// WithClient makes calls with this context say where the request came from.
func WithClient(ctx context.Context, c Client) context.Context {
	return context.WithValue(ctx, clientKeyType{}, c)
}

// ClientOf gives what the calling service says of where the request came from.
// Whether that service is one to be believed is for who asks: see Caller.
func ClientOf(ctx context.Context) Client {
	return Client{Address: incoming(ctx, addressKey), Device: incoming(ctx, deviceKey)}
}

// Caller gives the name of the service that makes this call, from its
// certificate; empty outside a call.
func Caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKeyType{}).(string)
	return name
}

// TellReplayed has the answer to this call say that it is the one to an earlier
// request with the same request_id. Outside a call there is nobody to tell.
func TellReplayed(ctx context.Context) {
	_ = grpc.SetTrailer(ctx, metadata.Pairs(replayedKey, "true"))
}

// Replayed says whether an answer with this trailer is the one to an earlier
// request.
func Replayed(trailer metadata.MD) bool { return len(trailer.Get(replayedKey)) > 0 }

// outgoing writes the metadata of a call. It starts afresh: metadata that
// somebody put into the context does not travel.
func outgoing(ctx context.Context) context.Context {
	md := metadata.MD{}
	if id := RequestID(ctx); id != "" {
		md.Set(requestIDKey, id)
	}
	if token, _ := ctx.Value(tokenKeyType{}).(string); token != "" {
		md.Set(authorizationKey, bearerPrefix+token)
	}
	client, _ := ctx.Value(clientKeyType{}).(Client)
	if client.Address != "" {
		md.Set(addressKey, client.Address)
	}
	if client.Device != "" {
		md.Set(deviceKey, client.Device)
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// incoming gives the value of a key that came exactly once; empty otherwise.
func incoming(ctx context.Context, key string) string {
	values := metadata.ValueFromIncomingContext(ctx, key)
	if len(values) != 1 {
		return ""
	}
	return values[0]
}
