package e2e_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// The columns of the matrix: who calls, and with what in their hands. Those with
// a token of their own are for gRPC, or for REST, where a session stands for it.
const (
	asOwner        = "the owner"
	asOther        = "another person"
	asNobody       = "nobody"
	withExpired    = "an expired token"
	withEnded      = "an ended session"
	withoutScope   = "a token without the scope"
	withToken      = "a personal access token with the scope alone"
	forOtherAud    = "a token for another service"
	withForged     = "a forged token"
	withOtherCerts = "another service's certificate"
)

// want derives from the contract what a column must answer.
func (m method) want(column string) (codes.Code, fault.Reason) {
	switch {
	case column == withOtherCerts:
		return codes.PermissionDenied, fault.ReasonCallerDenied
	case column == asOwner, column == withToken, !m.NeedsPerson():
		return codes.OK, ""
	case column == withoutScope:
		return codes.PermissionDenied, fault.ReasonScopeMissing
	case column != asOther:
		return codes.Unauthenticated, fault.ReasonTokenInvalid
	case m.Owner == policypb.Owner_OWNER_RESOURCE:
		return codes.NotFound, "" // whose reason is the service's
	}
	return codes.OK, ""
}

// answer is what came back, in a form in which two answers can be compared.
type answer struct {
	code   codes.Code
	reason fault.Reason
	said   string // all that the caller gets to see
}

// judge says what is wrong with an answer.
func (m method) judge(column string, got answer) string {
	code, reason := m.want(column)
	switch {
	case got.code != code:
		return "got " + got.code.String() + ", want " + code.String() + ": " + got.said
	case reason != "" && got.reason != reason:
		return "got " + string(got.reason) + ", want " + string(reason)
	}
	return ""
}

func TestEveryRPCHasARowInTheMatrixOfAuthorisation(t *testing.T) {
	for _, wrong := range missingRows(methodsOf(t, protoregistry.GlobalFiles), requests) {
		t.Error(wrong)
	}
}

// everyScope are the scopes that some RPC asks for.
func everyScope(t *testing.T) []string {
	t.Helper()
	var scopes []string
	for _, m := range methodsOf(t, protoregistry.GlobalFiles) {
		if m.NeedsPerson() && !slices.Contains(scopes, m.Scope) {
			scopes = append(scopes, m.Scope)
		}
	}
	return scopes
}

func TestEveryRPCAnswersOnlyThoseWhomItsContractNames(t *testing.T) {
	key, conns := signingKey(t), map[[2]string]*grpc.ClientConn{}
	methods := methodsOf(t, protoregistry.GlobalFiles)
	for _, m := range methods {
		for _, caller := range serviceNames {
			conns[[2]string{caller, m.service}] = dial(t, caller, m.service)
		}
	}
	for _, m := range methods {
		if requests[m.name] == nil {
			continue // the test above names it
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ann, bob := newOwner(t, "ann"), newOwner(t, "bob")
			ended := ann.endedSession()
			row := grpcRow{t: t, method: m, conns: conns, request: requests[m.name](ann)}
			now := time.Now()
			token := func(p identity.Principal, audience string, made time.Time) string {
				return key.Token(p, audience, made, nil)
			}
			limited := ann.principal
			limited.Scopes = without(limited.Scopes, m.Scope)
			good := token(ann.principal, m.service, now)

			row.asks(asNobody, "")
			row.asks(withExpired, token(ann.principal, m.service, now.Add(-identity.TokenLife-6*time.Second)))
			row.asks(withEnded, token(ended, m.service, now.Add(-afterTheEnd)))
			row.asks(withoutScope, token(limited, m.service, now))
			row.asks(forOtherAud, token(ann.principal, another(m.service), now))
			row.asks(withForged, altered(good))
			for _, caller := range serviceNames {
				if !slices.Contains(m.Callers, caller) {
					row.check(withOtherCerts, row.call(caller, good, row.request))
				}
			}
			row.asksAsOther(ann, token(bob.principal, m.service, now))
			row.asks(asOwner, good)
		})
	}
}

// another is a service that is not this one.
func another(service string) string {
	if service == "notes" {
		return "audit"
	}
	return "notes"
}

// altered changes the last letter of a token that means something.
func altered(token string) string {
	at := len(token) - 2
	letter := byte('A')
	if token[at] == letter {
		letter = 'B'
	}
	return token[:at] + string(letter) + token[at+1:]
}

// grpcRow is one RPC of the matrix.
type grpcRow struct {
	t       *testing.T
	method  method
	conns   map[[2]string]*grpc.ClientConn
	request proto.Message
}

// asks calls with a token as each service that may call.
func (r grpcRow) asks(column, token string) {
	r.t.Helper()
	for _, caller := range r.method.Callers {
		r.check(column, r.call(caller, token, r.request))
	}
}

func (r grpcRow) check(column string, got answer) {
	r.t.Helper()
	if wrong := r.method.judge(column, got); wrong != "" {
		r.t.Errorf("%s: %s", column, wrong)
	}
}

// asksAsOther lets another person ask for what is the owner's: that is not there,
// in the very bytes in which something is not there that never was. Where nothing
// of the owner's can be named, nothing of it may be told.
func (r grpcRow) asksAsOther(ann *owner, token string) {
	r.t.Helper()
	got := r.call(r.method.Callers[0], token, r.request)
	r.check(asOther, got)
	if r.method.NeedsPerson() && strings.Contains(got.said, ann.principal.PersonID) {
		r.t.Errorf("another person gets to see the owner's id: %s", got.said)
	}
	if r.method.Owner != policypb.Owner_OWNER_RESOURCE {
		return
	}
	nothing, named := ofNothing(r.t, r.request, uuid.Must(uuid.NewV7()).String())
	if !named {
		r.t.Error("the request names no resource: its row is of no use")
	}
	none := r.call(r.method.Callers[0], token, nothing)
	if none != got {
		r.t.Errorf("what is another's and what is not there differ:\n%v\n%v", got, none)
	}
}

// call makes the call; what it tells is what was on the wire.
func (r grpcRow) call(caller, token string, request proto.Message) answer {
	r.t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(r.method.answer)
	if err != nil {
		r.t.Fatal(err)
	}
	reply := kind.New().Interface()
	ctx := r.t.Context()
	if token != "" {
		ctx = rpc.WithToken(ctx, token)
	}
	err = r.conns[[2]string{caller, r.method.service}].Invoke(ctx, r.method.Method, proto.Clone(request), reply)
	return answerOf(r.t, reply, err)
}
