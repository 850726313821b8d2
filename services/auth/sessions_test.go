package auth

import (
	"context"
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
)

func encodeSecret(value string) string { return base64.RawURLEncoding.EncodeToString([]byte(value)) }

func TestExchangeSession(t *testing.T) {
	s := startSystem(t, nil)

	t.Run("gives tokens that the audiences accept, with the scopes of a session", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		resp, err := s.identity.ExchangeSession(t.Context(), &authinternalpb.ExchangeSessionRequest{
			SessionToken: p.token, Audiences: []string{"notes", "audit"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if resp.GetAccountId() != p.accountID || sessionName(resp.GetSessionId()) != p.session || resp.GetEmail() != p.email {
			t.Errorf("got %v, want the account and session of %s", resp, p.email)
		}
		for i, audience := range []string{"notes", "audit"} {
			token := resp.GetAccessTokens()[i]
			principal, err := s.verifier(audience).Verify(t.Context(), token.GetToken())
			if err != nil {
				t.Fatal(err)
			}
			if principal.PersonID != p.accountID || sessionName(principal.SessionID) != p.session || len(principal.Scopes) != 7 {
				t.Errorf("the token says %+v", principal)
			}
			if left := time.Until(token.GetExpireTime().AsTime()); left > time.Minute || left < 50*time.Second {
				t.Errorf("the token lives for %v, want 60 s", left)
			}
			_, err = s.verifier("auth").Verify(t.Context(), token.GetToken())
			if err == nil {
				t.Errorf("the token for %s is accepted by auth", audience)
			}
		}
	})

	t.Run("is one statement while the session's use is fresh", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		p.wantLive(true)
		least := math.MaxInt
		for range 5 { // the relay reads now and then, too
			before := s.statements()
			p.wantLive(true)
			least = min(least, s.statements()-before)
		}
		if least != 1 {
			t.Errorf("%d statements were sent, want 1", least)
		}
	})

	for _, tt := range []struct{ name, token string }{
		{"refuses another prefix", "nj_pat_" + encodeSecret(strings.Repeat("x", 32))},
		{"refuses an unknown secret", sessionPrefix + encodeSecret(strings.Repeat("x", 32))},
		{"refuses a short secret", sessionPrefix + encodeSecret("x")},
		{"refuses what is no token", "DROP TABLE sessions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s.in(t)
			_, err := s.exchange(tt.token, "notes")
			wantFault(t, err, fault.Unauthenticated, ReasonSessionEnded)
		})
	}

	for _, tt := range []struct {
		name      string
		audiences []string
		sentence  string
	}{
		{"refuses no audience", nil, "This field is required."},
		{"refuses an unknown audience", []string{"notes", "web"}, "Name one to four of auth, notes and audit."},
		{"refuses five audiences", []string{"notes", "notes", "notes", "notes", "notes"}, "Name one to four of auth, notes and audit."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s.in(t)
			p := s.signUp()
			_, err := s.identity.ExchangeSession(t.Context(), &authinternalpb.ExchangeSessionRequest{SessionToken: p.token, Audiences: tt.audiences})
			wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "audiences: "+tt.sentence)
		})
	}
}

// verifier checks tokens as another service does, with the keys that auth publishes.
func (s *system) verifier(audience string) *identity.Verifier {
	identityOf := authinternalpb.NewIdentityServiceClient(s.dial("notes"))
	return identity.NewVerifier(identity.VerifierConfig{Audience: audience, Now: time.Now, Fetch: func(ctx context.Context) ([]byte, error) {
		resp, err := identityOf.GetKeySet(ctx, &authinternalpb.GetKeySetRequest{})
		return resp.GetJwks(), err
	}})
}

