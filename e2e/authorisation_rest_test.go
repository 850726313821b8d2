package e2e_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

func TestEveryRPCOfRESTAnswersOnlyThoseWhomItsContractNames(t *testing.T) {
	rows := rowsOf(t, "auth")
	for _, m := range methodsOf(t, protoregistry.GlobalFiles) {
		if m.path == "" || requests[m.name] == nil {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ann, bob := newOwner(t, "ann"), newOwner(t, "bob")
			expired, ended := ann.anotherSession(), ann.anotherSession()
			expire(t, rows, expired)
			ann.end(ended)
			request := requests[m.name](ann)
			path, body := m.rest(t, request)
			asks := func(column, token string) answer {
				got := ask(ann.person, m.verb, path, body, bearer(token))
				if wrong := m.judge(column, got); wrong != "" {
					t.Errorf("%s: %s", column, wrong)
				}
				return got
			}
			nobody := asks(asNobody, "")
			for column, token := range map[string]string{withExpired: expired.token, withEnded: ended.token, withForged: altered(ann.token)} {
				if got := asks(column, token); m.NeedsPerson() && got != nobody {
					t.Errorf("%s and nobody differ:\n%s\n%s", column, got.said, nobody.said)
				}
			}
			other := asks(asOther, bob.token)
			if strings.Contains(other.said, ann.principal.PersonID) && m.NeedsPerson() {
				t.Errorf("another person gets to see the owner's id: %s", other.said)
			}
			if m.Owner == policypb.Owner_OWNER_RESOURCE {
				nothing, _ := ofNothing(t, request, uuid.Must(uuid.NewV7()).String())
				path, body := m.rest(t, nothing)
				none := ask(ann.person, m.verb, path, body, bearer(bob.token))
				if none != other {
					t.Errorf("what is another's and what is not there differ:\n%s\n%s", other.said, none.said)
				}
			}
			if m.NeedsPerson() {
				asks(withoutScope, ann.tokenFor(without(personalScopes(), m.Scope)))
			}
			if slices.Contains(personalScopes(), m.Scope) {
				asks(withToken, ann.tokenFor([]string{m.Scope}))
			}
			asks(asOwner, ann.token)
		})
	}
}

// expire makes a session one that was not used for too long.
func expire(t *testing.T, rows *mysql.DB, s session) {
	t.Helper()
	_, err := rows.ExecAutocommit(t.Context(), `
		UPDATE sessions
		SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
		WHERE id = ?`, s.id())
	if err != nil {
		t.Fatal(err)
	}
}

// end ends a session behind web's back, as another replica of web would.
func (o *owner) end(s session) {
	o.t.Helper()
	ctx := rpc.WithToken(o.t.Context(), signingKey(o.t).Token(o.principal, "auth", time.Now(), nil))
	_, err := authpb.NewAuthServiceClient(dial(o.t, "web", "auth")).DeleteSession(ctx, &authpb.DeleteSessionRequest{Name: s.name})
	if err != nil {
		o.t.Fatal(err)
	}
}

const (
	// endedIn is how long an ended session may live on in a web process.
	endedIn = 10 * time.Second
	// glance is how long a look at it may take.
	glance = 500 * time.Millisecond
)

func TestAnEndedSessionIsRefusedEverywhereWithinTenSeconds(t *testing.T) {
	t.Parallel()
	ann := newOwner(t, "ann")
	ended := ann.anotherSession()
	services := map[string]string{"auth": "/v1/sessions", "notes": "/v1/notes", "audit": "/v1/activities"}
	for _, path := range services { // web knows the session now
		got := ask(ann.person, http.MethodGet, path, nil, bearer(ended.token))
		if got.reason != "" {
			t.Fatal(got.said)
		}
	}
	before := exchange(t, ended.token)
	began := time.Now()
	ann.end(ended)

	// gRPC: no new token is to be had at once, and those that are out end with their time.
	wantNoExchange(t, ended.token)
	for _, token := range before {
		wantEnd(t, token, ann.principal.PersonID, began)
	}
	// REST: no path takes it any more.
	for service, path := range services {
		eventually(t, service+" refuses the session", time.Until(began.Add(endedIn+glance)), func() error { return refused(ann, path, ended) })
	}
	for _, m := range methodsOf(t, protoregistry.GlobalFiles) {
		if m.path == "" || !m.NeedsPerson() || requests[m.name] == nil {
			continue
		}
		path, body := m.rest(t, requests[m.name](ann))
		got := ask(ann.person, m.verb, path, body, bearer(ended.token))
		if wrong := m.judge(withEnded, got); wrong != "" {
			t.Errorf("%s: %s", m.name, wrong)
		}
	}
}

// refused says why a path does not refuse the session as web itself does. Until
// then auth, which knows, has refused it in its own words.
func refused(o *owner, path string, s session) error {
	got := ask(o.person, http.MethodGet, path, nil, bearer(s.token))
	if got.reason != fault.ReasonTokenInvalid {
		return errors.New(got.said)
	}
	return nil
}
