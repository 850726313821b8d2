package identity

import (
	"crypto/sha256"
	"sync"
	"time"
)

const (
	// verifiedFor is the longest that a token is taken for good without another
	// look: as long as web keeps one, so that it adds nothing to how long an ended
	// session lives on.
	verifiedFor = 10 * time.Second
	// maxVerified bounds each half of the cache, some 500 bytes a token. Beyond it
	// tokens are verified each time, which is correct and slower.
	maxVerified = 10_000
)

// verifiedTokens remembers by their SHA-256 which tokens were good a moment ago:
// one visit brings the same token several times, and its signature is a quarter
// of what a small call costs. Only good tokens are in it, so that whoever forges
// some cannot fill it.
//
// It has two halves, so that nothing need be swept: the older one is dropped once
// nothing in it can hold any more.
type verifiedTokens struct {
	now func() time.Time

	mu           sync.Mutex
	newer, older map[[sha256.Size]byte]verifiedToken
	turned       time.Time // when newer began
}

type verifiedToken struct {
	principal Principal
	until     time.Time
}

func (v *verifiedTokens) find(digest [sha256.Size]byte) (Principal, bool) {
	now := v.now()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.turn(now)
	token, ok := v.newer[digest]
	if !ok {
		token, ok = v.older[digest]
	}
	if !ok || !now.Before(token.until) {
		return Principal{}, false
	}
	return token.principal, true
}

// keep remembers a token until verifiedFor has passed, or until its own end, which
// no leeway stretches here.
func (v *verifiedTokens) keep(digest [sha256.Size]byte, principal Principal, expires time.Time) {
	now := v.now()
	until := now.Add(verifiedFor)
	if expires.Before(until) {
		until = expires
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.turn(now)
	if len(v.newer) < maxVerified {
		v.newer[digest] = verifiedToken{principal, until}
	}
}

// turn makes the newer half the older one. After a clock was set back nothing
// counts.
func (v *verifiedTokens) turn(now time.Time) {
	age := now.Sub(v.turned)
	if age >= 0 && age < verifiedFor {
		return
	}
	v.older = v.newer
	if age < 0 {
		v.older = nil
	}
	v.newer, v.turned = map[[sha256.Size]byte]verifiedToken{}, now
}
