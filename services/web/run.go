// Package web is the front door: the pages for people and, under /v1/, REST for programs. It keeps nothing; it
// turns requests into calls of auth, notes and audit, and their answers into pages or JSON.
//
// routes.go is the table of all paths, visit.go what a page handler works with, pages_*.go the pages, templates/ and
// static/ how they look, gateway.go the REST door.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/tracing"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// How long calls may take, all retries together (reliability.md 3.1). A read is 2 s, a write of notes 3.5 s.
const (
	authTime     = 3 * time.Second
	exchangeTime = 800 * time.Millisecond
	readTime     = 2 * time.Second
	writeTime    = 3500 * time.Millisecond
	auditTime    = 1500 * time.Millisecond
	verifyTime   = 3 * time.Second // it computes
)

// Program is the service as cmd/web and local run it.
func Program() service.Program {
	return service.Program{
		Name:     "web",
		Settings: func(set *env.Set) { readConfig(set) },
		Serve:    serve,
	}
}

// serve is the parts list.
func serve(ctx context.Context, rt *service.Runtime, lookup env.Lookup) error {
	set := env.New(lookup)
	cfg := readConfig(set)
	err := set.Err()
	if err != nil {
		return err
	}
	err = cfg.check()
	if err != nil {
		return err
	}
	tracer, err := tracing.Open(ctx, rt, cfg.Tracing)
	if err != nil {
		return err
	}
	breakers := rpc.NewBreakers(rt.Log, rt.Metrics)
	backends, err := dialAll(cfg, breakers, rt.Log, rt.Metrics, tracer, rt.OnClose)
	if err != nil {
		return err
	}
	rt.Status("breakers", breakers.States)
	door, err := newDoor(ctx, doorConfig{
		Backends:  backends,
		FormKey:   []byte(cfg.FormKey.Reveal()),
		PublicURL: cfg.PublicURL,
		Secure:    cfg.secure(),
		Proxies:   cfg.Proxies,
		Limits:    cfg.Limits,
		InFlight:  cfg.InFlight,
		Origins:   cfg.Origins,
		Ready:     rt.ReadyHandler(),
		Log:       rt.Log,
		Metrics:   rt.Metrics,
		Tracer:    tracer,
		Now:       time.Now,
	})
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("open the public listener: %w", err)
	}
	rt.Serve(emf.New(rt, cfg.EMF).Component())
	rt.Serve(rt.HTTPServer("http", listener, door))
	rt.Log.Info("listening", "addr", listener.Addr().String(), "public_url", cfg.PublicURL)
	return nil
}

// backends are the connections to the services.
type backends struct {
	Auth, Notes, Audit grpc.ClientConnInterface
	ReadOnly           *readOnlyServices
}

// dialAll connects to the services. onClose gets what has to be closed at the end.
func dialAll(
	cfg config, breakers *rpc.Breakers, log *slog.Logger, registry prometheus.Registerer, tracer trace.TracerProvider,
	onClose func(name string, f func() error),
) (backends, error) {
	tls, err := rpc.LoadTLS(cfg.TLS, log)
	if err != nil {
		return backends{}, fmt.Errorf("load TLS files: %w", err)
	}
	calls, readOnly := rpc.NewClientMetrics(registry), &readOnlyServices{}
	dial := func(server, target string, timeout rpc.Timeout, noRetry ...string) (*grpc.ClientConn, error) {
		conn, err := rpc.Dial(rpc.ClientConfig{
			Target: target, Server: server, TLS: tls, Calls: calls, Tracer: tracer, Timeout: timeout, NoRetry: noRetry, Breakers: breakers,
			ReadOnly: readOnly.note,
		})
		if err != nil {
			return nil, err
		}
		onClose("connection to "+server, conn.Close)
		conn.Connect() // so that the first page need not wait for it
		return conn, nil
	}
	auth, err := dial("auth", cfg.AuthTarget, authTimes(), authpb.AuthService_SignIn_FullMethodName, authpb.AuthService_SignUp_FullMethodName,
		authpb.TokensService_CreateToken_FullMethodName) // its repeat could not show the secret again
	if err != nil {
		return backends{}, err
	}
	notes, err := dial("notes", cfg.NotesTarget, notesTimes())
	if err != nil {
		return backends{}, err
	}
	audit, err := dial("audit", cfg.AuditTarget, auditTimes())
	if err != nil {
		return backends{}, err
	}
	return backends{auth, notes, audit, readOnly}, nil
}

func authTimes() rpc.Timeout {
	return rpc.Timeout{
		Default: authTime,
		Methods: map[string]time.Duration{
			authinternalpb.IdentityService_ExchangeSession_FullMethodName:    exchangeTime,
			authinternalpb.IdentityService_ExchangeToken_FullMethodName:      exchangeTime,
			authinternalpb.IdentityService_CheckPasswordReset_FullMethodName: readTime,
		},
	}
}

func auditTimes() rpc.Timeout {
	return rpc.Timeout{
		Default: auditTime,
		Methods: map[string]time.Duration{auditpb.ActivityService_VerifyTrail_FullMethodName: verifyTime},
	}
}

func notesTimes() rpc.Timeout {
	return rpc.Timeout{
		Default: writeTime,
		Methods: map[string]time.Duration{
			notespb.NotesService_GetNote_FullMethodName:              readTime,
			notespb.NotesService_ListNotes_FullMethodName:            readTime,
			notespb.PadsService_GetPad_FullMethodName:                readTime,
			notespb.PadsService_ListPads_FullMethodName:              readTime,
			notesinternalpb.PagesService_GetNotesPage_FullMethodName: readTime,
			notesinternalpb.PagesService_GetNotePage_FullMethodName:  readTime,
		},
	}
}
