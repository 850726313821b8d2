package web

// Hand-written stand-ins for auth, notes and audit: real gRPC servers with our chain and certificates, a few maps behind
// them, and a switch that makes any method fail. What the services really do is tested beside them and in e2e.

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// world is all that the fakes know.
type world struct {
	authpb.UnimplementedAuthServiceServer
	authpb.UnimplementedTokensServiceServer
	authinternalpb.UnimplementedIdentityServiceServer
	notespb.UnimplementedNotesServiceServer
	notespb.UnimplementedPadsServiceServer
	notesinternalpb.UnimplementedPagesServiceServer
	auditpb.UnimplementedActivityServiceServer
	// audit's PagesService is fakeTrail: its embedded type has the name of that of notes

	mu         sync.Mutex
	people     map[string]string // password by e-mail; the e-mail is the account's id, too
	sessions   map[string]string // e-mail by secret
	listed     []*authpb.Session // what a list of sessions says instead of them
	resets     map[string]string // e-mail by reset token
	tokens     []*authpb.Token   // with their secrets
	notes      []*notespb.Note
	pads       []*notespb.Pad
	owners     map[string]string // e-mail by resource name
	activities []*auditpb.Activity
	dayCounts  []int32
	trail      *auditpb.Trail
	verify     func(ctx context.Context, place string) (*auditpb.VerifyTrailResponse, error)
	listing    func(ctx context.Context, place string) error // called before a list of activities, if there is one
	calls      []string                                      // methods, in the order in which they came
	requests   []proto.Message                               // their requests
	failures   map[string]error                              // by method
	clients    map[string]rpc.Client                         // where the last call of a method came from

	servers map[string]*rpc.Server
	config  config
}

// startWorld starts the three services.
func startWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		people: map[string]string{}, sessions: map[string]string{}, resets: map[string]string{}, owners: map[string]string{},
		failures: map[string]error{}, clients: map[string]rpc.Client{}, servers: map[string]*rpc.Server{},
	}
	ca, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]string{}
	for _, name := range []string{forAuth, forNotes, forAudit} {
		targets[name] = w.serve(t, ca, name)
	}
	w.config.TLS, err = ca.Issue("web")
	if err != nil {
		t.Fatal(err)
	}
	w.config.AuthTarget, w.config.NotesTarget, w.config.AuditTarget = targets[forAuth], targets[forNotes], targets[forAudit]
	return w
}

func (w *world) serve(t *testing.T, ca *rpctest.CA, name string) string {
	t.Helper()
	files, err := ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	tls, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := rpc.NewServer(rpc.ServerConfig{
		TLS: tls, Verify: w.verifier(name), Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), InFlight: 64,
	})
	watched := recording{server.Registrar(), w}
	switch name {
	case forAuth:
		authpb.RegisterAuthServiceServer(watched, w)
		authpb.RegisterTokensServiceServer(watched, w)
		authinternalpb.RegisterIdentityServiceServer(watched, w)
	case forNotes:
		notespb.RegisterNotesServiceServer(watched, w)
		notespb.RegisterPadsServiceServer(watched, w)
		notesinternalpb.RegisterPagesServiceServer(watched, w)
	case forAudit:
		auditpb.RegisterActivityServiceServer(watched, w)
		auditinternalpb.RegisterPagesServiceServer(watched, fakeTrail{world: w})
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server.SetServing(true)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	w.servers[name] = server
	t.Cleanup(func() {
		w.stop(name)
		err := <-ended
		if err != nil {
			t.Errorf("fake %s: %v", name, err)
		}
	})
	return "dns:///" + listener.Addr().String()
}

// stop takes a service away; doing it twice is fine.
func (w *world) stop(name string) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = w.servers[name].Stop(ctx) // calls that are cut are what a test wants
}

