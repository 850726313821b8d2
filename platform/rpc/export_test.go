package rpc

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
)

// CallThroughBreaker gives calls of three seconds to a service that answers as
// answer does.
func CallThroughBreaker(breakers *Breakers, answer func(context.Context) error) func(context.Context) error {
	cfg := ClientConfig{
		Server: "notes", Calls: NewClientMetrics(prometheus.NewRegistry()), Timeout: Timeout{Default: 3 * time.Second},
		breaker: breakers.of("notes"),
	}
	invoke := func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
		return answer(ctx)
	}
	return func(ctx context.Context) error {
		return cfg.call(ctx, "/notejam.probe.v1.ProbeService/Read", nil, nil, nil, invoke)
	}
}
