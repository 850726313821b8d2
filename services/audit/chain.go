package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// The events of an account are a chain: each link's hash covers the event and
// the hash before it, so that none can be changed, left out or slipped in
// afterwards without every later hash being another. The hashes are
//
//	hash(0) = SHA-256("notejam audit chain 1\n" + account)
//	hash(n) = SHA-256(hash(n-1) + canonical(event n))
//
// and canonical writes each member of the event as a netstring: its length in
// bytes in decimal, a colon, the bytes, a comma. Anybody can compute that again
// from an export, without this program.

// chainPrefix begins every chain; another encoding would be another number.
const chainPrefix = "notejam audit chain 1\n"

// Hash is one link's.
type Hash [sha256.Size]byte

// String is how people and exports see it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// genesis is the hash before an account's first event.
func genesis(account string) Hash { return sha256.Sum256([]byte(chainPrefix + account)) }

// next is the hash of the event that follows.
func (h Hash) next(e Event) Hash {
	return sha256.Sum256(e.appendCanonical(h[:]))
}

// canonicalTime is how canonical writes a time: UTC, always six decimals.
const canonicalTime = "2006-01-02T15:04:05.000000Z"

// appendCanonical writes the event in the one form that is hashed. The order of
// the members and the form of each never change.
func (e Event) appendCanonical(to []byte) []byte {
	for _, member := range []string{
		e.ID,
		e.Source,
		e.Type,
		e.Subject,
		strconv.FormatInt(e.SubjectVersion, 10),
		e.Time.UTC().Truncate(time.Microsecond).Format(canonicalTime),
		e.Actor,
		e.RequestID,
		e.Traceparent,
		string(e.Data),
	} {
		to = strconv.AppendInt(to, int64(len(member)), 10)
		to = append(to, ':')
		to = append(to, member...)
		to = append(to, ',')
	}
	return to
}
