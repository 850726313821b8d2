package rpc_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
)

func TestServer_TellsNoContractsUnlessItIsToldTo(t *testing.T) {
	r := newRig(t, 1, echo)
	stream, err := reflectionpb.NewServerReflectionClient(r.dial(r.tls("web"), "notes")).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("got %v", err)
	}
}
