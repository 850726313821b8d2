package rpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	"gitlab.com/notejam/notejam/platform/fault"
)

// A message that cannot be read goes through the chain like any other call. gRPC
// itself would answer INTERNAL before the chain begins: a fault of ours that
// nobody logs or counts, for whoever sends us nonsense.

// received is a message as it came, and why it could not be read.
type received struct {
	message   any
	malformed error
}

// codec is that of protobuf messages, which keeps with a received one why it
// could not be read.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// Unmarshal reads a message.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	r, ours := v.(*received)
	if !ours { // health and reflection
		return c.CodecV2.Unmarshal(data, v)
	}
	r.malformed = c.CodecV2.Unmarshal(data, r.message)
	return nil
}

// readable registers services that refuse what they cannot read.
type readable struct{ grpc.ServiceRegistrar }

// RegisterService registers a service of which every method does.
func (r readable) RegisterService(desc *grpc.ServiceDesc, server any) {
	wrapped := *desc
	wrapped.Methods = make([]grpc.MethodDesc, len(desc.Methods))
	for i, method := range desc.Methods {
		wrapped.Methods[i] = grpc.MethodDesc{MethodName: method.MethodName, Handler: refuseMalformed(method.Handler)}
	}
	r.ServiceRegistrar.RegisterService(&wrapped, server)
}

// refuseMalformed has the chain run also when the message cannot be read, and
// refuses it in the handler's place.
func refuseMalformed(handle grpc.MethodHandler) grpc.MethodHandler {
	return func(server any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
		var got received
		receive := func(message any) error {
			got.message = message
			return decode(&got)
		}
		return handle(server, ctx, receive, func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if got.malformed != nil {
				next = func(context.Context, any) (any, error) {
					return nil, fault.New(fault.Invalid, fault.ReasonRequestMalformed, "The request could not be read.").With(got.malformed)
				}
			}
			return chain(ctx, req, info, next)
		})
	}
}
