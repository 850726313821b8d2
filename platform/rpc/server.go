// Package rpc is gRPC between our services as they all speak it: mutual TLS,
// one chain of interceptors on the way in (interceptors.go), one on the way
// out (client.go), and the rules that stand beside each RPC in its proto
// enforced from the descriptors (policy.go).
package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"gitlab.com/notejam/notejam/platform/admission"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/service"
)

// The server's limits. None of ours comes near them; whoever does is no friend.
const (
	// maxMessage is four times the largest note: 1 MiB.
	maxMessage = 1 << 20
	// window is how much one call may have on its way unread, connWindow all calls
	// of a connection. Without fixed ones gRPC measures the line to find them, with
	// a ping and its answer on nearly every call, which tells nothing of use about
	// messages of a few KiB between neighbours.
	window     = 256 << 10
	connWindow = maxMessage
	// streamWorkers keep their stacks from one call to the next; a new goroutine
	// for each call grows and copies its own. More calls at once get goroutines.
	streamWorkers = 16
	// maxHeaderList bounds metadata: a token is half a KiB.
	maxHeaderList = 16 << 10
	// maxStreams is per connection.
	maxStreams = 250
	// connectTime bounds a handshake.
	connectTime = 10 * time.Second
	// maxConnectionAge makes clients look up our addresses again, so that new
	// tasks get their share within about 90 s; maxConnectionGrace is what the
	// calls under way then have left.
	maxConnectionAge   = 60 * time.Second
	maxConnectionGrace = 20 * time.Second
	// minPingGap must stay below the clients' keepaliveTime: a server that is
	// asked more often than it allows ends the connection.
	minPingGap = 10 * time.Second
)

// ServerConfig is what a server needs.
type ServerConfig struct {
	TLS *TLS
	// Verify checks a person's access token; nil if no method needs one.
	Verify func(ctx context.Context, token string) (identity.Principal, error)
	// Denied is told of each call that a person, whose token was verified, may not
	// make: an answer of PERMISSION_DENIED. It must not block; nil for nobody.
	Denied  func(ctx context.Context, personID, method string)
	Log     *slog.Logger
	Metrics prometheus.Registerer
	// Tracer records calls; nil for none.
	Tracer trace.TracerProvider
	// ReadOnly tells whether writes are refused for now, which every answer says
	// then; nil for a service that has no such state.
	ReadOnly func(ctx context.Context) bool
	// InFlight is how many calls run at once: twice the database pool, since
	// more could only queue there. Lower classes (notejam.policy.v1) get a share.
	InFlight int
	// Reflection lets whoever has one of our certificates ask for the contracts.
	Reflection bool
}

// ReflectionSetting declares and reads <prefix>_GRPC_REFLECTION.
func ReflectionSetting(s *env.Set, prefix string) bool {
	return s.Bool(prefix+"_GRPC_REFLECTION", false,
		"Whether tools that hold one of our certificates can ask the gRPC server for its contracts: on one's own machine, and nowhere else.")
}

// Server is a gRPC server with our chain.
type Server struct {
	grpc     *grpc.Server
	health   *health.Server
	verify   func(ctx context.Context, token string) (identity.Principal, error)
	denied   func(ctx context.Context, personID, method string)
	readOnly func(ctx context.Context) bool
	log      *slog.Logger
	metrics  serverMetrics
	gate     *admission.Gate
	policies map[string]Policy
}

// NewServer makes a server that serves nothing yet but its health, NOT_SERVING.
func NewServer(cfg ServerConfig) *Server {
	s := &Server{
		health:   health.NewServer(),
		verify:   cfg.Verify,
		denied:   cfg.Denied,
		readOnly: cfg.ReadOnly,
		log:      cfg.Log,
		metrics:  newServerMetrics(cfg.Metrics),
		gate: admission.New(admission.Config{
			Limit: cfg.InFlight, Wait: limitWait, Metrics: cfg.Metrics, Prefix: "rpc_server",
		}),
	}
	var unary []grpc.UnaryServerInterceptor
	for _, step := range s.chain() {
		unary = append(unary, step.run)
	}
	options := []grpc.ServerOption{
		grpc.Creds(reloading{TLS: cfg.TLS, handshakes: newHandshakes(cfg.Log, cfg.Metrics)}),
		grpc.ChainUnaryInterceptor(unary...),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.InitialWindowSize(window),
		grpc.InitialConnWindowSize(connWindow),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.MaxHeaderListSize(maxHeaderList),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(connectTime),
		grpc.WaitForHandlers(true),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: maxConnectionAge, MaxConnectionAgeGrace: maxConnectionGrace,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: minPingGap, PermitWithoutStream: true,
		}),
	}
	if cfg.Tracer != nil {
		options = append(options, grpc.StatsHandler(tracedServer(cfg.Tracer)))
	}
	s.grpc = grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(s.grpc, s.health)
	if cfg.Reflection {
		reflection.Register(s.grpc)
	}
	s.SetServing(false)
	return s
}

// Registrar is where generated code registers services.
func (s *Server) Registrar() grpc.ServiceRegistrar { return readable{s.grpc} }

// CheckPolicies refuses a server with an RPC whose options do not say all they
// must. Serve calls it; a test may ask earlier.
func (s *Server) CheckPolicies() error {
	policies, err := registeredPolicies(s.grpc)
	if err != nil {
		return fmt.Errorf("check policies: %w", err)
	}
	for _, p := range policies {
		if p.NeedsPerson() && s.verify == nil {
			return fmt.Errorf("check policies: rpc %s needs a person but the server cannot verify tokens", p.Method)
		}
	}
	s.policies = policies
	return nil
}

// SetServing sets the server's health, which balanced clients watch.
func (s *Server) SetServing(serving bool) {
	state := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if serving {
		state = grpc_health_v1.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", state)
}

// Component lets the service run the server on addr, host:port: its health is
// the service's readiness.
func (s *Server) Component(rt *service.Runtime, addr string) service.Component {
	listening := rt.Ready("grpc listener")
	rt.WatchReady(s.SetServing)
	return service.Component{
		Name: "grpc server",
		Run: func(ctx context.Context) error {
			var config net.ListenConfig
			listener, err := config.Listen(ctx, "tcp", addr)
			if err != nil {
				return fmt.Errorf("open the gRPC listener: %w", err)
			}
			listening.Set(nil)
			return s.Serve(listener)
		},
		Stop: s.Stop,
	}
}

// Serve answers calls on the listener until Stop.
func (s *Server) Serve(listener net.Listener) error {
	err := s.CheckPolicies()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	err = s.grpc.Serve(listener)
	if err != nil {
		return fmt.Errorf("serve gRPC: %w", err)
	}
	return nil
}

// Stop lets the calls under way end; those that still run when ctx ends are
// cut.
func (s *Server) Stop(ctx context.Context) error {
	// Watchers of our health hold streams that never end by themselves.
	s.health.Shutdown()
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.grpc.Stop()
		<-done
		return fmt.Errorf("stop gRPC: calls were cut: %w", ctx.Err())
	}
}