// verifier takes tokens of the form "audience e-mail secret".
func (w *world) verifier(name string) func(context.Context, string) (identity.Principal, error) {
	return func(_ context.Context, token string) (identity.Principal, error) {
		audience, rest, _ := strings.Cut(token, " ")
		email, secret, _ := strings.Cut(rest, " ")
		if audience != name {
			return identity.Principal{}, fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "Sign in to do this.")
		}
		return identity.Principal{PersonID: email, SessionID: secret, Scopes: []string{
			"account:read", "account:write", "notes:read", "notes:write", "pads:read", "pads:write", "activity:read",
		}}, nil
	}
}

// recording notes every call of a service and lets it fail on demand.
type recording struct {
	grpc.ServiceRegistrar
	world *world
}

func (r recording) RegisterService(description *grpc.ServiceDesc, implementation any) {
	watched := *description
	watched.Methods = nil
	for _, method := range description.Methods {
		inner := method.Handler
		method.Handler = func(server any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
			return inner(server, ctx, decode, func(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
				return chain(ctx, request, info, func(ctx context.Context, request any) (any, error) {
					err := r.world.note(ctx, method.MethodName, request)
					if err != nil {
						return nil, err
					}
					return next(ctx, request)
				})
			})
		}
		watched.Methods = append(watched.Methods, method)
	}
	r.ServiceRegistrar.RegisterService(&watched, implementation)
}

func (w *world) note(ctx context.Context, method string, request any) error {
	message, _ := request.(proto.Message)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, method)
	w.clients[method] = rpc.ClientOf(ctx)
	w.requests = append(w.requests, proto.Clone(message))
	return w.failures[method]
}

// fail makes a method fail from now on; nil makes it work again.
func (w *world) fail(method string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures[method] = err
}

// since gives the calls that came after the first n.
func (w *world) since(n int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls[n:])
}

func (w *world) count() int { return len(w.since(0)) }

// cameFrom gives where the last call of a method came from.
func (w *world) cameFrom(method string) rpc.Client {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clients[method]
}

// last gives the last request of a type.
func last[T proto.Message](w *world) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, request := range slices.Backward(w.requests) {
		if found, ok := request.(T); ok {
			return found
		}
	}
	var none T
	return none
}

// person signs somebody up and in, and gives the session's secret.
func (w *world) person(email string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.people[email] = "correct horse battery"
	secret := "nj_ses_" + uuid.NewString() + "aaaaaaa"
	w.sessions[secret] = email
	return secret
}

// someReset looks like the token of a reset mail.
const someReset = "nj_rst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// addReset sends Ada a mail whose link holds someReset.
func (w *world) addReset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resets[someReset] = "ada@example.org"
}

// addPad makes a pad and gives its id.
func (w *world) addPad(email, title string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := uuid.Must(uuid.NewV7()).String()
	w.pads = append(w.pads, &notespb.Pad{Name: "pads/" + id, Title: title, Etag: "pad-1"})
	w.owners["pads/"+id] = email
	return id
}

// addNote makes a note and gives its id.
func (w *world) addNote(email, title, text, pad string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := uuid.Must(uuid.NewV7()).String()
	note := &notespb.Note{Name: "notes/" + id, Title: title, Text: text, Etag: "etag-1", UpdateTime: timestamppb.New(testNow)}
	if pad != "" {
		note.Pad = "pads/" + pad
	}
	w.notes = append(w.notes, note)
	w.owners["notes/"+id] = email
	return id
}

// addActivities makes n activities of Ada's, the last link of the chain first.
func (w *world) addActivities(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range n {
		w.activities = append(w.activities, &auditpb.Activity{
			Name: "activities/" + uuid.Must(uuid.NewV7()).String(), Type: "notejam.auth.session.created.v1", Subject: "sessions/s1",
			OccurTime: timestamppb.New(testNow.Add(-time.Duration(i) * time.Minute)), Actor: "ada@example.org", ChainPosition: int64(n - i),
			ChainHash: "hash", Data: `{"device": "Firefox on Linux"}`,
		})
	}
	w.trail = &auditpb.Trail{Length: int64(n), Hash: "hash"}
}

// testNow is the present in all tests.
var testNow = time.Date(2026, 11, 23, 10, 51, 7, 0, time.UTC)
