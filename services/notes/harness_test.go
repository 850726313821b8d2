package notes

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
	"gitlab.com/notejam/notejam/services/notes/migrations"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

const (
	testRetention = 30 * 24 * time.Hour
	testTokenKey  = "a key for page tokens in tests only"
)

// system is the API behind the real chain of interceptors, on a schema of its own, with web as its caller. Its clock stands still until it is moved.
// Nothing else runs, so that statements can be counted and events stay in the outbox; run_test.go starts the whole service.
type system struct {
	t      *testing.T
	db     *mysqltest.Database
	admin  *sql.DB
	clock  *clock
	store  *Store
	tally  *outbox.Tally // which writes when it is stopped
	ca     *rpctest.CA
	addr   string
	signer *identity.Signer

	notes notespb.NotesServiceClient
	pads  notespb.PadsServiceClient
	pages notesinternalpb.PagesServiceClient
}

func startSystem(t *testing.T) *system {
	t.Helper()
	t.Parallel()
	ca, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	database := mysqltest.New(t, migrations.Files)
	s := &system{t: t, db: database, admin: database.OpenAdmin(t), clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, ca: ca}
	db := database.Open(t)
	s.store = NewStore(db, s.clock.Now, outbox.Append)
	s.tally = startTally(t, outbox.TallyConfig{DB: db, Append: outbox.Append, Every: time.Hour})
	tokens, err := newPageTokens(env.NewSecret(testTokenKey))
	if err != nil {
		t.Fatal(err)
	}
	var keys []byte
	s.signer, keys = newSigner(t)
	verifier := identity.NewVerifier(identity.VerifierConfig{
		Audience: serviceName, Now: time.Now,
		Fetch: func(context.Context) ([]byte, error) { return keys, nil },
	})
	server := rpc.NewServer(rpc.ServerConfig{
		TLS: issue(t, ca, serviceName), Verify: verifier.Verify, Denied: denials(s.tally, s.clock.Now),
		Metrics: prometheus.NewRegistry(), InFlight: 100,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	register(server.Registrar(), NewServer(s.store, tokens, testRetention))
	s.addr = serveOn(t, server)
	conn := dial(t, s.addr, issue(t, ca, "web"))
	s.notes, s.pads = notespb.NewNotesServiceClient(conn), notespb.NewPadsServiceClient(conn)
	s.pages = notesinternalpb.NewPagesServiceClient(conn)
	return s
}

// person is somebody who is signed in.
type person struct {
	*system
	id string
}

func (s *system) person() *person { return &person{system: s, id: newID()} }

var allScopes = []string{"notes:read", "notes:write", "pads:read", "pads:write"}

// ctx is a context that calls notes for the person.
func (p *person) ctx() context.Context {
	p.t.Helper()
	token, _, err := p.signer.Sign(identity.Principal{PersonID: p.id, SessionID: newID(), Scopes: allScopes}, serviceName, time.Now())
	if err != nil {
		p.t.Fatal(err)
	}
	return rpc.WithToken(p.t.Context(), token)
}

// note makes a note, in a pad if one is named.
func (p *person) note(title string, pad ...*notespb.Pad) *notespb.Note {
	p.t.Helper()
	n := &notespb.Note{Title: title, Text: "text of " + title}
	if len(pad) == 1 {
		n.Pad = pad[0].GetName()
	}
	return must(p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: n}))(p.t)
}

func (p *person) pad(title string) *notespb.Pad {
	p.t.Helper()
	return must(p.pads.CreatePad(p.ctx(), &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: title}}))(p.t)
}

// get reads a note back.
func (p *person) get(n *notespb.Note) *notespb.Note {
	p.t.Helper()
	return must(p.notes.GetNote(p.ctx(), &notespb.GetNoteRequest{Name: n.GetName()}))(p.t)
}

func (p *person) getPad(pad *notespb.Pad) *notespb.Pad {
	p.t.Helper()
	return must(p.pads.GetPad(p.ctx(), &notespb.GetPadRequest{Name: pad.GetName()}))(p.t)
}

// must gives the answer of a call that has to succeed.
func must[T any](answer T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
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

// number asks the database for one.
func (s *system) number(query string, args ...any) (n int) {
	s.t.Helper()
	err := s.admin.QueryRowContext(s.t.Context(), query, args...).Scan(&n)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// event is what tests look at of a message in the outbox.
type event struct {
	Source, Type, Subject, Actor string
	RequestID                    string    `json:"request_id"`
	Traceparent                  string    `json:"traceparent"`
	Version                      int64     `json:"subject_version"`
	Time                         time.Time `json:"time"`
	Data                         map[string]any
}

// eventTable is the page that says what events hold.
const eventTable = "../../docs/events.md"

// events gives those of a person, in the order of their ids. Each must be as docs/events.md says.
func (p *person) events() (events []event) {
	p.t.Helper()
	table := must(outboxtest.ReadTable(eventTable))(p.t)
	rows, err := p.admin.QueryContext(p.t.Context(), `SELECT payload FROM outbox ORDER BY event_id`)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var payload []byte
		var e event
		err := errors.Join(rows.Scan(&payload), json.Unmarshal(payload, &e), table.Check(string(payload)))
		if err != nil {
			p.t.Fatal(err)
		}
		if e.Actor == p.id {
			events = append(events, e)
		}
	}
	if rows.Err() != nil {
		p.t.Fatal(rows.Err())
	}
	return events
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

// onTheWire gives the status that the server sent, as text.
func onTheWire(t *testing.T, err error) string {
	t.Helper()
	e, ok := fault.As(err)
	if !ok {
		t.Fatalf("got %v, want a fault", err)
	}
	return status.Convert(e.Cause).Proto().String()
}

// wantSame compares messages.
func wantSame(t *testing.T, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, append(options, protocmp.Transform())...); diff != "" {
		t.Errorf("want and got differ:\n%s", diff)
	}
}

func requestID() string { return uuid.NewString() }
