package auth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/migrations"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// system is the service as it ships, started from its settings on a schema of its own, and web as its caller.
// Only its passwords are cheap to hash, and its queue is away: events stay in the outbox, where tests read
// them.
type system struct {
	t        *testing.T
	db       *mysqltest.Database
	admin    *sql.DB
	settings map[string]string
	ca       *rpctest.CA
	debug    string // address of the debug listener
	run      *running

	auth     authpb.AuthServiceClient
	tokens   authpb.TokensServiceClient
	identity authinternalpb.IdentityServiceClient
}

// startSystem starts the service and waits until it is ready. Changes are settings that differ from the usual
// ones.
//
// Between picking a free port and listening on it somebody else may take it: then it starts again.
func startSystem(t *testing.T, changes map[string]string) *system {
	t.Helper()
	s := newSystem(t, mysqltest.New(t, migrations.Files), changes)
	r := s.start(t.Output())
	for !r.isReady() {
		if !errors.Is(r.err, syscall.EADDRINUSE) {
			t.Fatalf("start auth: %v", r.err)
		}
		r = s.start(t.Output())
	}
	s.connect()
	s.run = r
	s.newEvents() // of the first signing key
	return s
}

// stop stops the service in order.
func (s *system) stop() {
	s.t.Helper()
	s.run.stop()
	<-s.run.ended
	if s.run.err != nil {
		s.t.Fatal(s.run.err)
	}
}

// newSystem has all that the service needs to start.
func newSystem(t *testing.T, db *mysqltest.Database, changes map[string]string) *system {
	t.Helper()
	ca, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	own := issue(t, ca, "auth")
	s := &system{t: t, db: db, admin: db.OpenAdmin(t), ca: ca, settings: map[string]string{
		"AUTH_DEBUG_ADDR":      "127.0.0.1:0",
		"AUTH_DRAIN_DELAY":     "0s",
		"AUTH_START_TIMEOUT":   "20s",
		"AUTH_LOG_LEVEL":       "debug",
		"AUTH_TLS_CA":          own.CA,
		"AUTH_TLS_CERT":        own.Cert,
		"AUTH_TLS_KEY":         own.Key,
		"AUTH_MYSQL_ADDR":      db.Config.Addr,
		"AUTH_MYSQL_USER":      db.Config.User,
		"AUTH_MYSQL_PASSWORD":  db.Config.Password.Reveal(),
		"AUTH_MYSQL_DB":        db.Config.Database,
		"AUTH_AUDIT_TARGET":    "dns:///127.0.0.1:1",
		"AUTH_QUEUE_URL":       "http://127.0.0.1:1/queue",
		"AUTH_QUEUE_ENDPOINT":  "http://127.0.0.1:1",
		"AUTH_SEALING_KEY":     randomKey(),
		"AUTH_PUBLIC_URL":      "https://notejam.example",
		"AUTH_MAIL_FROM":       "Notejam <notejam@notejam.example>",
		"AUTH_MAIL_DIR":        t.TempDir(),
		"AUTH_HASH_MEMORY_KIB": "8",
		"AUTH_HASH_PASSES":     "1",
	}}
	maps.Copy(s.settings, noLimits())
	maps.Copy(s.settings, changes)
	return s
}

// in is the same system for a sub-test, which fails by itself.
func (s *system) in(t *testing.T) *system {
	own := *s
	own.t = t
	return &own
}

// running is a service that was started.
type running struct {
	listening, ready, ended chan struct{}
	stop                    context.CancelFunc
	err                     error // to be read when ended is closed
}

// isReady waits until the service is ready or has ended.
func (r *running) isReady() bool {
	select {
	case <-r.ready:
		return true
	case <-r.ended:
		return false
	}
}

// start runs the service until the end of the test. The debug listener is open when it returns.
func (s *system) start(log io.Writer) *running {
	s.t.Helper()
	s.settings["AUTH_GRPC_ADDR"] = freeAddr(s.t)
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{listening: make(chan struct{}), ready: make(chan struct{}), ended: make(chan struct{}), stop: cancel}
	go func() {
		defer close(r.ended)
		r.err = service.Run(ctx, Program(), env.Map(s.settings), service.Options{
			LogOutput: log,
			Listening: func(addr string) { s.debug = addr; close(r.listening) },
			Ready:     func() { close(r.ready) },
		})
	}()
	s.t.Cleanup(func() {
		cancel()
		<-r.ended
		if r.err != nil && !errors.Is(r.err, syscall.EADDRINUSE) {
			s.t.Errorf("the service did not stop cleanly: %v", r.err)
		}
	})
	select {
	case <-r.listening:
	case <-r.ended:
	}
	return r
}

// connect makes the clients that web has.
func (s *system) connect() {
	s.t.Helper()
	conn := s.dial("web")
	s.auth = authpb.NewAuthServiceClient(conn)
	s.tokens = authpb.NewTokensServiceClient(conn)
	s.identity = authinternalpb.NewIdentityServiceClient(conn)
}

