// Package identity is who is calling: the access token that auth signs and
// every service verifies for itself, and the principal that the token turns
// into for the rest of the request.
//
// A token is a JWS signed with EdDSA, holds for one audience and 60 seconds,
// and is never accepted in any other form: see verifier.go for the order of
// the checks.
package identity

import (
	"context"
	"slices"
	"time"
)

// TokenLife is how long an access token holds: long enough for one page and
// its retries, short enough that an ended session dies with it.
const TokenLife = 60 * time.Second

// Issuer is the `iss` of every access token.
const Issuer = "notejam-auth"

// tokenType is the `typ` header of an access token (RFC 9068).
const tokenType = "at+jwt"

// Principal is the person whom a request is for, and what the request may do.
type Principal struct {
	PersonID  string   // UUIDv7, the owner in every SQL statement
	SessionID string   // UUIDv7 of the session, or the name of the personal access token, that the token came from
	Scopes    []string // for example "notes:read"
}

// Has says whether the principal holds the scope.
func (p Principal) Has(scope string) bool { return slices.Contains(p.Scopes, scope) }

type principalKey struct{}

// WithPrincipal puts the verified principal into the request's context. Only
// the server's identity interceptor does this, and tests.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom gives the request's principal; false on methods that need no
// token.
func PrincipalFrom(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}

// claims is the body of an access token.
type claims struct {
	Issuer    string   `json:"iss"`
	Audience  string   `json:"aud"`
	Subject   string   `json:"sub"`
	SessionID string   `json:"sid"`
	Scopes    []string `json:"scp"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	TokenID   string   `json:"jti"`
}
