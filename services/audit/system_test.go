package audit

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
)

// system is the service as it ships, started from its settings, with a
// stand-in for auth that publishes one key, and web as its caller.
type system struct {
	*rig
	ca         *rpctest.CA
	signer     *identity.Signer
	settings   map[string]string
	activities auditpb.ActivityServiceClient
}

func startSystem(t *testing.T) *system {
	t.Helper()
	s := newSystem(t)
	for !s.start() {
		// Between picking a free port and listening on it somebody else took it.
	}
	s.activities = s.from("web")
	return s
}

// newSystem has all that the service needs to start.
func newSystem(t *testing.T) *system {
	t.Helper()
	s := &system{rig: newRig(t)}
	var err error
	s.ca, err = rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	own, err := s.ca.Issue("audit")
	if err != nil {
		t.Fatal(err)
	}
	db := s.schema
	s.settings = map[string]string{
		"AUDIT_DEBUG_ADDR":     "127.0.0.1:0",
		"AUDIT_DRAIN_DELAY":    "0s",
		"AUDIT_START_TIMEOUT":  "20s",
		"AUDIT_AUTH_TARGET":    s.startAuth(),
		"AUDIT_TLS_CA":         own.CA,
		"AUDIT_TLS_CERT":       own.Cert,
		"AUDIT_TLS_KEY":        own.Key,
		"AUDIT_MYSQL_ADDR":     db.Config.Addr,
		"AUDIT_MYSQL_USER":     db.Config.User,
		"AUDIT_MYSQL_PASSWORD": db.Config.Password.Reveal(),
		"AUDIT_MYSQL_DB":       db.Config.Database,
		"AUDIT_QUEUE_URL":      s.server.URL("events"),
		"AUDIT_QUEUE_ENDPOINT": s.server.Endpoint(),
		"AUDIT_PAGE_TOKEN_KEY": strings.Repeat("k", 32),
		"AUDIT_CHECKPOINT_KEY": testSeed,
	}
	return s
}

// start runs the service until the end of the test, and waits until it is
// ready. It tells whether its port was still free.
func (s *system) start() bool {
	s.t.Helper()
	listener := s.listen()
	s.settings["AUDIT_GRPC_ADDR"] = listener.Addr().String()
	_ = listener.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- service.Run(ctx, Program(), env.Map(s.settings), service.Options{
			LogOutput: s.log, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-ended:
		cancel()
		if !errors.Is(err, syscall.EADDRINUSE) {
			s.t.Fatalf("start audit: %v", err)
		}
		return false
	}
	s.t.Cleanup(func() {
		cancel()
		err := <-ended
		if err != nil {
			s.t.Errorf("the service did not stop cleanly: %v", err)
		}
	})
	return true
}

func (s *system) listen() net.Listener {
	s.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(s.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	return listener
}

// keys is auth as far as audit asks it.
type keys struct {
	authinternalpb.UnimplementedIdentityServiceServer
	jwks []byte
}

func (k keys) GetKeySet(context.Context, *authinternalpb.GetKeySetRequest) (*authinternalpb.GetKeySetResponse, error) {
	return &authinternalpb.GetKeySetResponse{Jwks: k.jwks}, nil
}

// startAuth makes a key that signs tokens, and a server that publishes it.
func (s *system) startAuth() (target string) {
	s.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	s.signer, err = identity.NewSigner("k1", private)
	if err != nil {
		s.t.Fatal(err)
	}
	jwks, err := identity.EncodeKeySet(map[string]ed25519.PublicKey{"k1": public})
	if err != nil {
		s.t.Fatal(err)
	}
	server := rpc.NewServer(rpc.ServerConfig{
		TLS: s.tls("auth"), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), InFlight: 4,
		Verify: func(context.Context, string) (identity.Principal, error) { return identity.Principal{}, nil },
	})
	authinternalpb.RegisterIdentityServiceServer(server.Registrar(), keys{jwks: jwks})
	server.SetServing(true)
	listener := s.listen()
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Stop(ctx) // calls that are cut were health watches
		serving.Wait()
	})
	return "dns:///" + listener.Addr().String()
}

func (s *system) tls(name string) *rpc.TLS {
	s.t.Helper()
	files, err := s.ca.Issue(name)
	if err != nil {
		s.t.Fatal(err)
	}
	tls, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	return tls
}

// from calls the service with the certificate of another one.
func (s *system) from(caller string) auditpb.ActivityServiceClient {
	s.t.Helper()
	return auditpb.NewActivityServiceClient(s.dial(caller))
}

func (s *system) dial(caller string) *grpc.ClientConn {
	s.t.Helper()
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: "dns:///" + s.settings["AUDIT_GRPC_ADDR"], Server: "audit", TLS: s.tls(caller),
		Calls: rpc.NewClientMetrics(prometheus.NewRegistry()), Timeout: rpc.Timeout{Default: 5 * time.Second},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// signedIn is a context that carries a person's token.
func (s *system) signedIn(person, audience string, scopes ...string) context.Context {
	s.t.Helper()
	token, _, err := s.signer.Sign(identity.Principal{PersonID: person, SessionID: uuid.NewString(), Scopes: scopes}, audience, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return rpc.WithToken(s.t.Context(), token)
}

// reader is a person who may read activities.
func (s *system) reader(person string) context.Context {
	return s.signedIn(person, "audit", "activity:read")
}
