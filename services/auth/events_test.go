package auth

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/limit/limittable"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/migrations"
)

const requestID = "0198c0de-0000-7000-8000-000000000001"

// because is the data of a session that ended.
func because(reason string) map[string]any { return map[string]any{"reason": reason} }

func (e event) of(subject string) event {
	e.Subject = subject
	return e
}

// Every RPC has a line here: a call that succeeds, and the events that it leaves.
func TestEveryWriteLeavesTheEventThatItsPolicyDeclares(t *testing.T) {
	s := startSystem(t, nil)
	ctx := rpc.WithRequestID(t.Context(), requestID)
	forPerson := func(p *person) context.Context { return rpc.WithRequestID(p.ctx(), requestID) }
	calls := map[string]func() (want []event, err error){
		"SignUp": func() ([]event, error) {
			up, err := s.auth.SignUp(ctx, &authpb.SignUpRequest{Email: "events@example.com", Password: goodPassword})
			id := strings.TrimPrefix(up.GetAccount().GetName(), accountCollection)
			return []event{{Subject: up.GetAccount().GetName(), Actor: id}}, err
		},
		"SignIn": func() ([]event, error) {
			p := s.signUp()
			s.newEvents()
			in, err := s.auth.SignIn(ctx, &authpb.SignInRequest{
				Email: p.email, Password: p.password, Client: &authpb.Client{Device: "Firefox on Linux", Network: "203.0.113.0/24"},
			})
			data := map[string]any{"device": "Firefox on Linux", "network": "203.0.113.0/24"}
			return []event{{Subject: in.GetSession().GetName(), Actor: p.accountID, Data: data}}, err
		},
		"SignOut": func() ([]event, error) {
			p := s.signUp()
			s.newEvents()
			_, err := s.auth.SignOut(forPerson(p), &authpb.SignOutRequest{})
			return []event{{Subject: p.session, Actor: p.accountID, Data: because(endedBySignOut)}}, err
		},
		"ChangePassword": func() ([]event, error) {
			p := s.signUp()
			other := p.again()
			s.newEvents()
			_, err := s.auth.ChangePassword(forPerson(p), &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: otherPassword})
			return []event{
				{Subject: accountName(p.accountID), Actor: p.accountID},
				{Subject: other.session, Actor: p.accountID, Type: eventSessionEnded, Data: because(endedByChange)},
			}, err
		},
		"ListSessions": func() ([]event, error) {
			p := s.signUp()
			s.newEvents()
			_, err := s.auth.ListSessions(forPerson(p), &authpb.ListSessionsRequest{})
			return nil, err
		},
		"DeleteSession": func() ([]event, error) {
			p := s.signUp()
			other := p.again()
			s.newEvents()
			_, err := s.auth.DeleteSession(forPerson(p), &authpb.DeleteSessionRequest{Name: other.session})
			return []event{{Subject: other.session, Actor: p.accountID, Data: because(endedByPerson)}}, err
		},
		"RequestPasswordReset": func() ([]event, error) {
			p := s.signUp()
			s.newEvents()
			_, err := s.auth.RequestPasswordReset(ctx, &authpb.RequestPasswordResetRequest{Email: p.email})
			return []event{{Subject: accountName(p.accountID), Actor: p.accountID}}, err
		},
		"ConfirmPasswordReset": func() ([]event, error) {
			p := s.signUp()
			token := p.resetToken()
			s.newEvents()
			_, err := s.auth.ConfirmPasswordReset(ctx, &authpb.ConfirmPasswordResetRequest{Token: token, NewPassword: otherPassword})
			return []event{
				{Subject: accountName(p.accountID), Actor: p.accountID},
				{Subject: p.session, Actor: p.accountID, Type: eventSessionEnded, Data: because(endedByReset)},
			}, err
		},
		"EndOtherSessions": func() ([]event, error) {
			p := s.signUp()
			one, two := p.again(), p.again()
			s.newEvents()
			_, err := s.auth.EndOtherSessions(forPerson(p), &authpb.EndOtherSessionsRequest{})
			ended := event{Actor: p.accountID, Data: because(endedByPerson)}
			return []event{ended.of(one.session), ended.of(two.session)}, err
		},
		"CreateToken": func() ([]event, error) {
			p := s.signUp()
			s.newEvents()
			token, err := s.tokens.CreateToken(forPerson(p), newTokenRequest("notes:read"))
			return []event{{Subject: token.GetName(), Actor: p.accountID}}, err
		},
		"GetToken": func() ([]event, error) {
			p := s.signUp()
			token := p.newToken("notes:read")
			s.newEvents()
			_, err := s.tokens.GetToken(forPerson(p), &authpb.GetTokenRequest{Name: token.GetName()})
			return nil, err
		},
		"ListTokens": func() ([]event, error) {
			p := s.signUp()
			s.newEvents()
			_, err := s.tokens.ListTokens(forPerson(p), &authpb.ListTokensRequest{})
			return nil, err
		},
		"DeleteToken": func() ([]event, error) {
			p := s.signUp()
			token := p.newToken("notes:read")
			s.newEvents()
			_, err := s.tokens.DeleteToken(forPerson(p), &authpb.DeleteTokenRequest{Name: token.GetName()})
			return []event{{Subject: token.GetName(), Actor: p.accountID, Data: because(deletedByPerson)}}, err
		},
		"ExchangeToken": func() ([]event, error) {
			p := s.signUp()
			token := p.newToken("notes:read")
			s.newEvents()
			_, err := s.exchangeToken(token.GetSecret(), "notes")
			return nil, err
		},
		"ExchangeSession": func() ([]event, error) {
			p := s.signUp()
			s.newEvents()
			_, err := p.exchange(p.token, "notes")
			return nil, err
		},
		"CheckPasswordReset": func() ([]event, error) {
			p := s.signUp()
			token := p.resetToken()
			s.newEvents()
			return nil, s.check(token)
		},
		"GetKeySet": func() ([]event, error) {
			_, err := authinternalpb.NewIdentityServiceClient(s.dial("notes")).GetKeySet(ctx, &authinternalpb.GetKeySetRequest{})
			return nil, err
		},
	}
	for method, policy := range policies(t) {
		name := method[strings.LastIndexByte(method, '/')+1:]
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			call := calls[name]
			if call == nil {
				t.Fatal("this RPC has no line in the test")
			}
			want, err := call()
			if err != nil || (len(want) > 0) != policy.Writes {
				t.Fatalf("%d events of a method with event %s: %v", len(want), policy.Event, err)
			}
			for i := range want {
				want[i].Source, want[i].RequestID = "auth", requestID
				if want[i].Type == "" {
					want[i].Type = policy.Event
				}
			}
			if diff := cmp.Diff(want, s.newEvents()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// policies are those of all RPCs that the service has.
func policies(t *testing.T) map[string]rpc.Policy {
	t.Helper()
	all, err := rpc.Policies(
		authpb.File_notejam_auth_v1_auth_proto.Services().ByName("AuthService"),
		authpb.File_notejam_auth_v1_tokens_proto.Services().ByName("TokensService"),
		authinternalpb.File_notejam_auth_internal_v1_identity_proto.Services().ByName("IdentityService"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTheTablesOfPlatformAreTheirPackagesTables(t *testing.T) {
	for file, want := range map[string]string{"0004_idem.sql": idempotency.Schema, "0005_outbox.sql": outbox.Schema, "0010_outbox_claim.sql": outbox.SchemaClaim, "0008_limits.sql": limittable.Schema} {
		got, err := migrations.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}
