// Package limit says whether somebody may do something once more. A limit is a bucket of tokens for each key: it is full at first, everything that is
// done takes one, and they come back one by one at a steady pace (the generic cell rate algorithm: all that has to be remembered of a bucket is when
// it will be full again).
//
// Memory keeps the buckets of one process; the package limittable those of all replicas, in a table of the database.
package limit

import (
	"math"
	"math/rand/v2"
	"time"
)

// Rate is how much may be done: Burst times at once, and Count times in each Per in the long run. A Count of 0 sets no limit.
type Rate struct {
	Count int
	Per   time.Duration
	Burst int
}

// Off says that there is no limit.
func (r Rate) Off() bool { return r.Count == 0 }

// Pace is how long one token takes to come back.
func (r Rate) Pace() time.Duration { return r.Per / time.Duration(r.Count) }

// Refill is how long an empty bucket takes to be full. Whatever was not touched for that long need not be remembered.
func (r Rate) Refill() time.Duration { return r.Pace() * time.Duration(r.Burst) }

// Answer is what a bucket says.
type Answer struct {
	Allowed   bool
	Remaining int           // tokens that are left
	Full      time.Duration // until the bucket is full again
	Retry     time.Duration // until there is a token; 0 when it is allowed
}

// free is the answer where there is no limit.
var free = Answer{Allowed: true}

// Ask asks a bucket that will be full again in so long for tokens, or with none how many there are. If it gives them, Full is when it is full again.
func (r Rate) Ask(full time.Duration, tokens int) Answer {
	full = max(full, 0)
	after := full + time.Duration(tokens)*r.Pace()
	if after > r.Refill() {
		return Answer{Full: full, Retry: after - r.Refill()}
	}
	return Answer{Allowed: true, Remaining: int((r.Refill() - after) / r.Pace()), Full: after}
}

// Seconds is a time to wait as HTTP writes it: whole seconds, at least one, never less than d.
func Seconds(d time.Duration) int { return int(max(1, math.Ceil(d.Seconds()))) }

// Spread is Seconds with up to three per cent more, so that those who were refused together do not come back together.
func Spread(d time.Duration) int {
	seconds := Seconds(d)
	return seconds + rand.IntN(1+seconds*3/100) //nolint:gosec // a time to wait, no secret
}
