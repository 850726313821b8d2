package identity_test

import (
	"context"
	"crypto/ed25519"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/identity/identitytest"
)

// leastForgeries is how many tricks are tried at least.
const leastForgeries = 60

func TestEveryBadTokenGetsTheSameAnswer(t *testing.T) {
	r := newRig(t)
	key := identitytest.Key{ID: "k1", Private: r.private}
	// The forger makes good tokens, too: what it breaks is what is tested.
	_, err := r.Verify(t.Context(), key.Token(somebody, "notes", start, nil))
	if err != nil {
		t.Fatalf("an unchanged forged token is refused: %v", err)
	}
	forgeries := identitytest.Forgeries(key, somebody, "notes", start)
	if len(forgeries) < leastForgeries {
		t.Errorf("there are %d forgeries", len(forgeries))
	}
	first := ""
	for _, forgery := range forgeries {
		t.Run(forgery.Name, func(t *testing.T) {
			_, err := r.Verify(t.Context(), forgery.Token)
			if fault.KindOf(err) != fault.Unauthenticated || !fault.Is(err, fault.ReasonTokenInvalid) {
				t.Fatalf("got %v", err)
			}
			answer, err := proto.MarshalOptions{Deterministic: true}.Marshal(fault.ToStatus(err).Proto())
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(answer)
			}
			if string(answer) != first {
				t.Errorf("the answer is %q, and %q to the first one", answer, first)
			}
		})
	}
	if got := r.fetches.Load(); got != 1 {
		t.Errorf("%d bad tokens made %d calls to auth, want 1", len(forgeries), got)
	}
}

// Of all texts one is good: that which auth has signed, in its one spelling.
func FuzzNoTokenThatAuthDidNotSignIsAccepted(f *testing.F) {
	key := identitytest.Key{ID: "k1", Private: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	good := key.Token(somebody, "notes", start, nil)
	verifier := identity.NewVerifier(identity.VerifierConfig{
		Audience: "notes",
		Now:      func() time.Time { return start },
		Fetch: func(context.Context) ([]byte, error) {
			public, _ := key.Private.Public().(ed25519.PublicKey)
			return identity.EncodeKeySet(map[string]ed25519.PublicKey{"k1": public})
		},
	})
	f.Add(good)
	for _, forgery := range identitytest.Forgeries(key, somebody, "notes", start) {
		f.Add(forgery.Token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := verifier.Verify(context.Background(), token)
		if token != good && fault.KindOf(err) != fault.Unauthenticated || token == good && err != nil {
			t.Errorf("%q: got %v", token, err)
		}
	})
}
