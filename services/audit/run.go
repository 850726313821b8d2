package audit

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"

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

// keysTimeout bounds a call for the keys of access tokens, as the verifier does.
const keysTimeout = 2 * time.Second

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
	auth, err := rpc.Dial(rpc.ClientConfig{
		Target: cfg.AuthTarget, Server: "auth", TLS: tls,
		Calls: rpc.NewClientMetrics(rt.Metrics), Timeout: rpc.Timeout{Default: keysTimeout},
	})
	if err != nil {
		return err
	}
	rt.OnClose("connection to auth", auth.Close)

	verifier := identity.NewVerifier(identity.VerifierConfig{Audience: "audit", Fetch: fetchKeys(auth), Now: time.Now})
	store := NewStore(db)
	consumer := NewConsumer(ConsumerConfig{
		Queue: events, Store: store, Log: rt.Log, Metrics: rt.Metrics, Visibility: cfg.Visibility,
	})
	server := rpc.NewServer(rpc.ServerConfig{
		TLS: tls, Verify: verifier.Verify, Log: rt.Log, Metrics: rt.Metrics, InFlight: 2 * cfg.Database.MaxOpen,
	})
	auditpb.RegisterActivityServiceServer(server.Registrar(), NewServer(store, pagetoken.New([]byte(cfg.PageTokenKey.Reveal()))))

	rt.Await("database", store.Check)
	rt.Await("keys of access tokens", func(ctx context.Context) error { return loadKeys(ctx, auth, verifier) })
	rt.Serve(consumer.Component())
	rt.Status("consumer", consumer.Status)
	rt.Serve(server.Component(rt, cfg.Addr))
	return nil
}

// fetchKeys asks auth for the keys that verify access tokens.
func fetchKeys(auth grpc.ClientConnInterface) func(context.Context) ([]byte, error) {
	client := authinternalpb.NewIdentityServiceClient(auth)
	return func(ctx context.Context) ([]byte, error) {
		response, err := client.GetKeySet(ctx, &authinternalpb.GetKeySetRequest{})
		return response.GetJwks(), err
	}
}

// loadKeys gets the keys as soon as auth can be reached. It does not ask
// before: after a failure the verifier asks again only some seconds later.
func loadKeys(ctx context.Context, auth *grpc.ClientConn, verifier *identity.Verifier) error {
	auth.Connect()
	for state := auth.GetState(); state != connectivity.Ready; state = auth.GetState() {
		if !auth.WaitForStateChange(ctx, state) {
			return fmt.Errorf("auth cannot be reached: the connection is %s", state)
		}
	}
	return verifier.Load(ctx)
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
