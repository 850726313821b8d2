// Package identitytest makes access tokens that auth never would. Whoever holds
// auth's key can say anything with it, and whoever does not can only try: tests
// do both, and see that a service is taken in by neither.
package identitytest

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	"gitlab.com/notejam/notejam/platform/identity"
)

// Key is one of auth's signing keys.
type Key struct {
	ID      string
	Private ed25519.PrivateKey
}

// Header is the header of a good token.
func (k Key) Header() string { return `{"alg":"EdDSA","typ":"at+jwt","kid":"` + k.ID + `"}` }

// Sign signs any header and any body.
func (k Key) Sign(header, body string) string {
	signed := encode([]byte(header)) + "." + encode([]byte(body))
	return signed + "." + encode(ed25519.Sign(k.Private, []byte(signed)))
}

// Token signs a token for a principal that was made at a time, with some claims
// replaced; nil takes one out.
func (k Key) Token(p identity.Principal, audience string, made time.Time, changes map[string]any) string {
	return k.Sign(k.Header(), Body(p, audience, made, changes))
}

// Body is the body of such a token.
func Body(p identity.Principal, audience string, made time.Time, changes map[string]any) string {
	claims := map[string]any{
		"iss": identity.Issuer, "aud": audience, "sub": p.PersonID, "sid": p.SessionID, "scp": p.Scopes,
		"iat": made.Unix(), "nbf": made.Unix(), "exp": made.Add(identity.TokenLife).Unix(), "jti": "j-1",
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	data, err := json.Marshal(claims)
	if err != nil {
		panic(err) // a test gave something that is no JSON
	}
	return string(data)
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
