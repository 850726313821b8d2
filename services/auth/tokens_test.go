package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
)

func newTokenRequest(scopes ...string) *authpb.CreateTokenRequest {
	return &authpb.CreateTokenRequest{Token: &authpb.Token{Title: "Backup", Scopes: scopes}, RequestId: uuid.NewString()}
}

// newToken makes a token of the person.
func (p *person) newToken(scopes ...string) *authpb.Token {
	p.t.Helper()
	token, err := p.tokens.CreateToken(p.ctx(), newTokenRequest(scopes...))
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

// exchangeToken gives an access token for an audience.
func (s *system) exchangeToken(token, audience string) (string, error) {
	resp, err := s.identity.ExchangeToken(s.t.Context(), &authinternalpb.ExchangeTokenRequest{Token: token, Audiences: []string{audience}})
	if err != nil {
		return "", err
	}
	return resp.GetAccessTokens()[0].GetToken(), nil
}

// wantWorks checks whether a token can be exchanged.
func (s *system) wantWorks(token *authpb.Token, want bool) {
	s.t.Helper()
	_, err := s.exchangeToken(token.GetSecret(), "notes")
	if (err == nil) != want || err != nil && !fault.Is(err, fault.ReasonTokenInvalid) {
		s.t.Errorf("%s: got %v, want that it works: %v", token.GetName(), err, want)
	}
}

func TestTokens(t *testing.T) {
	s := startSystem(t, nil)

	t.Run("show their secret once", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("pads:read", "notes:read")
		p.wantWorks(token, true)
		want, _ := proto.Clone(token).(*authpb.Token)
		want.Secret = ""
		list, err := p.tokens.ListTokens(p.ctx(), &authpb.ListTokensRequest{})
		if err != nil || len(list.GetTokens()) != 1 {
			t.Fatalf("got %v (%v), want one token", list, err)
		}
		got := list.GetTokens()[0]
		if time.Since(got.GetLastUseTime().AsTime()) > time.Minute {
			t.Errorf("its use was not written down: %v", got)
		}
		again, err := p.tokens.GetToken(p.ctx(), &authpb.GetTokenRequest{Name: token.GetName()})
		if diff := cmp.Diff(got, again, protocmp.Transform()); err != nil || diff != "" {
			t.Error(err, diff)
		}
		got.LastUseTime = nil
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("give no more than their scopes, in their own name", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read", "account:read")
		access, err := p.exchangeToken(token.GetSecret(), "auth")
		if err != nil {
			t.Fatal(err)
		}
		principal, err := p.verifier("auth").Verify(t.Context(), access)
		if err != nil || principal.PersonID != p.accountID || principal.SessionID != token.GetName() ||
			strings.Join(principal.Scopes, " ") != "notes:read account:read" {
			t.Errorf("the access token says %+v (%v)", principal, err)
		}
		ctx := rpc.WithToken(t.Context(), access)
		sessions, err := p.auth.ListSessions(ctx, &authpb.ListSessionsRequest{})
		if err != nil || len(sessions.GetSessions()) != 1 || sessions.GetSessions()[0].GetCurrent() {
			t.Errorf("got %v (%v), want the person's session, which is not the token's", sessions, err)
		}
		_, err = p.tokens.CreateToken(ctx, newTokenRequest("notes:read"))
		wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
		_, err = p.tokens.DeleteToken(ctx, &authpb.DeleteTokenRequest{Name: token.GetName(), RequestId: uuid.NewString()})
		wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
		_, err = p.auth.ChangePassword(ctx, &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: otherPassword})
		wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
	})

	t.Run("are made once for one request", func(t *testing.T) {
		p := s.in(t).signUp()
		request := newTokenRequest("notes:read")
		token, err := p.tokens.CreateToken(p.ctx(), request)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.tokens.CreateToken(p.ctx(), request)
		wantFault(t, err, fault.Exists, ReasonSecretShownOnce)
		known, _ := fault.As(err)
		if known.Metadata["token"] != token.GetName() || strings.Contains(onTheWire(t, err), tokenPrefix) {
			t.Errorf("got %v", err)
		}
		request.Token.Title = "Another"
		_, err = p.tokens.CreateToken(p.ctx(), request)
		wantFault(t, err, fault.Invalid, fault.ReasonRequestIDReused)
	})

	t.Run("are refused with what is wrong", func(t *testing.T) {
		p := s.in(t).signUp()
		_, err := p.tokens.CreateToken(p.ctx(), &authpb.CreateTokenRequest{RequestId: uuid.NewString()})
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "token.title: This field is required.", "token.scopes: Choose at least one.")
		past := newTokenRequest("notes:read")
		past.Token.ExpireTime = timestamppb.New(time.Now().Add(-time.Hour))
		_, err = p.tokens.CreateToken(p.ctx(), past)
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "token.expire_time: Choose a time in the future.")
	})

	t.Run("are at most 50", func(t *testing.T) {
		p := s.in(t).signUp()
		first := p.newToken("notes:read")
		for range maxTokens - 1 {
			p.exec(`INSERT INTO tokens SELECT UUID(), account_id, secret_hash, epoch, title, scopes, created_at, NULL, expires_at FROM tokens WHERE account_id = ? LIMIT 1`, p.accountID)
		}
		_, err := p.tokens.CreateToken(p.ctx(), newTokenRequest("notes:read"))
		wantFault(t, err, fault.Exhausted, ReasonTokenLimitReached)
		p.exec(`UPDATE tokens SET expires_at = UTC_TIMESTAMP(6) WHERE id = ?`, strings.TrimPrefix(first.GetName(), tokenCollection))
		p.newToken("notes:read")
	})

	t.Run("of somebody else are not there", func(t *testing.T) {
		p, other := s.in(t).signUp(), s.in(t).signUp()
		token := p.newToken("notes:read")
		_, err := s.tokens.GetToken(other.ctx(), &authpb.GetTokenRequest{Name: token.GetName()})
		wantFault(t, err, fault.NotFound, ReasonTokenNotFound)
		_, err = s.tokens.DeleteToken(other.ctx(), &authpb.DeleteTokenRequest{Name: token.GetName(), RequestId: uuid.NewString()})
		wantFault(t, err, fault.NotFound, ReasonTokenNotFound)
		list, err := s.tokens.ListTokens(other.ctx(), &authpb.ListTokensRequest{})
		if err != nil || len(list.GetTokens()) != 0 {
			t.Errorf("got %v (%v), want none", list, err)
		}
		p.wantWorks(token, true)
	})

	t.Run("with another secret, or mistyped, are refused, the latter without asking the database", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read")
		id := strings.TrimPrefix(token.GetName(), tokenCollection)
		other, _ := newToken(id)
		_, err := p.exchangeToken(other, "notes")
		wantFault(t, err, fault.Unauthenticated, fault.ReasonTokenInvalid)
		for _, typed := range []string{token.GetSecret()[1:], token.GetSecret()[:len(token.GetSecret())-1] + "-", p.token, "x"} {
			_, err = p.exchangeToken(typed, "notes")
			wantFault(t, err, fault.Unauthenticated, fault.ReasonTokenInvalid)
		}
		_, _, err = readToken(other[:20] + "!" + other[21:])
		if err == nil {
			t.Error("a mistyped token gets as far as the database")
		}
	})

	t.Run("write their use down at most every 5 minutes", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read")
		id := strings.TrimPrefix(token.GetName(), tokenCollection)
		used := func(minutes int) int {
			p.exec(`UPDATE tokens SET last_used_at = UTC_TIMESTAMP(6) - INTERVAL ? MINUTE WHERE id = ?`, minutes, id)
			p.wantWorks(token, true)
			return p.count(`SELECT TIMESTAMPDIFF(MINUTE, last_used_at, UTC_TIMESTAMP(6)) FROM tokens WHERE id = ?`, id)
		}
		if used(4) != 4 || used(6) != 0 {
			t.Error("want the use written down after 5 minutes and not before")
		}
	})
}

