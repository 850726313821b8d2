package identity_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rig is a signer and a verifier that share keys and a clock.
type rig struct {
	t       *testing.T
	private ed25519.PrivateKey
	signer  *identity.Signer
	fetches atomic.Int32
	mu      sync.Mutex
	now     time.Time
	down    bool
	keys    map[string]ed25519.PublicKey
	*identity.Verifier
}

func newRig(t *testing.T) *rig {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, private: private, now: start, keys: map[string]ed25519.PublicKey{"k1": public}}
	r.signer, err = identity.NewSigner("k1", private)
	if err != nil {
		t.Fatal(err)
	}
	r.Verifier = identity.NewVerifier(identity.VerifierConfig{Audience: "notes", Fetch: r.fetch, Now: r.clock})
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) fetch(context.Context) ([]byte, error) {
	r.fetches.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return nil, errors.New("auth is away")
	}
	return identity.EncodeKeySet(r.keys)
}

func (r *rig) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// forgetKeys takes the verifier's keys away, as a rotation and a restart would.
func (r *rig) forgetKeys() {
	r.t.Helper()
	other, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	r.keys = map[string]ed25519.PublicKey{"k2": other}
	r.mu.Unlock()
	err = r.Load(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
}

var somebody = identity.Principal{PersonID: "p-1", SessionID: "s-1", Scopes: []string{"notes:read"}}

func (r *rig) token() string {
	r.t.Helper()
	token, _, err := r.signer.Sign(somebody, "notes", r.clock())
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

func TestASignedTokenGivesItsPrincipal(t *testing.T) {
	r := newRig(t)
	got, err := r.Verify(t.Context(), r.token())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(somebody, got); diff != "" {
		t.Error(diff)
	}
}

func TestClocksMayDifferByFiveSeconds(t *testing.T) {
	r := newRig(t)
	token := r.token()
	r.advance(identity.TokenLife + 4*time.Second)
	_, err := r.Verify(t.Context(), token)
	if err != nil {
		t.Errorf("4 s after its end: %v", err)
	}
	r.advance(2 * time.Second)
	_, err = r.Verify(t.Context(), token)
	if fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("6 s after its end: %v", err)
	}
}

func TestANewKeyIsFetchedWhenATokenNamesItButNotMoreThanOnceInTenSeconds(t *testing.T) {
	r := newRig(t)
	_, err := r.Verify(t.Context(), r.token())
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.keys["k2"] = public
	r.mu.Unlock()
	rotated, err := identity.NewSigner("k2", private)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := rotated.Sign(somebody, "notes", r.clock())
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		_, err = r.Verify(t.Context(), token)
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Fatalf("inside the pause: %v", err)
		}
	}
	r.advance(11 * time.Second)
	_, err = r.Verify(t.Context(), token)
	if err != nil {
		t.Fatalf("after the pause: %v", err)
	}
	if got := r.fetches.Load(); got != 2 {
		t.Errorf("%d fetches, want 2", got)
	}
}

func TestTheLastGoodKeysServeWhileAuthIsAway(t *testing.T) {
	r := newRig(t)
	err := r.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.setDown(true)
	r.advance(23 * time.Hour)
	_, err = r.Verify(t.Context(), r.token())
	if err != nil {
		t.Errorf("after 23 hours: %v", err)
	}
	r.advance(2 * time.Hour)
	_, err = r.Verify(t.Context(), r.token())
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("after 25 hours: got %v, want Unavailable", err)
	}
}

func TestWithoutKeysNobodyCanTellSoTheAnswerIsUnavailable(t *testing.T) {
	r := newRig(t)
	r.setDown(true)
	if r.Load(t.Context()) == nil {
		t.Error("Load succeeded without keys")
	}
	_, err := r.Verify(t.Context(), r.token())
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	r.setDown(false)
	r.advance(11 * time.Second)
	_, err = r.Verify(t.Context(), r.token())
	if err != nil {
		t.Errorf("after auth came back: %v", err)
	}
}

func TestASignerRefusesAKeyIDThatNoVerifierWouldTake(t *testing.T) {
	_, err := identity.NewSigner("../k1", newRig(t).private)
	if err == nil {
		t.Error("accepted")
	}
}
