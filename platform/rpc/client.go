package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	_ "google.golang.org/grpc/health" // without it the service config's healthCheckConfig does nothing
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/dns"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gitlab.com/notejam/notejam/platform/fault"
)

const (
	// keepaliveTime and keepaliveTimeout notice a vanished peer within 25 s.
	keepaliveTime    = 20 * time.Second
	keepaliveTimeout = 5 * time.Second
	// resolveGap is how often an address may be looked up again; grpc-go's own
	// 30 s would keep calling tasks that are gone.
	resolveGap = 5 * time.Second
	// hop is what a call leaves of its caller's time for the way back.
	hop = 20 * time.Millisecond
)

// connect is how a connection is made again. grpc-go's default pauses grow to
// two minutes, which would outlive every outage.
var connect = grpc.ConnectParams{
	Backoff: backoff.Config{
		BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second,
	},
	MinConnectTimeout: 2 * time.Second,
}

// ClientConfig is what a connection to one service needs.
type ClientConfig struct {
	Target  string // for example dns:///notes:9090
	Server  string // the name in the called service's certificate
	TLS     *TLS
	Calls   *ClientMetrics
	Tracer  trace.TracerProvider // records calls, each try by itself; nil for none
	Timeout Timeout
	// ReadOnly is told with each answer whether the service is; nil for nobody.
	ReadOnly func(server string, is bool)
	// NoRetry names the methods that are not repeated when the service is
	// away, for example /notejam.auth.v1.AuthService/SignIn.
	NoRetry []string
	// Breakers get one for this service; nil for none.
	Breakers *Breakers

	breaker *breaker
}

// Timeout is how long calls may take, all their retries together.
type Timeout struct {
	Default time.Duration
	Methods map[string]time.Duration // by full method, where it is another
}

func (t Timeout) of(method string) time.Duration {
	d, ok := t.Methods[method]
	if !ok {
		return t.Default
	}
	return d
}

// ClientMetrics times a process's outgoing calls, over all its connections.
type ClientMetrics struct{ callMetrics }

// NewClientMetrics registers the metric once for a process.
func NewClientMetrics(registry prometheus.Registerer) *ClientMetrics {
	return &ClientMetrics{newCallMetrics("client", registry)}
}

var setResolveGap = sync.OnceFunc(func() { dns.SetMinResolutionInterval(resolveGap) })

// Dial makes a connection, which connects when it is first used and again
// whenever it must. Errors of its calls are faults.
func Dial(cfg ClientConfig) (*grpc.ClientConn, error) {
	setResolveGap()
	config, err := serviceConfig(cfg.NoRetry)
	if err != nil {
		return nil, err
	}
	cfg.breaker = cfg.Breakers.of(cfg.Server)
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(reloading{TLS: cfg.TLS, peer: cfg.Server}),
		grpc.WithAuthority(cfg.Server), // the name that the certificate must have
		grpc.WithDefaultServiceConfig(config),
		grpc.WithDisableServiceConfig(), // from DNS: settings come from us
		grpc.WithResolvers(keeping{resolver.Get("dns")}),
		grpc.WithConnectParams(connect),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: keepaliveTime, Timeout: keepaliveTimeout, PermitWithoutStream: true,
		}),
		grpc.WithInitialWindowSize(window),
		grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(4 * maxMessage)),
		grpc.WithChainUnaryInterceptor(cfg.call),
	}
	if cfg.Tracer != nil {
		options = append(options, grpc.WithStatsHandler(tracedClient(cfg.Tracer)))
	}
	conn, err := grpc.NewClient(cfg.Target, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", cfg.Server, err)
	}
	if cfg.breaker != nil {
		cfg.breaker.conn = conn
	}
	return conn, nil
}

