package notes

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
	"gitlab.com/notejam/notejam/services/notes/migrations"
)

// keyServer is auth, as far as notes knows it.
type keyServer struct {
	authinternalpb.UnimplementedIdentityServiceServer
	keys []byte
}

func (s *keyServer) GetKeySet(context.Context, *authinternalpb.GetKeySetRequest) (*authinternalpb.GetKeySetResponse, error) {
	return &authinternalpb.GetKeySetResponse{Jwks: s.keys}, nil
}

// recordsServer is audit, as far as notes knows it: it has every event that it is asked for.
type recordsServer struct {
	auditinternalpb.UnimplementedRecordsServiceServer
	asked chan []string
}

func (s *recordsServer) FindMissing(_ context.Context, req *auditinternalpb.FindMissingRequest) (*auditinternalpb.FindMissingResponse, error) {
	s.asked <- req.GetEventIds()
	return &auditinternalpb.FindMissingResponse{}, nil
}

// The whole service from its settings, as it ships: it waits for auth, serves, sends its events to the queue, asks audit for them, and stops when it
// is told to.
func TestTheServiceWaitsForAuthServesTellsTheQueueAndStops(t *testing.T) {
	t.Parallel()
	ca := must(rpctest.NewCA(t.TempDir()))(t)
	database := mysqltest.New(t, migrations.Files)
	events := must(queuetest.Start(queuetest.Config{Queues: []queuetest.QueueConfig{{Name: "events"}}}))(t)
	t.Cleanup(func() { _ = events.Close() })
	signer, keys := newSigner(t)
	auth := rpc.NewServer(rpc.ServerConfig{
		TLS: issue(t, ca, authName), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), InFlight: 10,
	})
	authinternalpb.RegisterIdentityServiceServer(auth.Registrar(), &keyServer{keys: keys})
	authAddr := serveOn(t, auth)
	auth.SetServing(false)
	records := &recordsServer{asked: make(chan []string, 1)}
	audit := rpc.NewServer(rpc.ServerConfig{
		TLS: issue(t, ca, auditName), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), InFlight: 10,
	})
	auditinternalpb.RegisterRecordsServiceServer(audit.Registrar(), records)

	files := must(ca.Issue(serviceName))(t)
	run := startService(t, map[string]string{
		"NOTES_DEBUG_ADDR":     "127.0.0.1:0",
		"NOTES_DRAIN_DELAY":    "0s",
		"NOTES_TLS_CA":         files.CA,
		"NOTES_TLS_CERT":       files.Cert,
		"NOTES_TLS_KEY":        files.Key,
		"NOTES_AUTH_TARGET":    "dns:///" + authAddr,
		"NOTES_AUDIT_TARGET":   "dns:///" + serveOn(t, audit),
		"NOTES_MYSQL_ADDR":     database.Config.Addr,
		"NOTES_MYSQL_USER":     database.Config.User,
		"NOTES_MYSQL_PASSWORD": database.Config.Password.Reveal(),
		"NOTES_MYSQL_DB":       database.Config.Database,
		"NOTES_QUEUE_URL":      events.URL("events"),
		"NOTES_QUEUE_ENDPOINT": events.Endpoint(),
		"NOTES_PAGE_TOKEN_KEY": testTokenKey,

		"NOTES_OUTBOX_CONFIRM_AFTER": "1s",
	})
	select {
	case <-run.ready:
		t.Error("the service is ready without the keys of access tokens")
	default:
	}
	auth.SetServing(true)
	run.wait(t)

	client := notespb.NewNotesServiceClient(dial(t, run.addr, issue(t, ca, "web")))
	person := newID()
	token, _, err := signer.Sign(identity.Principal{PersonID: person, SessionID: newID(), Scopes: allScopes}, serviceName, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	note := must(client.CreateNote(rpc.WithToken(t.Context(), token), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "a"}}))(t)

	q := must(queue.Open(t.Context(), queue.Config{URL: events.URL("events"), Endpoint: events.Endpoint()}, prometheus.NewRegistry()))(t)
	messages := must(q.Receive(t.Context(), 10, 10*time.Second, time.Minute))(t)
	if len(messages) != 1 || !strings.Contains(messages[0].Body, `"`+note.GetName()+`"`) || !strings.Contains(messages[0].Body, eventNoteCreated) {
		t.Errorf("the queue holds %v", messages)
	}
	asked := <-records.asked
	if len(asked) != 1 || !strings.Contains(messages[0].Body, asked[0]) {
		t.Errorf("audit is asked for %v after it was sent %v", asked, messages)
	}
	run.stop()
	err = <-run.ended
	if err != nil {
		t.Errorf("the service did not stop cleanly: %v", err)
	}
}

