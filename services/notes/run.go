package notes

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/tracing"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
	"gitlab.com/notejam/notejam/services/notes/migrations"
)

const (
	serviceName = "notes"
	authName    = "auth"
	auditName   = "audit"
	// keysTimeout bounds a call for the keys of access tokens, as the verifier does.
	keysTimeout = 2 * time.Second
	// askTimeout bounds a question about 500 events, which nobody waits for.
	askTimeout = 2 * time.Second
)

// Program is the notes service.
func Program() service.Program {
	return service.Program{
		Name:     serviceName,
		Settings: func(s *env.Set) { ReadConfig(s) },
		Serve:    serve,
		Commands: []service.Command{mysql.MigrateCommand("NOTES", migrations.Files), outbox.Command("NOTES")},
	}
}

func serve(ctx context.Context, rt *service.Runtime, lookup env.Lookup) error {
	set := env.New(lookup)
	cfg := ReadConfig(set)
	err := set.Err()
	if err != nil {
		return err
	}
	tokens, err := newPageTokens(cfg.PageTokenKey)
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
	relayDB, err := mysql.Open(cfg.relayDatabase(), rt.Log, rt.Metrics)
	if err != nil {
		return err
	}
	rt.OnClose("relay's database", relayDB.Close)
	events, err := queue.Open(ctx, cfg.Queue, rt.Metrics)
	if err != nil {
		return err
	}
	calls := rpc.NewClientMetrics(rt.Metrics)
	auth, err := rpc.Dial(rpc.ClientConfig{
		Target: cfg.AuthTarget, Server: authName, TLS: tls, Calls: calls, Tracer: tracer, Timeout: rpc.Timeout{Default: keysTimeout},
	})
	if err != nil {
		return err
	}
	rt.OnClose("connection to auth", auth.Close)
	audit, err := rpc.Dial(rpc.ClientConfig{
		Target: cfg.AuditTarget, Server: auditName, TLS: tls, Calls: calls, Tracer: tracer, Timeout: rpc.Timeout{Default: askTimeout},
	})
	if err != nil {
		return err
	}
	rt.OnClose("connection to audit", audit.Close)

	verifier := identity.NewVerifier(identity.VerifierConfig{Audience: serviceName, Fetch: fetchKeys(auth), Now: time.Now})
	relay := outbox.NewRelay(outbox.RelayConfig{
		DB: relayDB, Queue: events, Log: rt.Log, Metrics: rt.Metrics, Timing: cfg.Outbox, Tracer: tracer,
	})
	reconciler := outbox.NewReconciler(outbox.ReconcilerConfig{
		DB: relayDB, Missing: findMissing(audit), Log: rt.Log, Metrics: rt.Metrics, Timing: cfg.Outbox,
	})
	tally := outbox.NewTally(outbox.TallyConfig{DB: relayDB, Append: relay.Append, Log: rt.Log})
	sweeper := NewSweeper(NewStore(relayDB, time.Now, relay.Append), cfg.Retention, cfg.SweepEvery, rt.Log)
	api := NewServer(NewStore(db, time.Now, relay.Append), tokens, cfg.Retention)
	server := rpc.NewServer(rpc.ServerConfig{
		TLS: tls, Verify: verifier.Verify, Denied: denials(tally, time.Now),
		Log: rt.Log, Metrics: rt.Metrics, Tracer: tracer, InFlight: 2 * cfg.Database.MaxOpen,
		ReadOnly:   db.ReadOnly,
		Reflection: cfg.Reflection,
	})
	register(server.Registrar(), api)

	rt.Await("database", func(ctx context.Context) error { return mysql.RequireSchema(ctx, db, migrations.Files) })
	rt.Await("keys of access tokens", verifier.Load)
	rt.Serve(emf.New(rt, cfg.EMF).Component())
	rt.Serve(relay.Component())
	rt.Status("outbox", relay.Status)
	rt.Serve(reconciler.Component())
	rt.Serve(tally.Component())
	rt.Serve(sweeper.Component())
	rt.Serve(server.Component(rt, cfg.Addr))
	return nil
}

// register names the services that the server offers.
func register(r grpc.ServiceRegistrar, api *Server) {
	notespb.RegisterNotesServiceServer(r, api)
	notespb.RegisterPadsServiceServer(r, api)
	notesinternalpb.RegisterPagesServiceServer(r, api)
}

// findMissing asks audit which events it does not have.
func findMissing(audit grpc.ClientConnInterface) func(context.Context, []string) ([]string, error) {
	client := auditinternalpb.NewRecordsServiceClient(audit)
	return func(ctx context.Context, ids []string) ([]string, error) {
		response, err := client.FindMissing(ctx, &auditinternalpb.FindMissingRequest{EventIds: ids})
		return response.GetEventIds(), err
	}
}

// relayDatabase is the same schema with a small pool of its own.
func (c Config) relayDatabase() mysql.Config {
	d := c.Database
	d.Pool, d.MaxOpen = "relay", relayMaxOpen
	return d
}

// fetchKeys asks auth for the keys that verify access tokens. It waits for auth to come up, so that the services may start in any order.
func fetchKeys(auth grpc.ClientConnInterface) func(context.Context) ([]byte, error) {
	client := authinternalpb.NewIdentityServiceClient(auth)
	return func(ctx context.Context) ([]byte, error) {
		resp, err := client.GetKeySet(ctx, &authinternalpb.GetKeySetRequest{}, grpc.WaitForReady(true))
		return resp.GetJwks(), err
	}
}