// call is every call's way out: the breaker, a deadline, our metadata, a
// request_id that all its retries share, and the error turned back into a fault.
func (cfg ClientConfig) call(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	done, err := cfg.breaker.allow()
	if err != nil {
		return cfg.failed(method, err)
	}
	full := cfg.Timeout.of(method)
	timeout := full
	deadline, ok := ctx.Deadline()
	if ok {
		timeout = min(timeout, time.Until(deadline)-hop)
	}
	if RequestID(ctx) == "" { // what the service does by itself is a request, too: both ends call it the same
		ctx = WithRequestID(ctx, NewRequestID())
	}
	ctx, cancel := context.WithTimeout(outgoing(ctx), timeout)
	defer cancel()
	fillRequestID(req)
	start := time.Now()
	var header metadata.MD
	if cfg.ReadOnly != nil {
		options = append(options, grpc.Header(&header))
	}
	err = invoke(ctx, method, req, reply, conn, options...)
	if cfg.ReadOnly != nil && (err == nil || len(header) > 0) {
		cfg.ReadOnly(cfg.Server, len(header[readOnlyKey]) > 0)
	}
	cfg.Calls.observe(method, status.Code(err), time.Since(start))
	if err == nil {
		done(nil)
		return nil
	}
	err = fault.FromStatus(err)
	switch {
	case timeout < full && fault.KindOf(err) == fault.Timeout:
		done(errHurried)
	case fault.Is(err, fault.ReasonReadOnly):
		done(nil) // it answers as well as it should
	default:
		done(err)
	}
	return cfg.failed(method, err)
}

func (cfg ClientConfig) failed(method string, err error) error {
	return fmt.Errorf("call %s of %s: %w", method[strings.LastIndexByte(method, '/')+1:], cfg.Server, err)
}

// fillRequestID gives a write that has no request_id one, so that gRPC's own
// retries are the same request.
func fillRequestID(req any) {
	message, ok := req.(proto.Message)
	if !ok {
		return
	}
	reflected := message.ProtoReflect()
	field := reflected.Descriptor().Fields().ByName(requestIDField)
	if field != nil && field.Kind() == protoreflect.StringKind && reflected.Get(field).String() == "" {
		reflected.Set(field, protoreflect.ValueOfString(uuid.NewString()))
	}
}

// serviceConfig writes gRPC's service config: balance over all addresses that
// are healthy, and repeat what failed because the service was away, which is
// safe because every write carries a request_id.
func serviceConfig(noRetry []string) (string, error) {
	type name struct {
		Service string `json:"service,omitempty"`
		Method  string `json:"method,omitempty"`
	}
	type retryPolicy struct {
		MaxAttempts          int      `json:"maxAttempts"`
		InitialBackoff       string   `json:"initialBackoff"`
		MaxBackoff           string   `json:"maxBackoff"`
		BackoffMultiplier    float64  `json:"backoffMultiplier"`
		RetryableStatusCodes []string `json:"retryableStatusCodes"`
	}
	type methodConfig struct {
		Name        []name       `json:"name"`
		RetryPolicy *retryPolicy `json:"retryPolicy,omitempty"`
	}
	methods := []methodConfig{{
		Name: []name{{}},
		RetryPolicy: &retryPolicy{
			MaxAttempts: 3, InitialBackoff: "0.05s", MaxBackoff: "0.5s", BackoffMultiplier: 2,
			RetryableStatusCodes: []string{"UNAVAILABLE"},
		},
	}}
	for _, full := range noRetry {
		service, method, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
		methods = append(methods, methodConfig{Name: []name{{service, method}}})
	}
	data, err := json.Marshal(map[string]any{
		"loadBalancingConfig": []any{map[string]any{"round_robin": struct{}{}}},
		"healthCheckConfig":   map[string]string{"serviceName": ""},
		"retryThrottling":     map[string]any{"maxTokens": 100, "tokenRatio": 0.1},
		"methodConfig":        methods,
	})
	if err != nil {
		return "", fmt.Errorf("encode service config: %w", err)
	}
	return string(data), nil
}
