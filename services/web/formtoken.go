package web

// Form tokens, the second layer against forged requests (reliability.md C7; the first is guard.go's check of where a
// request comes from). A token is an HMAC over a secret of this browser: its session, or its form cookie on pages that
// are open to everybody. It needs no store, and every web process with the same key accepts it.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

const formTokenField = "form_token"

// formTokens makes and checks tokens.
type formTokens struct{ key []byte }

// of gives the token for forms of the browser that holds secret.
func (f formTokens) of(secret string) string {
	mac := hmac.New(sha256.New, f.key)
	_, _ = mac.Write([]byte("form token\x00" + secret)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// check says whether token is of(secret), in a time that tells nothing. No secret has no token.
func (f formTokens) check(token, secret string) bool {
	return secret != "" && hmac.Equal([]byte(token), []byte(f.of(secret)))
}
