package auth

import "time"

const (
	// keyPeriod is how long a key signs.
	keyPeriod = 24 * time.Hour
	// keyLead is how long a key is public before it signs. At least 15 minutes: every service asks for the
	// keys again after 5.
	keyLead = time.Hour
	// keyKept is how long a key stays public after its last signature. At least 10 minutes: its last token
	// lives for one.
	keyKept = time.Hour
)

// keyTimes is what rotation looks at: the keys' numbers and starts, in order.
type keyTimes []keyTime

type keyTime struct {
	seq        int
	activeFrom time.Time
}

// current gives the index of the key that signs now: the latest that has started. A clock that was set back
// to before all of them gets the first one. There must be a key.
func (k keyTimes) current(now time.Time) int {
	at := 0
	for i, key := range k {
		if !key.activeFrom.After(now) {
			at = i
		}
	}
	return at
}

// public gives the index of the first key that is published; all after it are, too: the previous one while
// its tokens may be under way, the current one and the next.
func (k keyTimes) public(now time.Time) int {
	at := k.current(now)
	if at > 0 && now.Before(k[at].activeFrom.Add(keyKept)) {
		at--
	}
	return at
}

// due says whether a key has to be made, which number it has and when it starts. The very first one starts at
// once: nobody can have asked for keys before.
func (k keyTimes) due(now time.Time) (next keyTime, due bool) {
	if len(k) == 0 {
		return keyTime{seq: 1, activeFrom: now}, true
	}
	last := k[len(k)-1]
	if now.Before(last.activeFrom.Add(keyPeriod - keyLead)) {
		return keyTime{}, false
	}
	next = keyTime{seq: last.seq + 1, activeFrom: last.activeFrom.Add(keyPeriod)}
	if soonest := now.Add(keyLead); next.activeFrom.Before(soonest) {
		next.activeFrom = soonest
	}
	return next, true
}
