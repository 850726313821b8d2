package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"gitlab.com/notejam/notejam/platform/fault"
)

const (
	// maxTokenSize is far above any token that auth makes (about 500 bytes).
	maxTokenSize = 4 << 10
	// leeway is how far two services' clocks may differ.
	leeway = 5 * time.Second
	// maxLife refuses tokens that claim to hold longer than auth ever signs.
	maxLife = 120 * time.Second
)

var keyIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// errToken is the one answer to every bad token: which check failed is for the
// log alone.
var errToken = fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "Sign in to do this.")

// VerifierConfig is what a verifier needs.
type VerifierConfig struct {
	Audience string                                    // the service's own name: the only `aud` it accepts
	Fetch    func(ctx context.Context) ([]byte, error) // gets auth's JSON Web Key Set
	Now      func() time.Time                          // time.Now, but for tests
}

// Verifier checks access tokens with auth's public keys, without a call to
// auth on the way of a request.
type Verifier struct {
	audience string
	now      func() time.Time
	keys     *keySet
	verified *verifiedTokens
}

// NewVerifier makes a verifier. It has no keys until Load or the first token.
func NewVerifier(cfg VerifierConfig) *Verifier {
	return &Verifier{
		audience: cfg.Audience,
		now:      cfg.Now,
		keys:     &keySet{fetch: cfg.Fetch, now: cfg.Now},
		verified: &verifiedTokens{now: cfg.Now},
	}
}

// Load gets the keys now, however soon after a failure: a service is ready once
// this succeeded.
func (v *Verifier) Load(ctx context.Context) error { return v.keys.load(ctx) }

// Verify gives the principal of a good token. A bad token is Unauthenticated;
// when the keys cannot be had it is Unavailable, for then nobody can tell. A
// token that was good a moment ago is not looked at again; see verifiedTokens.
func (v *Verifier) Verify(ctx context.Context, token string) (Principal, error) {
	if len(token) > maxTokenSize {
		return Principal{}, errToken.With(errors.New("token is too long"))
	}
	digest := sha256.Sum256([]byte(token))
	principal, ok := v.verified.find(digest)
	if ok {
		return principal, nil
	}
	principal, expires, err := v.verify(ctx, token)
	if err != nil {
		return Principal{}, err
	}
	v.verified.keep(digest, principal, expires)
	return principal, nil
}

// verify looks at the whole token.
//
// The order matters: everything cheap, and everything that decides which key
// and algorithm are used, comes before the signature; what the token claims
// comes after it.
func (v *Verifier) verify(ctx context.Context, token string) (principal Principal, expires time.Time, err error) {
	keyID, err := checkHeader(token)
	if err != nil {
		return Principal{}, time.Time{}, errToken.With(err)
	}
	key, err := v.keys.key(ctx, keyID)
	switch {
	case errors.Is(err, errKeyUnknown):
		return Principal{}, time.Time{}, errToken.With(fmt.Errorf("%w %q", err, keyID))
	case err != nil:
		return Principal{}, time.Time{}, fault.New(fault.Unavailable, fault.ReasonUnavailable,
			"Notejam is not available right now. Try again.").With(err)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return Principal{}, time.Time{}, errToken.With(err)
	}
	body, err := signed.Verify(key)
	if err != nil {
		return Principal{}, time.Time{}, errToken.With(err)
	}
	c, err := v.checkClaims(body)
	if err != nil {
		return Principal{}, time.Time{}, errToken.With(err)
	}
	return Principal{PersonID: c.Subject, SessionID: c.SessionID, Scopes: c.Scopes}, time.Unix(c.Expires, 0), nil
}

// checkHeader does every check that comes before a key is chosen. The header
// has exactly the three fields that auth writes: whatever else it might carry
// (jku, jwk, x5u, x5c, crit …) is refused without knowing what it means.
func checkHeader(token string) (keyID string, err error) {
	raw, err := decodeHeader(token)
	if err != nil {
		return "", err
	}
	var header struct {
		Algorithm string `json:"alg"`
		Type      string `json:"typ"`
		KeyID     string `json:"kid"`
	}
	err = decodeExactly(raw, &header, "alg", "typ", "kid")
	switch {
	case err != nil:
		return "", fmt.Errorf("decode header: %w", err)
	case header.Algorithm != string(jose.EdDSA):
		return "", fmt.Errorf("alg is %q", header.Algorithm)
	case header.Type != tokenType:
		return "", fmt.Errorf("typ is %q", header.Type)
	case !keyIDPattern.MatchString(header.KeyID):
		return "", errors.New("kid is malformed")
	}
	return header.KeyID, nil
}

// decodeHeader holds the token to its one spelling and gives the first of its
// three parts. go-jose would skip line ends and the unused bits of the last
// letter: who changes those has another text for the same token, which a list of
// tokens that are no longer to be accepted would not know.
func decodeHeader(token string) (header []byte, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("token has not three parts")
	}
	if strings.ContainsAny(token, "\r\n") {
		return nil, errors.New("token has line ends")
	}
	for i, part := range parts {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return nil, fmt.Errorf("decode part %d: %w", i+1, err)
		}
		if len(raw) == 0 {
			return nil, errors.New("token has an empty part")
		}
		if i == 0 {
			header = raw
		}
	}
	return header, nil
}

// checkClaims reads a body whose signature is good.
func (v *Verifier) checkClaims(body []byte) (claims, error) {
	var c claims
	err := decodeExactly(body, &c, "iss", "aud", "sub", "sid", "scp", "iat", "nbf", "exp", "jti")
	if err != nil {
		return claims{}, fmt.Errorf("decode claims: %w", err)
	}
	now := v.now()
	switch {
	case now.After(time.Unix(c.Expires, 0).Add(leeway)):
		return claims{}, errors.New("token has expired")
	case now.Before(time.Unix(c.NotBefore, 0).Add(-leeway)), now.Before(time.Unix(c.IssuedAt, 0).Add(-leeway)):
		return claims{}, errors.New("token is from the future")
	case c.Expires-c.IssuedAt > int64(maxLife/time.Second):
		return claims{}, errors.New("token holds too long")
	case c.Issuer != Issuer:
		return claims{}, fmt.Errorf("iss is %q", c.Issuer)
	case c.Audience != v.audience:
		return claims{}, fmt.Errorf("aud is %q", c.Audience)
	case c.Subject == "" || c.SessionID == "":
		return claims{}, errors.New("sub or sid is empty")
	}
	return c, nil
}

// decodeExactly reads an object that has exactly the given names, each once and
// in that case, and nothing after it. go-jose's decoder is stricter than the
// standard one: it refuses duplicates and does not fold case.
func decodeExactly(data []byte, into any, names ...string) error {
	var found map[string]any
	err := json.Unmarshal(data, &found)
	if err != nil {
		return err
	}
	for _, name := range names {
		_, ok := found[name]
		if !ok {
			return fmt.Errorf("%s is missing", name)
		}
	}
	if len(found) != len(names) {
		return errors.New("there are names that auth does not write")
	}
	return json.Unmarshal(data, into)
}
