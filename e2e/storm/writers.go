package storm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

const (
	password   = "a storm is coming"
	callLimit  = 3500 * time.Millisecond // of one try, as web has it
	retryPause = 10 * time.Millisecond
	tokenLife  = 30 * time.Second
	readyLimit = time.Minute
	notesKept  = 8 // of a writer, to be edited and deleted
)

// crew are the writers and what they were told.
type crew struct {
	auth     authpb.AuthServiceClient
	identity authinternalpb.IdentityServiceClient
	notes    notespb.NotesServiceClient
	pads     notespb.PadsServiceClient

	people  []*writer
	writing sync.WaitGroup

	mu    sync.Mutex
	acked []change
	errs  []error
}

// writer is a person who writes, one thing after the other, and does not give
// up: what fails is sent again with the same request id.
type writer struct {
	*crew
	dice    *rand.Rand
	session string
	token   string
	until   time.Time // when the token is exchanged again
	own     []*note
}

// note is one that the writer may edit.
type note struct {
	name    string
	version int64
}

// signUp connects as web does and makes the writers' accounts.
func signUp(ctx context.Context, f *victims, o Options) (*crew, error) {
	set := env.New(env.Map(f.Stack.Settings("web")))
	tls, err := rpc.LoadTLS(rpc.TLSSettings(set, "WEB"), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	calls := rpc.NewClientMetrics(prometheus.NewRegistry())
	dial := func(service string) (*grpc.ClientConn, error) {
		return rpc.Dial(rpc.ClientConfig{
			Target: f.Target(service), Server: service, TLS: tls, Calls: calls, Timeout: rpc.Timeout{Default: callLimit},
		})
	}
	auth, err := dial("auth")
	if err != nil {
		return nil, err
	}
	notes, err := dial("notes")
	if err != nil {
		return nil, err
	}
	c := &crew{
		auth: authpb.NewAuthServiceClient(auth), identity: authinternalpb.NewIdentityServiceClient(auth),
		notes: notespb.NewNotesServiceClient(notes), pads: notespb.NewPadsServiceClient(notes),
	}
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for i := range writers {
		w := &writer{crew: c, dice: rand.New(rand.NewPCG(o.Seed, uint64(i+1)))} //nolint:gosec // a storm must repeat
		w.session, err = w.newcomer(ctx)
		if err != nil {
			return nil, fmt.Errorf("sign a writer up: %w", err)
		}
		c.people = append(c.people, w)
	}
	return c, nil
}

func (c *crew) write(ctx context.Context) {
	for _, w := range c.people {
		c.writing.Go(func() {
			for ctx.Err() == nil {
				err := w.one(ctx)
				if err != nil && ctx.Err() == nil {
					c.mu.Lock()
					c.errs = append(c.errs, err)
					c.mu.Unlock()
					return
				}
			}
		})
	}
}

func (c *crew) wait() { c.writing.Wait() }

func (c *crew) acknowledged() []change {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acked
}

func (c *crew) ack(subject string, version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked = append(c.acked, change{subject, version})
}

// one makes one change.
func (w *writer) one(ctx context.Context) error {
	request := w.uuid()
	switch roll := w.dice.IntN(100); {
	case roll < 2:
		_, err := w.newcomer(ctx)
		return err
	case roll < 6:
		return w.do(ctx, func(ctx context.Context) error {
			pad, err := w.pads.CreatePad(ctx, &notespb.CreatePadRequest{RequestId: request, Pad: &notespb.Pad{Title: "A pad in the storm"}})
			if err == nil {
				w.ack(pad.GetName(), 1)
			}
			return err
		})
	case roll < 25 && len(w.own) > 0:
		n := w.own[w.dice.IntN(len(w.own))]
		return w.do(ctx, func(ctx context.Context) error {
			_, err := w.notes.UpdateNote(ctx, &notespb.UpdateNoteRequest{
				RequestId: request, Note: &notespb.Note{Name: n.name, Title: "Edited"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
			})
			if err == nil {
				n.version++
				w.ack(n.name, n.version)
			}
			return err
		})
	case roll < 30 && len(w.own) == notesKept:
		n := w.own[0]
		w.own = w.own[1:]
		return w.do(ctx, func(ctx context.Context) error {
			_, err := w.notes.DeleteNote(ctx, &notespb.DeleteNoteRequest{RequestId: request, Name: n.name})
			if err == nil {
				w.ack(n.name, n.version+1)
			}
			return err
		})
	}
	return w.do(ctx, func(ctx context.Context) error {
		made, err := w.notes.CreateNote(ctx, &notespb.CreateNoteRequest{
			RequestId: request, Note: &notespb.Note{Title: "In the storm", Text: "Written while things die."},
		})
		if err != nil {
			return err
		}
		w.ack(made.GetName(), 1)
		if len(w.own) < notesKept {
			w.own = append(w.own, &note{made.GetName(), 1})
		}
		return nil
	})
}

// newcomer signs somebody up and in, and gives the session's secret.
func (w *writer) newcomer(ctx context.Context) (session string, err error) {
	up, in := w.uuid(), w.uuid()
	email := up + "@example.com"
	err = w.insist(ctx, func(ctx context.Context) error {
		answer, err := w.auth.SignUp(ctx, &authpb.SignUpRequest{Email: email, Password: password, RequestId: up})
		if err == nil {
			w.ack(answer.GetAccount().GetName(), 0)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	err = w.insist(ctx, func(ctx context.Context) error {
		answer, err := w.auth.SignIn(ctx, &authpb.SignInRequest{Email: email, Password: password, RequestId: in})
		if err == nil {
			session = answer.GetSessionToken()
			w.ack(answer.GetSession().GetName(), 0)
		}
		return err
	})
	return session, err
}

// do is insist for a call that needs a person.
func (w *writer) do(ctx context.Context, call func(ctx context.Context) error) error {
	return w.insist(ctx, func(ctx context.Context) error {
		if time.Now().After(w.until) {
			answer, err := w.identity.ExchangeSession(ctx, &authinternalpb.ExchangeSessionRequest{SessionToken: w.session, Audiences: []string{"notes"}})
			if err != nil {
				return err
			}
			w.token, w.until = answer.GetAccessTokens()[0].GetToken(), time.Now().Add(tokenLife)
		}
		return call(rpc.WithToken(ctx, w.token))
	})
}

// insist tries until the call succeeds or ctx ends. A failure that says that we
// are wrong is an error: a storm is no excuse for it.
func (w *writer) insist(ctx context.Context, call func(ctx context.Context) error) error {
	for {
		err := call(rpc.WithRequestID(ctx, rpc.NewRequestID()))
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		switch fault.KindOf(err) {
		case fault.Unavailable, fault.Timeout, fault.Aborted, fault.Exhausted:
		default:
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
		}
	}
}

// uuid is as random as the storm's seed.
func (w *writer) uuid() string {
	var bytes [16]byte
	for i := range bytes {
		bytes[i] = byte(w.dice.IntN(256)) //nolint:gosec // 0 to 255
	}
	id, _ := uuid.FromBytes(bytes[:]) // 16 bytes
	return id.String()
}
