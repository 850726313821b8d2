package rpc

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

func TestN8_AnAnswerWithoutAddressesTakesNoneAway(t *testing.T) {
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	names := manual.NewBuilderWithScheme("dns")
	names.InitialState(resolver.State{Endpoints: []resolver.Endpoint{{Addresses: []resolver.Address{{Addr: listener.Addr().String()}}}}})
	balancing, err := serviceConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("dns:///name", grpc.WithResolvers(keeping{names}), grpc.WithDefaultServiceConfig(balancing),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	check := func() error {
		_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.WaitForReady(true))
		return err
	}
	err = check()
	if err != nil {
		t.Fatalf("before: %v", err)
	}
	_ = names.CC().UpdateState(resolver.State{}) // an answer like any other to the resolver
	if conn.WaitForStateChange(onlyFor(t, 200*time.Millisecond), connectivity.Ready) {
		t.Errorf("the connection is %v now", conn.GetState())
	}
	err = check()
	if err != nil {
		t.Errorf("after an empty answer: %v", err)
	}
}

func onlyFor(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
