package auth

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/limit/limittable"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/tracing"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/mail"
	"gitlab.com/notejam/notejam/services/auth/migrations"
)

const (
	serviceName = "auth"
	auditName   = "audit"
	// askTimeout bounds a question about 500 events, which nobody waits for.
	askTimeout = 2 * time.Second
)

// Program is the auth service.
func Program() service.Program {
	return service.Program{
		Name:     serviceName,
		Settings: func(s *env.Set) { ReadConfig(s) },
		Serve:    serve,
		Commands: []service.Command{mysql.MigrateCommand("AUTH", migrations.Files), outbox.Command("AUTH"), epochCommand()},
	}
}

func serve(ctx context.Context, rt *service.Runtime, lookup env.Lookup) error {
	set := env.New(lookup)
	cfg := ReadConfig(set)
	err := set.Err()
	if err != nil {
		return err
	}
	err = cfg.Mail.Check()
	if err != nil {
		return err
	}
	sealer, err := newSealer(cfg.SealingKey)
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
	audit, err := rpc.Dial(rpc.ClientConfig{
		Target: cfg.AuditTarget, Server: auditName, TLS: tls,
		Calls: rpc.NewClientMetrics(rt.Metrics), Tracer: tracer, Timeout: rpc.Timeout{Default: askTimeout},
	})
	if err != nil {
		return err
	}
	rt.OnClose("connection to audit", audit.Close)

	relay := outbox.NewRelay(outbox.RelayConfig{
		DB: relayDB, Queue: events, Log: rt.Log, Metrics: rt.Metrics, Timing: cfg.Outbox, Tracer: tracer,
	})
	reconciler := outbox.NewReconciler(outbox.ReconcilerConfig{
		DB: relayDB, Missing: findMissing(audit), Log: rt.Log, Metrics: rt.Metrics, Timing: cfg.Outbox,
	})
	store := NewStore(db, time.Now, relay.Append)
	background := NewStore(relayDB, time.Now, relay.Append)
	keys := NewKeyring(background, sealer, time.Now)
	verifier := identity.NewVerifier(identity.VerifierConfig{
		Audience: serviceName,
		Fetch:    func(context.Context) ([]byte, error) { return keys.KeySet() },
		Now:      time.Now,
	})
	sender, err := mail.New(cfg.Mail)
	if err != nil {
		return err
	}
	mailer := NewMailer(MailerConfig{
		Store: background, Sender: sender, PublicURL: strings.TrimRight(cfg.PublicURL, "/"),
		Log: rt.Log.With("component", "mailer"), Metrics: rt.Metrics, Guard: rt.Guard,
	})
	tally := outbox.NewTally(outbox.TallyConfig{DB: relayDB, Append: relay.Append, Log: rt.Log})
	refusals := Refusals{Tally: tally, Now: time.Now}
	limits := limit.NewMetrics(rt.Metrics)
	tries := Tries{
		Limits:  cfg.Limits,
		Buckets: limittable.New(limittable.Config{DB: db, Blind: sealer.blind, Metrics: limits}),
		Store:   store, Blind: sealer.blind, Metrics: limits,
	}
	credentials := Credentials{Policy: cfg.Policy, Hasher: NewHasher(cfg.Hash, rt.Metrics), Store: store, Refusals: refusals, Tries: tries}
	resets := Resets{Credentials: credentials, Blind: sealer.blind, Asked: mailer.Wake}

	server := rpc.NewServer(rpc.ServerConfig{
		TLS:      tls,
		Verify:   verifier.Verify,
		Denied:   refusals.denied,
		Log:      rt.Log,
		Metrics:  rt.Metrics,
		Tracer:   tracer,
		ReadOnly: db.ReadOnly,
		// Passwords in the hasher's queue hold no connection; besides them there is room for what never waits
		// there.
		InFlight:   2*cfg.Database.MaxOpen + maxHashSlots + hashQueue,
		Reflection: cfg.Reflection,
	})
	authpb.RegisterAuthServiceServer(server.Registrar(), NewServer(resets))
	authpb.RegisterTokensServiceServer(server.Registrar(), NewTokensServer(store))
	authinternalpb.RegisterIdentityServiceServer(server.Registrar(), NewInternalServer(resets, keys, rt.Log))

	rt.Await("database", func(ctx context.Context) error { return mysql.RequireSchema(ctx, db, migrations.Files) })
	rt.Await("signing key", keys.Refresh)
	rt.Serve(emf.New(rt, cfg.EMF).Component())
	rt.Serve(relay.Component())
	rt.Status("outbox", relay.Status)
	rt.Serve(reconciler.Component())
	rt.Serve(tally.Component())
	rt.Serve(mailer.Component())
	rt.Status("mail", mailer.Status)
	rt.Serve(NewKeeper(keys, background, rt.Log).Component())
	rt.Serve(server.Component(rt, cfg.Addr))
	return nil
}

// findMissing asks audit which events it does not have.
func findMissing(audit grpc.ClientConnInterface) func(context.Context, []string) ([]string, error) {
	client := auditinternalpb.NewRecordsServiceClient(audit)
	return func(ctx context.Context, ids []string) ([]string, error) {
		response, err := client.FindMissing(ctx, &auditinternalpb.FindMissingRequest{EventIds: ids})
		return response.GetEventIds(), err
	}
}
