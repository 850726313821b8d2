package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"
)

const (
	// sessionIdle is how long a session lives without being used, by the database's clock.
	sessionIdle = 7 * 24 * time.Hour
	// sessionLife is how long it lives however much it is used.
	sessionLife = 30 * 24 * time.Hour
	// useInterval is how often its use is written down.
	useInterval = 5 * time.Minute
	// maxSessions is per account; one more ends the oldest.
	maxSessions = 20

	sessionPrefix = "nj_ses_"
	secretSize    = 32 // bytes
)

// sessionScopes are what a person may do who signed in with the password.
var sessionScopes = []string{
	"notes:read", "notes:write", "pads:read", "pads:write", "account:read", "account:write", "activity:read",
}

// Session is one signed-in browser or program.
type Session struct {
	ID         string // UUIDv7; no secret
	CreatedAt  time.Time
	LastUsedAt time.Time // to within useInterval
	ExpiresAt  time.Time
}

// newSessionToken makes a session's secret and the hash that is stored of it. A plain hash is enough: nobody
// guesses 256 random bits.
func newSessionToken() (token string, hash []byte) {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: it ends the process instead
	sum := sha256.Sum256(secret)
	return sessionPrefix + base64.RawURLEncoding.EncodeToString(secret), sum[:]
}

var errNoSessionToken = errors.New("text is no session token")

// hashSessionToken gives the hash to look a session up by. Every secret has exactly one spelling.
func hashSessionToken(token string) ([]byte, error) {
	text, ok := strings.CutPrefix(token, sessionPrefix)
	secret, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(secret) != secretSize || strings.ContainsAny(text, "\r\n") {
		return nil, errNoSessionToken
	}
	sum := sha256.Sum256(secret)
	return sum[:], nil
}

// heldSession is a session of an account that is about to get another one.
type heldSession struct {
	id        string
	requestID string // of the sign-in that started it
	expired   bool
}

// makeRoom decides what happens to an account's sessions, the oldest first, when a sign-in starts another
// one. A session that the same sign-in started before is ended: its answer may never have arrived. So are the
// oldest ones beyond the limit. Expired ones have ended already and are only removed.
func makeRoom(held []heldSession, requestID string) (end, remove []string) {
	var keep []string
	for _, s := range held {
		switch {
		case s.expired:
			remove = append(remove, s.id)
		case s.requestID == requestID:
			end = append(end, s.id)
		default:
			keep = append(keep, s.id)
		}
	}
	over := len(keep) - (maxSessions - 1)
	if over > 0 {
		end = append(end, keep[:over]...)
	}
	return end, remove
}