func TestATokenEnds(t *testing.T) {
	s := startSystem(t, nil)
	ended := func(token *authpb.Token, p *person, why string) event {
		return event{Type: eventTokenDeleted, Subject: token.GetName(), Actor: p.accountID, Source: "auth", Data: because(why)}
	}
	wantEnded := func(t *testing.T, want event) {
		t.Helper()
		for _, e := range s.in(t).newEvents() {
			e.RequestID = ""
			if cmp.Equal(e, want) {
				return
			}
		}
		t.Errorf("there is no event %v", want)
	}

	t.Run("when its person deletes it", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read")
		kept := p.newToken("notes:read")
		_, err := p.tokens.DeleteToken(p.ctx(), &authpb.DeleteTokenRequest{Name: token.GetName(), RequestId: uuid.NewString()})
		if err != nil {
			t.Fatal(err)
		}
		p.wantWorks(token, false)
		p.wantWorks(kept, true)
	})

	t.Run("when the password is changed", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read")
		_, err := p.auth.ChangePassword(p.ctx(), &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: otherPassword})
		if err != nil {
			t.Fatal(err)
		}
		p.wantWorks(token, false)
		wantEnded(t, ended(token, p, endedByChange))
	})

	t.Run("when the password is reset", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read")
		_, err := p.auth.ConfirmPasswordReset(t.Context(), &authpb.ConfirmPasswordResetRequest{Token: p.resetToken(), NewPassword: otherPassword})
		if err != nil {
			t.Fatal(err)
		}
		p.wantWorks(token, false)
		wantEnded(t, ended(token, p, endedByReset))
	})

	t.Run("with the account's epoch", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read")
		p.exec(`UPDATE accounts SET epoch = epoch + 1 WHERE id = ?`, p.accountID)
		p.wantWorks(token, false)
	})

	t.Run("when it expires, and the sweep says so", func(t *testing.T) {
		p := s.in(t).signUp()
		token := p.newToken("notes:read")
		p.exec(`UPDATE tokens SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE account_id = ?`, p.accountID)
		p.wantWorks(token, false)
		_, err := p.tokens.GetToken(p.ctx(), &authpb.GetTokenRequest{Name: token.GetName()})
		wantFault(t, err, fault.NotFound, ReasonTokenNotFound)
		err = p.store().sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantEnded(t, ended(token, p, endedByTime))
		if p.count(`SELECT COUNT(*) FROM tokens WHERE account_id = ?`, p.accountID) != 0 {
			t.Error("the expired token is still there")
		}
	})
}
