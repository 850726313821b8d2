package idempotency

import (
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// requestIDField says nothing about what a request wants.
const requestIDField = protoreflect.Name("request_id")

// Request is the message of a write, as AIP-155 wants it.
type Request interface {
	proto.Message
	GetRequestId() string
}

// NewKey names a person's request to a full gRPC method.
func NewKey(person, method string, request Request) (Key, error) {
	hash, err := HashRequest(request)
	if err != nil {
		return Key{}, err
	}
	return Key{Person: person, RequestID: request.GetRequestId(), Method: method, Hash: hash}, nil
}

// HashRequest tells two requests apart: SHA-256 of the message without its request_id and without every field marked debug_redact, however deep.
// Secrets stay out because the hash is stored: that of a password would let its holder test guesses. So a repeat with another password counts as
// the same request.
//
// The bytes of a message are the same wherever the same version of a service runs. Two versions of one service may differ; a repeat that reaches
// the other one during a deployment is then refused, which is safe.
func HashRequest(request proto.Message) ([]byte, error) {
	open := proto.Clone(request)
	reflected := open.ProtoReflect()
	field := reflected.Descriptor().Fields().ByName(requestIDField)
	if field != nil {
		reflected.Clear(field)
	}
	clearSecrets(reflected)
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(open)
	if err != nil {
		return nil, fmt.Errorf("hash request: %w", err)
	}
	sum := sha256.Sum256(data)
	return sum[:], nil
}

// clearSecrets clears the marked fields of a message and of all in it.
func clearSecrets(message protoreflect.Message) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		options, _ := field.Options().(*descriptorpb.FieldOptions)
		switch {
		case options.GetDebugRedact():
			message.Clear(field)
		case field.IsMap():
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, entry protoreflect.Value) bool {
					clearSecrets(entry.Message())
					return true
				})
			}
		case field.Message() == nil:
		case field.IsList():
			for i := range value.List().Len() {
				clearSecrets(value.List().Get(i).Message())
			}
		default:
			clearSecrets(value.Message())
		}
		return true
	})
}
