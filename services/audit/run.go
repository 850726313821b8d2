package audit

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/pagetoken"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/tracing"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/services/audit/migrations"
)

// keysTimeout bounds a call for the keys of access tokens, as the verifier does.
const keysTimeout = 2 * time.Second

// Program is the service as cmd/audit runs it.
func Program() service.Program {
	return service.Program{
		Name:     "audit",
		Settings: func(s *env.Set) { readConfig(s) },
		Serve:    serve,
		Commands: []service.Command{
			mysql.MigrateCommand("AUDIT", migrations.Files, grants...),
			dlqCommand(),
			quarantineCommand(),
			verifyCommand(),
			adoptCommand(),
		},
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
	keys, err := cfg.keys()
	if err != nil {
		return err
	}
	tls, err := rpc.LoadTLS(cfg.TLS, rt.Log)
	if err != nil {
		return err
	}
	tracer, err := tracing.Open(ctx, rt, cfg.Tracing)
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
	depth, err := openDepth(ctx, cfg, events, rt.Metrics)
	if err != nil {
		return err
	}
	auth, err := rpc.Dial(rpc.ClientConfig{
		Target: cfg.AuthTarget, Server: "auth", TLS: tls,
		Calls: rpc.NewClientMetrics(rt.Metrics), Tracer: tracer, Timeout: rpc.Timeout{Default: keysTimeout},
	})
	if err != nil {
		return err
	}
	rt.OnClose("connection to auth", auth.Close)

	verifier := identity.NewVerifier(identity.VerifierConfig{Audience: "audit", Fetch: fetchKeys(auth), Now: time.Now})
	store := NewStore(db)
	consumer := NewConsumer(ConsumerConfig{
		Queue: events, Store: store, Log: rt.Log, Metrics: rt.Metrics, Tracer: tracer, Visibility: cfg.Visibility,
		ReadOnly: db.ReadOnly,
	})
	checkpointer := NewCheckpointer(CheckpointerConfig{
		Store: store, Keys: keys, Every: cfg.CheckpointEvery, Log: rt.Log, Metrics: rt.Metrics,
	})
	server := rpc.NewServer(rpc.ServerConfig{
		TLS: tls, Verify: verifier.Verify, Log: rt.Log, Metrics: rt.Metrics, Tracer: tracer, InFlight: 2 * cfg.Database.MaxOpen,
		ReadOnly:   db.ReadOnly,
		Reflection: cfg.Reflection,
	})
	activities := NewServer(store, keys, pagetoken.New([]byte(cfg.PageTokenKey.Reveal())))
	auditpb.RegisterActivityServiceServer(server.Registrar(), activities)
	auditinternalpb.RegisterPagesServiceServer(server.Registrar(), NewPagesServer(activities))
	auditinternalpb.RegisterRecordsServiceServer(server.Registrar(), NewRecordsServer(store))

	rt.Await("database", store.Check)
	rt.Await("keys of access tokens", verifier.Load)
	rt.Serve(emf.New(rt, cfg.EMF).Component())
	rt.Serve(consumer.Component())
	rt.Status("consumer", consumer.Status)
	rt.Serve(service.Component{Name: "queue depth", Run: depth.Run})
	rt.Serve(checkpointer.Component())
	rt.Status("checkpoints", checkpointer.Status)
	rt.Serve(server.Component(rt, cfg.Addr))
	return nil
}

// fetchKeys asks auth for the keys that verify access tokens. It waits for auth
// to come up, so that the services may start in any order.
func fetchKeys(auth grpc.ClientConnInterface) func(context.Context) ([]byte, error) {
	client := authinternalpb.NewIdentityServiceClient(auth)
	return func(ctx context.Context) ([]byte, error) {
		response, err := client.GetKeySet(ctx, &authinternalpb.GetKeySetRequest{}, grpc.WaitForReady(true))
		return response.GetJwks(), err
	}
}
