package identity_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
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

// forge signs a header and a body with the right key.
func (r *rig) forge(header, body string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(body))
	return signed + "." + encode(ed25519.Sign(r.private, []byte(signed)))
}

const goodHeader = `{"alg":"EdDSA","typ":"at+jwt","kid":"k1"}`

// body gives the claims of a good token with some of them replaced; nil removes.
func body(t *testing.T, changes map[string]any) string {
	t.Helper()
	c := map[string]any{
		"iss": identity.Issuer, "aud": "notes", "sub": "p-1", "sid": "s-1", "scp": []string{"notes:read"},
		"iat": start.Unix(), "nbf": start.Unix(), "exp": start.Add(time.Minute).Unix(), "jti": "j-1",
	}
	for k, v := range changes {
		if v == nil {
			delete(c, k)
			continue
		}
		c[k] = v
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
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
	// The forger's tools below make good tokens too: what they break is what is tested.
	_, err = r.Verify(t.Context(), r.forge(goodHeader, body(t, nil)))
	if err != nil {
		t.Errorf("an unchanged forged token is refused: %v", err)
	}
}

func TestEveryBadTokenGetsTheSameAnswer(t *testing.T) {
	r := newRig(t)
	good := r.token()
	parts := strings.Split(good, ".")
	_, otherKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := identity.NewSigner("k1", otherKey)
	if err != nil {
		t.Fatal(err)
	}
	strange, _, err := stranger.Sign(somebody, "notes", start)
	if err != nil {
		t.Fatal(err)
	}
	header := func(h string) string { return r.forge(h, body(t, nil)) }
	claim := func(name string, value any) string { return r.forge(goodHeader, body(t, map[string]any{name: value})) }
	tokens := map[string]string{
		"empty": "", "no dots": "abc", "two parts": parts[0] + "." + parts[1], "four parts": good + ".x",
		"empty signature": parts[0] + "." + parts[1] + ".", "empty body": parts[0] + ".." + parts[2],
		"padding": good + "=", "trailing data": good + "AA", "leading space": " " + good,
		"5 KiB": good + strings.Repeat("A", 5<<10), "same kid, other key": strange,
		"alg none":       header(`{"alg":"none","typ":"at+jwt","kid":"k1"}`),
		"alg HS256":      header(`{"alg":"HS256","typ":"at+jwt","kid":"k1"}`),
		"alg ES256":      header(`{"alg":"ES256","typ":"at+jwt","kid":"k1"}`),
		"alg eddsa":      header(`{"alg":"eddsa","typ":"at+jwt","kid":"k1"}`),
		"alg twice":      header(`{"alg":"EdDSA","alg":"EdDSA","typ":"at+jwt","kid":"k1"}`),
		"typ JWT":        header(`{"alg":"EdDSA","typ":"JWT","kid":"k1"}`),
		"no typ":         header(`{"alg":"EdDSA","kid":"k1"}`),
		"no kid":         header(`{"alg":"EdDSA","typ":"at+jwt"}`),
		"kid path":       header(`{"alg":"EdDSA","typ":"at+jwt","kid":"../k1"}`),
		"kid SQL":        header(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1' OR '1'='1"}`),
		"kid unknown":    header(`{"alg":"EdDSA","typ":"at+jwt","kid":"k9"}`),
		"jku":            header(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1","jku":"https://x.test/"}`),
		"jwk":            header(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1","jwk":{}}`),
		"x5u":            header(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1","x5u":"https://x.test/"}`),
		"x5c":            header(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1","x5c":[]}`),
		"crit":           header(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1","crit":["exp"]}`),
		"header no JSON": header(`EdDSA`), "header null": header(`null`),
		"other audience": claim("aud", "audit"), "two audiences": claim("aud", []string{"notes", "audit"}),
		"no audience": claim("aud", nil), "other issuer": claim("iss", "somebody"), "no issuer": claim("iss", nil),
		"no exp": claim("exp", nil), "exp in ms": claim("exp", start.Add(time.Minute).UnixMilli()),
		"exp as text": claim("exp", "2026-03-01"), "expired": claim("exp", start.Add(-6*time.Second).Unix()),
		"holds too long": claim("exp", start.Add(121*time.Second).Unix()),
		"no iat":         claim("iat", nil), "iat in the future": claim("iat", start.Add(6*time.Second).Unix()),
		"no nbf": claim("nbf", nil), "nbf in the future": claim("nbf", start.Add(6*time.Second).Unix()),
		"no sub": claim("sub", nil), "no sid": claim("sid", nil), "unknown claim": claim("admin", true),
		"claim in capitals": r.forge(goodHeader, strings.Replace(body(t, nil), `"sub"`, `"SUB"`, 1)),
		"claim twice":       r.forge(goodHeader, strings.Replace(body(t, nil), `"sub":"p-1"`, `"sub":"p-1","sub":"p-2"`, 1)),
		"data after claims": r.forge(goodHeader, body(t, nil)+`{}`),
		"changed body":      parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(body(t, nil))) + "." + parts[2],
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			_, err := r.Verify(t.Context(), token)
			e, ok := fault.As(err)
			if !ok || e.Kind != fault.Unauthenticated || e.Reason != fault.ReasonTokenInvalid || e.Sentence != "Sign in to do this." {
				t.Errorf("got %v", err)
			}
		})
	}
	if got := r.fetches.Load(); got != 1 {
		t.Errorf("%d bad tokens made %d calls to auth, want 1", len(tokens), got)
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

func FuzzNoTokenThatAuthDidNotSignIsAccepted(f *testing.F) {
	f.Add("a.b.c")
	f.Add(goodHeader)
	verifier := identity.NewVerifier(identity.VerifierConfig{Audience: "notes", Now: time.Now,
		Fetch: func(context.Context) ([]byte, error) {
			public, _, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return nil, err
			}
			return identity.EncodeKeySet(map[string]ed25519.PublicKey{"k1": public})
		}})
	f.Fuzz(func(t *testing.T, token string) {
		_, err := verifier.Verify(context.Background(), token)
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%q: got %v", token, err)
		}
	})
}
