package notes

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
)

// clock is a time that only moves when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// newSigner makes auth's signer of access tokens, and its key set.
func newSigner(t *testing.T) (*identity.Signer, []byte) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := identity.EncodeKeySet(map[string]ed25519.PublicKey{"test": public})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := identity.NewSigner("test", private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, keys
}

func issue(t *testing.T, ca *rpctest.CA, name string) *rpc.TLS {
	t.Helper()
	files, err := ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	tls, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return tls
}

// startTally makes a tally that writes until the end of the test, and when it is stopped.
func startTally(t *testing.T, cfg outbox.TallyConfig) *outbox.Tally {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	tally := outbox.NewTally(cfg)
	ended := make(chan error, 1)
	go func() { ended <- tally.Run(t.Context()) }()
	t.Cleanup(func() {
		err := <-ended
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return tally
}

// serveOn serves until the end of the test, on a port that the system chose.
func serveOn(t *testing.T, server *rpc.Server) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server.SetServing(true)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		err := errors.Join(server.Stop(context.Background()), <-ended)
		if err != nil {
			t.Errorf("the server did not stop cleanly: %v", err)
		}
	})
	return listener.Addr().String()
}

func dial(t *testing.T, addr string, tls *rpc.TLS) *grpc.ClientConn {
	t.Helper()
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: "dns:///" + addr, Server: serviceName, TLS: tls,
		Calls:   rpc.NewClientMetrics(prometheus.NewRegistry()),
		Timeout: rpc.Timeout{Default: 20 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
