package auth

import (
	"context"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/mail"
	"gitlab.com/notejam/notejam/services/auth/migrations"
)

const serviceName = "auth"

// Program is the auth service.
func Program() service.Program {
	return service.Program{
		Name:     serviceName,
		Settings: func(s *env.Set) { ReadConfig(s) },
		Serve:    serve,
		Commands: []service.Command{mysql.MigrateCommand("AUTH", migrations.Files)},
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

	relay := outbox.NewRelay(outbox.RelayConfig{DB: relayDB, Queue: events, Log: rt.Log, Metrics: rt.Metrics, Lease: cfg.OutboxLease})
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
	credentials := Credentials{Policy: cfg.Policy, Hasher: NewHasher(cfg.Hash, rt.Metrics), Store: store}
	resets := Resets{Credentials: credentials, Blind: sealer.blind, Asked: mailer.Wake}

	server := rpc.NewServer(rpc.ServerConfig{
		TLS:     tls,
		Verify:  verifier.Verify,
		Log:     rt.Log,
		Metrics: rt.Metrics,
		// Passwords in the hasher's queue hold no connection; besides them there is room for what never waits
		// there.
		InFlight: 2*cfg.Database.MaxOpen + maxHashSlots + hashQueue,
	})
	authpb.RegisterAuthServiceServer(server.Registrar(), NewServer(resets))
	authinternalpb.RegisterIdentityServiceServer(server.Registrar(), NewInternalServer(resets, keys, rt.Log))

	rt.Await("database", func(ctx context.Context) error { return mysql.RequireSchema(ctx, db, migrations.Files) })
	rt.Await("signing key", keys.Refresh)
	rt.Serve(relay.Component())
	rt.Status("outbox", relay.Status)
	rt.Serve(mailer.Component())
	rt.Status("mail", mailer.Status)
	rt.Serve(NewKeeper(keys, background, rt.Log).Component())
	rt.Serve(server.Component(rt, cfg.Addr))
	return nil
}
