package identity_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/fault"
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
