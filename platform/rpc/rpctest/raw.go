package rpctest

import "errors"

// RawCodec sends bytes as they are, as a client that is none of ours may; what it receives it drops. It is for grpc.ForceCodec.
type RawCodec struct{}

// Marshal gives a message of bytes.
func (RawCodec) Marshal(v any) ([]byte, error) {
	message, ok := v.([]byte)
	if !ok {
		return nil, errors.New("not bytes")
	}
	return message, nil
}

// Unmarshal drops a message.
func (RawCodec) Unmarshal([]byte, any) error { return nil }

// Name is that of the codec in whose place it is.
func (RawCodec) Name() string { return "proto" }
