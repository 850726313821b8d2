package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/dynamicpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
)

// rig is a real server on loopback that serves the probe, and its CA.
type rig struct {
	t       *testing.T
	ca      *rpctest.CA
	tracer  trace.TracerProvider
	server  *rpc.Server
	addr    string
	log     *lockedBuffer
	metrics *prometheus.Registry
	denied  denials
}

// denials are the calls that the server said it denied to persons.
type denials struct {
	mu   sync.Mutex
	told []string
}

func (d *denials) add(ctx context.Context, personID, method string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, personID+" "+method+" "+rpc.RequestID(ctx))
}

func (d *denials) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.told)
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// verify knows three tokens.
func verify(_ context.Context, token string) (identity.Principal, error) {
	switch token {
	case "ann":
		return identity.Principal{PersonID: "ann", Scopes: []string{"notes:read", "notes:write"}}, nil
	case "reader":
		return identity.Principal{PersonID: "reader", Scopes: []string{"notes:read"}}, nil
	default:
		return identity.Principal{}, fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "Sign in to do this.")
	}
}

func newRig(t *testing.T, inFlight int, handle handler) *rig {
	t.Helper()
	return newTracedRig(t, nil, inFlight, handle)
}

// newTracedRig is a rig whose server and clients record what they do.
func newTracedRig(t *testing.T, tracer trace.TracerProvider, inFlight int, handle handler) *rig {
	t.Helper()
	ca, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, ca: ca, tracer: tracer, log: &lockedBuffer{}, metrics: prometheus.NewRegistry()}
	log := slog.New(slog.NewJSONHandler(r.log, nil))
	r.server = rpc.NewServer(rpc.ServerConfig{
		TLS: r.tls("notes"), Verify: verify, Denied: r.denied.add, Log: log, Metrics: r.metrics, InFlight: inFlight, Tracer: tracer,
	})
	r.server.Registrar().RegisterService(describe(registerProbe(t), handle), nil)
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- r.server.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		err := errors.Join(r.server.Stop(ctx), <-ended)
		if err != nil {
			t.Error(err)
		}
	})
	r.server.SetServing(true)
	return r
}

func (r *rig) tls(names ...string) *rpc.TLS {
	r.t.Helper()
	files, err := r.ca.Issue(names...)
	if err != nil {
		r.t.Fatal(err)
	}
	loaded, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
	if err != nil {
		r.t.Fatal(err)
	}
	return loaded
}

// dial connects as a service to a server of the name.
func (r *rig) dial(as *rpc.TLS, server string) *grpc.ClientConn {
	r.t.Helper()
	return r.dialWith(nil, as, server)
}

func (r *rig) dialWith(breakers *rpc.Breakers, as *rpc.TLS, server string) *grpc.ClientConn {
	r.t.Helper()
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: "dns:///" + r.addr, Server: server, TLS: as, Breakers: breakers,
		Calls: rpc.NewClientMetrics(prometheus.NewRegistry()), Tracer: r.tracer, Timeout: rpc.Timeout{Default: 3 * time.Second},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func call(ctx context.Context, conn *grpc.ClientConn, method, text string) (string, error) {
	input := "ReadRequest"
	if method == writeMethod {
		input = "WriteRequest"
	}
	answer := dynamicpb.NewMessage(theProbe.Messages().ByName("Answer"))
	err := conn.Invoke(ctx, method, messageWith(theProbe.Messages().ByName(dynamicName(input)), text), answer)
	return textOf(answer), err
}

func echo(_ context.Context, text string) (string, error) { return text, nil }
