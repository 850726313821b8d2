package audit

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/pagetoken"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/services/audit/migrations"
)

// Program is the service as cmd/audit runs it.
func Program() service.Program {
	return service.Program{
		Name:     "audit",
		Settings: func(s *env.Set) { readConfig(s) },
		Serve:    serve,
		Commands: []service.Command{{Name: "migrate", Doc: "bring the database's schema up to date", Run: migrate}},
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
	tls, err := rpc.LoadTLS(cfg.TLS, rt.Log)
	if err != nil {
		return err
	}
	db, err := mysql.Open(cfg.Database, rt.Log, rt.Metrics)
	if err != nil {
		return err
	}
	rt.OnClose("database", db.Close)
	events, err := queue.Open(ctx, cfg.Queue, rt.Metrics)
	if err != nil {
		return err
	}
	verifier, err := newVerifier(rt, cfg.AuthTarget, tls)
	if err != nil {
		return err
	}

	store := NewStore(db)
	consumer := NewConsumer(ConsumerConfig{
		Queue: events, Store: store, Log: rt.Log, Metrics: rt.Metrics, Visibility: cfg.Visibility,
	})
	server := rpc.NewServer(rpc.ServerConfig{
		TLS: tls, Verify: verifier.Verify, Log: rt.Log, Metrics: rt.Metrics, InFlight: 2 * cfg.Database.MaxOpen,
	})
	auditpb.RegisterActivityServiceServer(server.Registrar(), NewServer(store, pagetoken.New([]byte(cfg.PageTokenKey.Reveal()))))

	rt.Await("database", store.Check)
	rt.Await("keys", verifier.Load)
	rt.Serve(consumer.Component())
	rt.Status("consumer", consumer.Status)
	rt.Serve(server.Component(rt, cfg.Addr))
	return nil
}

// keysTimeout bounds a fetch of auth's keys.
const keysTimeout = 2 * time.Second

// newVerifier makes a verifier that gets its keys from auth. A fetch waits for
// auth to come up, within its time, so that the services may start in any order.
func newVerifier(rt *service.Runtime, target string, tls *rpc.TLS) (*identity.Verifier, error) {
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: target, Server: "auth", TLS: tls,
		Calls: rpc.NewClientMetrics(rt.Metrics), Timeout: rpc.Timeout{Default: keysTimeout},
	})
	if err != nil {
		return nil, err
	}
	rt.OnClose("connection to auth", conn.Close)
	auth := authinternalpb.NewIdentityServiceClient(conn)
	return identity.NewVerifier(identity.VerifierConfig{
		Audience: "audit",
		Fetch: func(ctx context.Context) ([]byte, error) {
			response, err := auth.GetKeySet(ctx, &authinternalpb.GetKeySetRequest{}, grpc.WaitForReady(true))
			if err != nil {
				return nil, fmt.Errorf("get auth's keys: %w", err)
			}
			return response.GetJwks(), nil
		},
		Now: time.Now,
	}), nil
}

// migrate needs a user that may change tables; the service's own may not. It is a job of its own, with the same settings but for that user.
func migrate(ctx context.Context, rt *service.Runtime, lookup env.Lookup, _ []string) error {
	set := env.New(lookup)
	cfg := mysql.Settings(set, "AUDIT", 1)
	err := set.Err()
	if err != nil {
		return err
	}
	return mysql.Migrate(ctx, cfg, migrations.Files, rt.Log)
}