// running is a service under way.
type running struct {
	addr  string
	ready chan struct{}
	ended chan error
	stop  context.CancelFunc
}

// startService starts the service on a free port. Between finding it and listening on it somebody else may take it: then it finds another one.
func startService(t *testing.T, settings map[string]string) *running {
	t.Helper()
	for {
		listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
		r := &running{addr: listener.Addr().String(), ready: make(chan struct{}), ended: make(chan error, 1)}
		_ = listener.Close()
		settings["NOTES_GRPC_ADDR"] = r.addr
		var ctx context.Context
		ctx, r.stop = context.WithCancel(context.Background())
		t.Cleanup(r.stop)
		listening := make(chan struct{})
		go func() {
			r.ended <- service.Run(ctx, Program(), env.Map(settings), service.Options{
				LogOutput: t.Output(), Listening: func(string) { close(listening) }, Ready: func() { close(r.ready) },
			})
		}()
		select {
		case <-listening:
			return r
		case err := <-r.ended:
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Fatalf("start notes: %v", err)
			}
		}
	}
}

func (r *running) wait(t *testing.T) {
	t.Helper()
	select {
	case <-r.ready:
	case err := <-r.ended:
		t.Fatalf("the service ended: %v", err)
	}
}

func TestMissingSettingsAreNamedAtOnceAndTheRestHasDefaults(t *testing.T) {
	set := env.New(env.Map(nil))
	got := ReadConfig(set)
	err := set.Err()
	for _, name := range []string{
		"NOTES_TLS_CA", "NOTES_TLS_CERT", "NOTES_TLS_KEY", "NOTES_AUTH_TARGET", "NOTES_AUDIT_TARGET", "NOTES_MYSQL_PASSWORD", "NOTES_QUEUE_URL", "NOTES_PAGE_TOKEN_KEY",
	} {
		if err == nil || !strings.Contains(err.Error(), name+" is required") {
			t.Errorf("%s is not asked for: %v", name, err)
		}
	}
	if lines := strings.Count(err.Error(), "\n"); lines != 8 {
		t.Errorf("%d settings are asked for: %v", lines, err)
	}
	if got.Retention != 30*24*time.Hour || got.Database.Database != "notes" || got.Database.MaxOpen != 20 || got.relayDatabase().MaxOpen != 4 {
		t.Errorf("got %+v", got)
	}
}

func TestTheMigrateCommandBuildsTheSchemaThatTheServiceNeeds(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	command := Program().Commands[0]
	settings := env.Map(map[string]string{
		"NOTES_MYSQL_ADDR":     database.Admin.Addr,
		"NOTES_MYSQL_USER":     database.Admin.User,
		"NOTES_MYSQL_PASSWORD": database.Admin.Password.Reveal(),
		"NOTES_MYSQL_DB":       database.Admin.Database,
	})
	for range 2 { // the second time there is nothing to do
		err := command.Run(t.Context(), &service.Runtime{Log: slog.New(slog.DiscardHandler)}, settings, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	err := mysql.RequireSchema(t.Context(), database.Open(t), migrations.Files)
	if err != nil || command.Name != "migrate" {
		t.Errorf("%s: %v", command.Name, err)
	}
}
