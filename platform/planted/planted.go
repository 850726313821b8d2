// Package planted holds bugs on purpose. A check that has never failed proves
// nothing, so the storm (e2e/storm), the model (e2e/model) and the tests of
// overload are run on programs with one of these bugs in them and must notice it.
// They are there only with the build tag planted: in every other build Bug is the
// constant false, and the compiler leaves them out.
package planted

import (
	"slices"
	"time"
)

// The bugs, each a mistake that somebody once made in such a system.
const (
	MarkBeforeSend     = "mark before send"         // relay: an event is marked sent before the queue has it
	CursorRelay        = "cursor relay"             // relay: looks only beyond the last event that it saw
	BatchWhollySent    = "batch marked wholly sent" // relay: does not read which entries the queue refused
	InsertWithout      = "insert without outbox"    // notes: some changes are committed without their event
	DeleteBeforeRecord = "delete before record"     // audit: a message is deleted before it is recorded
	DedupByMessage     = "dedup by message id"      // audit: takes the queue's id for the event's
	EffectTwice        = "redelivery takes effect"  // audit: a repeat is recorded again
	ChainEdited        = "chain row edited"         // no service's: the storm itself changes a row of the trail
)

// The bugs that the model (e2e/model) must notice.
const (
	EtagIgnored   = "etag not compared"        // notes: an update does not look at the etag that it was given
	CountKept     = "count of a pad kept"      // notes: a deleted note still counts in its pad
	PadForgotten  = "undelete forgets pad"     // notes: a restored note is in no pad, whether its pad is there or not
	RepeatUnheard = "repeat is not recognised" // notes: a repeat is answered with a note that was never written
)

// The bugs that the tests of overload (`make overload-test`) must notice.
const (
	ShedNothing       = "nothing is shed"        // all services: the limits of what is in flight do not hold
	ClassesEqual      = "classes are alike"      // all services: the lowest class may use as much as the highest
	ShedIsRepeated    = "what is shed comes on"  // all services: who is shed is not told to let it be, and repeats
	BreakerNeverOpens = "breaker never opens"    // web: a service that does not answer is asked again and again
	BreakerForShed    = "breaker opens for shed" // web: a service that sheds counts as one that is away
)

// Linger is how long some of the bugs wait where the machine may die: a bug that
// needs a thousand kills to show would make a slow test.
const Linger = 30 * time.Millisecond

// cursor is the largest id that BeyondCursor has let through.
var cursor string

// BeyondCursor is the bug CursorRelay: it keeps the ids beyond the largest one
// that it saw before. Events that are committed late, or given back, stay behind.
func BeyondCursor(ids []string) []string {
	seen := cursor
	ids = slices.DeleteFunc(ids, func(id string) bool { return id <= seen })
	if len(ids) > 0 {
		cursor = slices.Max(ids)
	}
	return ids
}
