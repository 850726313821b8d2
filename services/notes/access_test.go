package notes

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// callAs calls any method with an empty message.
func callAs(ctx context.Context, t *testing.T, conn *grpc.ClientConn, method string) error {
	t.Helper()
	service, name, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	for _, d := range services() {
		if string(d.FullName()) != service {
			continue
		}
		for i := range d.Methods().Len() {
			m := d.Methods().Get(i)
			if string(m.Name()) == name {
				return conn.Invoke(ctx, method, dynamicpb.NewMessage(m.Input()), dynamicpb.NewMessage(m.Output()))
			}
		}
	}
	t.Fatalf("there is no %s", method)
	return nil
}

func TestEveryMethodIsClosedToWhoeverItsPolicyDoesNotName(t *testing.T) {
	s := startSystem(t)
	web := dial(t, s.addr, issue(t, s.ca, "web"))
	other := dial(t, s.addr, issue(t, s.ca, "audit"))
	token := func(audience string, age time.Duration, scopes ...string) context.Context {
		principal := identity.Principal{PersonID: newID(), SessionID: newID(), Scopes: scopes}
		token, _, err := s.signer.Sign(principal, audience, time.Now().Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		return rpc.WithToken(t.Context(), token)
	}
	stranger, _ := newSigner(t)
	forged, _, err := stranger.Sign(identity.Principal{PersonID: newID(), SessionID: newID(), Scopes: allScopes}, serviceName, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for method, policy := range policies(t) {
		others := slices.DeleteFunc(slices.Clone(allScopes), func(scope string) bool { return scope == policy.Scope })
		t.Run(method, func(t *testing.T) {
			for name, ctx := range map[string]context.Context{
				"nobody":         t.Context(),
				"expired":        token(serviceName, 2*time.Minute, allScopes...),
				"wrong audience": token("auth", 0, allScopes...),
				"forged":         rpc.WithToken(t.Context(), forged),
			} {
				t.Log(name)
				wantFault(t, callAs(ctx, t, web, method), fault.Unauthenticated, fault.ReasonTokenInvalid)
			}
			wantFault(t, callAs(token(serviceName, 0, others...), t, web, method), fault.Denied, fault.ReasonScopeMissing)
			wantFault(t, callAs(token(serviceName, 0, allScopes...), t, other, method), fault.Denied, fault.ReasonCallerDenied)
			err := callAs(token(serviceName, 0, policy.Scope), t, web, method)
			if kind := fault.KindOf(err); err != nil && kind != fault.Invalid && kind != fault.NotFound {
				t.Errorf("with the one scope that it needs: %v", err)
			}
		})
	}
}

// TestEveryMethodThatNamesAResourceIsTriedByAStranger guards resourceCalls, which the test of foreign resources goes through.
func TestEveryMethodThatNamesAResourceIsTriedByAStranger(t *testing.T) {
	tried := (&person{system: &system{t: t}}).resourceCalls("", "")
	for method, policy := range policies(t) {
		short := method[strings.LastIndexByte(method, '.')+1:]
		if policy.Owner == policypb.Owner_OWNER_RESOURCE && tried[short] == nil {
			t.Errorf("%s is not tried", short)
		}
	}
}

func TestTheDescriptorsOfTheTestsAreAllThatIsRegistered(t *testing.T) {
	server := grpc.NewServer()
	register(server, &Server{})
	if got, want := len(server.GetServiceInfo()), len(services()); got != want {
		t.Errorf("%d services are registered, the tests know %d", got, want)
	}
	for _, d := range services() {
		_, err := protoregistry.GlobalFiles.FindDescriptorByName(d.FullName())
		if _, ok := server.GetServiceInfo()[string(d.FullName())]; !ok || err != nil {
			t.Errorf("%s is not registered: %v", d.FullName(), err)
		}
	}
}