func TestASessionEnds(t *testing.T) {
	s := startSystem(t, nil)
	age := func(p *person, column string, hours float64) {
		p.exec(`UPDATE sessions SET `+column+` = `+column+` - INTERVAL ? SECOND WHERE id = ?`,
			int(hours*3600), strings.TrimPrefix(p.session, sessionCollection))
	}

	t.Run("7 days after its last use", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		for _, column := range []string{"created_at", "last_used_at", "expires_at"} {
			age(p, column, 7*24-0.1)
		}
		p.wantLive(true) // and this was a use
		for _, column := range []string{"created_at", "last_used_at", "expires_at"} {
			age(p, column, 7*24-0.1)
		}
		p.wantLive(true)
		for _, column := range []string{"created_at", "last_used_at", "expires_at"} {
			age(p, column, 7*24+0.1)
		}
		p.wantLive(false)
	})

	t.Run("30 days after its start, however much it is used", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		age(p, "created_at", 30*24-1)
		age(p, "last_used_at", 1)
		p.wantLive(true)
		age(p, "expires_at", 0.9)
		p.wantLive(true)
		age(p, "expires_at", 0.2)
		p.wantLive(false)
	})

	t.Run("when its account's credentials reach another epoch", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		s.exec(`UPDATE accounts SET epoch = epoch + 1 WHERE id = ?`, p.accountID)
		p.wantLive(false)
	})

	t.Run("and its row goes with the next sweep", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		age(p, "expires_at", 8*24)
		err := NewStore(s.db.Open(t), time.Now, outbox.Append).sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := s.count(`SELECT COUNT(*) FROM sessions WHERE account_id = ?`, p.accountID); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func TestTheUseOfASessionIsWrittenDownEvery5Minutes(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	id := strings.TrimPrefix(p.session, sessionCollection)
	recent := `SELECT COUNT(*) FROM sessions WHERE id = ? AND last_used_at > UTC_TIMESTAMP(6) - INTERVAL 60 SECOND`
	s.exec(`UPDATE sessions SET last_used_at = UTC_TIMESTAMP(6) - INTERVAL 290 SECOND WHERE id = ?`, id)
	p.wantLive(true)
	if s.count(recent, id) != 0 {
		t.Error("a use 290 s after the last one was written down")
	}
	s.exec(`UPDATE sessions SET last_used_at = UTC_TIMESTAMP(6) - INTERVAL 310 SECOND WHERE id = ?`, id)
	p.wantLive(true)
	if s.count(recent, id) != 1 {
		t.Error("a use 310 s after the last one was not written down")
	}
}

func TestEndingSessions(t *testing.T) {
	s := startSystem(t, nil)

	t.Run("the list has the caller's live sessions, the newest first", func(t *testing.T) {
		s := s.in(t)
		s.signUp() // somebody else
		first := s.signUp()
		expired, ended, last := first.again(), first.again(), first.again()
		s.exec(`UPDATE sessions SET expires_at = UTC_TIMESTAMP(6) WHERE id = ?`, strings.TrimPrefix(expired.session, sessionCollection))
		_, err := s.auth.SignOut(ended.ctx(), &authpb.SignOutRequest{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.auth.ListSessions(first.ctx(), &authpb.ListSessionsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, session := range list.GetSessions() {
			mark := ""
			if session.GetCurrent() {
				mark = "*"
			}
			got = append(got, session.GetName()+mark)
			if life := session.GetExpireTime().AsTime().Sub(session.GetLastUseTime().AsTime()); life != sessionIdle {
				t.Errorf("%s expires %v after its use", session.GetName(), life)
			}
		}
		if want := last.session + " " + first.session + "*"; strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
	})

	t.Run("the list says what each was started with and from", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		client := &authpb.Client{Device: "Firefox on Linux", Network: "2001:db8:7::/48"}
		in, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: p.email, Password: p.password, Client: client})
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.auth.ListSessions(p.ctx(), &authpb.ListSessionsRequest{})
		if err != nil || len(list.GetSessions()) != 2 {
			t.Fatalf("got %v, %v, want two sessions", list, err)
		}
		for _, session := range []*authpb.Session{in.GetSession(), list.GetSessions()[0]} {
			if session.GetDevice() != client.GetDevice() || session.GetNetwork() != client.GetNetwork() {
				t.Errorf("got %v, want %v", session, client)
			}
		}
		if first := list.GetSessions()[1]; first.GetDevice() != "" || first.GetNetwork() != "" {
			t.Errorf("got %v, of which nothing was told", first)
		}
	})

	t.Run("signing out ends the session at once, and again is no error", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		ctx := p.ctx()
		for range 2 {
			_, err := s.auth.SignOut(ctx, &authpb.SignOutRequest{})
			if err != nil {
				t.Fatal(err)
			}
			p.wantLive(false)
		}
	})

	t.Run("one of them", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		other := p.again()
		req := &authpb.DeleteSessionRequest{Name: other.session, RequestId: uuid.NewString()}
		for range 2 { // the repeat gets the first answer
			_, err := s.auth.DeleteSession(p.ctx(), req)
			if err != nil {
				t.Fatal(err)
			}
		}
		other.wantLive(false)
		p.wantLive(true)
		_, err := s.auth.DeleteSession(p.ctx(), &authpb.DeleteSessionRequest{Name: other.session})
		wantFault(t, err, fault.NotFound, ReasonSessionNotFound)
	})

	t.Run("somebody else's is not there, exactly like one that does not exist", func(t *testing.T) {
		s := s.in(t)
		p, stranger := s.signUp(), s.signUp()
		answers := map[string]bool{}
		for _, name := range []string{stranger.session, sessionName(newID()), sessionName("x"), "notes/1", strings.ToUpper(p.session)} {
			_, err := s.auth.DeleteSession(p.ctx(), &authpb.DeleteSessionRequest{Name: name})
			wantFault(t, err, fault.NotFound, ReasonSessionNotFound)
			answers[onTheWire(t, err)] = true
		}
		if len(answers) != 1 {
			t.Errorf("the answers differ: %v", answers)
		}
		stranger.wantLive(true)
	})

	t.Run("a session without a name is a missing field", func(t *testing.T) {
		s := s.in(t)
		_, err := s.auth.DeleteSession(s.signUp().ctx(), &authpb.DeleteSessionRequest{})
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "name: This field is required.")
	})

	t.Run("all the others, and a repeat says the same number", func(t *testing.T) {
		s := s.in(t)
		stranger, p := s.signUp(), s.signUp()
		others := []*person{p.again(), p.again(), p.again()}
		req := &authpb.EndOtherSessionsRequest{RequestId: uuid.NewString()}
		for range 2 {
			resp, err := s.auth.EndOtherSessions(p.ctx(), req)
			if err != nil || resp.GetEndedCount() != 3 {
				t.Errorf("got %v, %v, want 3", resp, err)
			}
		}
		for _, other := range others {
			other.wantLive(false)
		}
		p.wantLive(true)
		stranger.wantLive(true)
	})

	t.Run("a token that outlives its session changes nothing", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		other, ctx := p.again(), p.ctx()
		_, err := s.auth.SignOut(ctx, &authpb.SignOutRequest{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.auth.ListSessions(ctx, &authpb.ListSessionsRequest{})
		wantFault(t, err, fault.Unauthenticated, ReasonSessionEnded)
		_, err = s.auth.EndOtherSessions(ctx, &authpb.EndOtherSessionsRequest{})
		wantFault(t, err, fault.Unauthenticated, ReasonSessionEnded)
		_, err = s.auth.DeleteSession(ctx, &authpb.DeleteSessionRequest{Name: other.session})
		wantFault(t, err, fault.Unauthenticated, ReasonSessionEnded)
		_, err = s.auth.ChangePassword(ctx, &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: "another long enough one"})
		wantFault(t, err, fault.Unauthenticated, ReasonSessionEnded)
		other.wantLive(true)
	})

	t.Run("needs an access token for auth", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		forNotes, err := s.exchange(p.token, "notes")
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{"", p.token, forNotes} {
			_, err := s.auth.SignOut(rpc.WithToken(t.Context(), token), &authpb.SignOutRequest{})
			wantFault(t, err, fault.Unauthenticated, fault.ReasonTokenInvalid)
		}
		p.wantLive(true)
	})
}
