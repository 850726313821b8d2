package rpc

import (
	"context"

	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"
)

// What travels beside a message, in gRPC metadata. Nothing else is read from
// there, and the gateway lets nothing from outside in.
const (
	authorizationKey = "authorization"
	requestIDKey     = "x-request-id"
	bearerPrefix     = "Bearer "
)

type (
	requestIDKeyType struct{}
	tokenKeyType     struct{}
	callerKeyType    struct{}
)

// NewRequestID makes the id that names one request in every log line, event
// and error page: a UUIDv7, so that it sorts by time.
func NewRequestID() string { return uuid.Must(uuid.NewV7()).String() }

// WithRequestID puts the request's id into the context; calls made with it
// carry the id on.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKeyType{}, id)
}

// RequestID gives the request's id; empty outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKeyType{}).(string)
	return id
}

// WithToken makes calls with this context carry the person's access token.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKeyType{}, token)
}

// Caller gives the name of the service that makes this call, from its
// certificate; empty outside a call.
func Caller(ctx context.Context) string {
	name, _ := ctx.Value(callerKeyType{}).(string)
	return name
}

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
