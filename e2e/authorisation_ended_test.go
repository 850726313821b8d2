package e2e_test

import (
	"context"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
)

// afterTheEnd is how old an access token is when no service takes it any more: its
// life, how far clocks may differ, and a moment.
const afterTheEnd = identity.TokenLife + 5*time.Second + time.Second

// endedSession is the owner with a session that has ended: no access token is to be
// had for it any more.
func (o *owner) endedSession() identity.Principal {
	o.t.Helper()
	s := o.anotherSession()
	o.end(s)
	wantNoExchange(o.t, s.token)
	principal := o.principal
	principal.SessionID = s.id()
	return principal
}

func wantNoExchange(t *testing.T, secret string) {
	t.Helper()
	_, err := identityClient(t).ExchangeSession(t.Context(), &authinternalpb.ExchangeSessionRequest{SessionToken: secret, Audiences: []string{"notes"}})
	if !fault.Is(err, "SESSION_ENDED") {
		t.Errorf("the exchange of an ended session gives %v", err)
	}
}

// wantEnd checks an access token that was out when its session ended. It is tried
// with what every service verifies with and auth's real keys; only the clock is
// another.
func wantEnd(t *testing.T, token *authinternalpb.AccessToken, personID string, ended time.Time) {
	t.Helper()
	for after, works := range map[time.Duration]bool{0: true, 65*time.Second + time.Millisecond: false, time.Hour: false} {
		verifier := identity.NewVerifier(identity.VerifierConfig{
			Audience: token.GetAudience(),
			Now:      func() time.Time { return ended.Add(after) },
			Fetch: func(ctx context.Context) ([]byte, error) {
				keys, err := authinternalpb.NewIdentityServiceClient(dial(t, "notes", "auth")).GetKeySet(ctx, &authinternalpb.GetKeySetRequest{})
				return keys.GetJwks(), err
			},
		})
		principal, err := verifier.Verify(t.Context(), token.GetToken())
		switch {
		case works && (err != nil || principal.PersonID != personID):
			t.Errorf("for %s, %v after: %v, %v", token.GetAudience(), after, principal, err)
		case !works && !fault.Is(err, fault.ReasonTokenInvalid):
			t.Errorf("for %s, %v after: %v, and it should be refused", token.GetAudience(), after, err)
		}
	}
}

func identityClient(t *testing.T) authinternalpb.IdentityServiceClient {
	t.Helper()
	return authinternalpb.NewIdentityServiceClient(dial(t, "web", "auth"))
}

// exchange gives access tokens for every service that serves people.
func exchange(t *testing.T, secret string) []*authinternalpb.AccessToken {
	t.Helper()
	exchanged, err := identityClient(t).ExchangeSession(t.Context(), &authinternalpb.ExchangeSessionRequest{
		SessionToken: secret, Audiences: []string{"auth", "notes", "audit"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return exchanged.GetAccessTokens()
}