func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// dial connects as one of our services.
func (s *system) dial(caller string) *grpc.ClientConn {
	s.t.Helper()
	tls, err := rpc.LoadTLS(issue(s.t, s.ca, caller), slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: "dns:///" + s.settings["AUTH_GRPC_ADDR"], Server: "auth", TLS: tls,
		Calls:   rpc.NewClientMetrics(prometheus.NewRegistry()),
		Timeout: rpc.Timeout{Default: 10 * time.Second},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func issue(t *testing.T, ca *rpctest.CA, name string) rpc.TLSFiles {
	t.Helper()
	files, err := ca.Issue(name)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func randomKey() string {
	key := make([]byte, sealKeySize)
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

const goodPassword = "blue kettle on the stove"

// person is somebody with an account and a session.
type person struct {
	*system
	email, password string
	accountID       string
	session         string // resource name
	token           string // the session's secret
}

// signUp makes an account with a fresh address and signs in.
func (s *system) signUp() *person {
	s.t.Helper()
	p := &person{system: s, email: "p-" + uuid.NewString() + "@example.com", password: goodPassword}
	up, err := s.auth.SignUp(s.t.Context(), &authpb.SignUpRequest{Email: p.email, Password: p.password})
	if err != nil {
		s.t.Fatal(err)
	}
	p.accountID = strings.TrimPrefix(up.GetAccount().GetName(), accountCollection)
	return p.again()
}

// again signs the person in once more.
func (p *person) again() *person {
	p.t.Helper()
	in, err := p.auth.SignIn(p.t.Context(), &authpb.SignInRequest{Email: p.email, Password: p.password})
	if err != nil {
		p.t.Fatal(err)
	}
	other := *p
	other.token, other.session = in.GetSessionToken(), in.GetSession().GetName()
	return &other
}

// exchange gives an access token for an audience.
func (s *system) exchange(sessionToken, audience string) (string, error) {
	resp, err := s.identity.ExchangeSession(s.t.Context(), &authinternalpb.ExchangeSessionRequest{
		SessionToken: sessionToken, Audiences: []string{audience},
	})
	if err != nil {
		return "", err
	}
	return resp.GetAccessTokens()[0].GetToken(), nil
}

// ctx is a context that calls auth for the person.
func (p *person) ctx() context.Context {
	p.t.Helper()
	token, err := p.exchange(p.token, "auth")
	if err != nil {
		p.t.Fatal(err)
	}
	return rpc.WithToken(p.t.Context(), token)
}

// wantLive checks whether the session can be exchanged.
func (p *person) wantLive(want bool) {
	p.t.Helper()
	_, err := p.exchange(p.token, "notes")
	if (err == nil) != want || err != nil && !fault.Is(err, ReasonSessionEnded) {
		p.t.Errorf("session %s: got %v, want it live: %v", p.session, err, want)
	}
}

// exec changes the database behind the service's back.
func (s *system) exec(query string, args ...any) {
	s.t.Helper()
	_, err := s.admin.ExecContext(s.t.Context(), query, args...)
	if err != nil {
		s.t.Fatal(err)
	}
}

// count asks the database for one number.
func (s *system) count(query string, args ...any) (n int) {
	s.t.Helper()
	err := s.admin.QueryRowContext(s.t.Context(), query, args...).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// event is what tests look at of a message in the outbox.
type event struct {
	Type, Subject, Actor, Source string
	RequestID                    string `json:"request_id"`
	Data                         map[string]any
}

// trace fails unless a message names its request twice alike.
func (e event) trace(t *testing.T, payload []byte) {
	t.Helper()
	var also struct{ Traceparent string }
	err := json.Unmarshal(payload, &also)
	trace := strings.ReplaceAll(e.RequestID, "-", "")
	if err != nil || (trace == "") != (also.Traceparent == "") || !strings.HasPrefix(also.Traceparent, "00-"+trace) && trace != "" {
		t.Errorf("request %q has traceparent %q (%v)", e.RequestID, also.Traceparent, err)
	}
}

// eventTable is the page that says what events hold.
const eventTable = "../../docs/events.md"

// newEvents gives the events since the last call, in the order of their ids, and takes them out of the
// outbox. Each must be as docs/events.md says.
func (s *system) newEvents() (events []event) {
	s.t.Helper()
	table, err := outboxtest.ReadTable(eventTable)
	if err != nil {
		s.t.Fatal(err)
	}
	defer s.exec(`DELETE FROM outbox`)
	rows, err := s.admin.QueryContext(s.t.Context(), `SELECT payload FROM outbox ORDER BY event_id`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var payload []byte
		var e event
		err := errors.Join(rows.Scan(&payload), json.Unmarshal(payload, &e), table.Check(string(payload)))
		if err != nil {
			s.t.Fatal(err)
		}
		e.trace(s.t, payload)
		events = append(events, e)
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
	return events
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for !isSo() {
		select {
		case <-poll.C:
		case <-limit.C:
			t.Fatalf("after 10 s still not: %s", what)
		}
	}
}

// wantFault checks an error's kind, reason and fields ("name: sentence").
func wantFault(t *testing.T, err error, kind fault.Kind, reason fault.Reason, fields ...string) {
	t.Helper()
	e, ok := fault.As(err)
	if !ok {
		t.Fatalf("got %v, want %s", err, reason)
	}
	var got []string
	for _, f := range e.Fields {
		got = append(got, f.Name+": "+f.Sentence)
	}
	if e.Kind != kind || e.Reason != reason || strings.Join(got, "|") != strings.Join(fields, "|") {
		t.Errorf("got kind %d, %s, fields %q; want kind %d, %s, fields %q", e.Kind, e.Reason, got, kind, reason, fields)
	}
}

// onTheWire gives the bytes of the status that the server sent.
func onTheWire(t *testing.T, err error) string {
	t.Helper()
	e, ok := fault.As(err)
	if !ok {
		t.Fatalf("got %v, want a fault", err)
	}
	return status.Convert(e.Cause).Proto().String()
}
