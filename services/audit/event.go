// Package audit is what happened: it takes the events of all services from a
// queue, records each once and for good, and shows people their own.
//
// event.go reads a message, consumer.go takes messages from the queue, store.go
// records and lists, server.go answers calls, run.go puts it together.
package audit

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"gitlab.com/notejam/notejam/platform/outbox"
)

// Event is something that happened, as a message told it. Its type may be one
// that this release does not know.
type Event struct {
	ID             string // the key by which it is recorded once
	Source         string
	Type           string
	Subject        string
	SubjectVersion int64
	Time           time.Time // UTC, to the microsecond
	Actor          string    // the account in whose trail it is; "" for nobody's
	RequestID      string
	Traceparent    string          // W3C Trace Context; "" for none
	Data           json.RawMessage // an object, without blanks between its parts
}

// poison is why a message is no event and never will be, however often it is
// delivered: it is put into quarantine. The reason is one of few words, and for
// a wrong member its name.
type poison struct{ reason, member string }

func (p *poison) Error() string { return strings.TrimSpace(p.reason + " " + p.member) }

// The reasons.
const (
	poisonTooLarge = "TOO_LARGE"       // over the limit that producers keep
	poisonNotUTF8  = "NOT_UTF8"        // bytes that are no text
	poisonNotJSON  = "NOT_JSON_OBJECT" // no envelope
	poisonVersion  = "UNKNOWN_VERSION" // an envelope of a major version that we cannot read, or of none
	poisonID       = "NO_EVENT_ID"     // nothing by which to record it once
	poisonMember   = "WRONG_MEMBER"    // a value that cannot be kept
)

// majorVersion is that of the envelopes that decode reads.
var majorVersion, _, _ = strings.Cut(outbox.SpecVersion, ".")

// What a member may be: looser than what our producers write, for they may be
// of a later release, but nothing that the table has no room for.
var (
	versionRule = regexp.MustCompile(`^` + majorVersion + `(\.[0-9]+)*$`)
	idRule      = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	sourceRule  = visible{1, 64}
	nameRule    = visible{1, 80}
	actorRule   = visible{0, 36}
	requestRule = visible{0, 64}
	traceRule   = visible{0, 55}
)

// visible are so many ASCII characters that can be seen.
type visible struct{ least, most int }

func (v visible) match(text string) bool {
	for i := range len(text) {
		if text[i] < '!' || text[i] > '~' {
			return false
		}
	}
	return len(text) >= v.least && len(text) <= v.most
}

// decode reads a message's body, as platform/outbox writes it. An error is
// always a *poison.
func decode(body string) (Event, error) {
	switch {
	case len(body) > outbox.MaxPayload:
		return Event{}, &poison{reason: poisonTooLarge}
	case !utf8.ValidString(body) || strings.ContainsRune(body, utf8.RuneError):
		// The queue's protocol is JSON, where broken bytes turn into U+FFFD on the
		// way. Our producers never send that character itself.
		return Event{}, &poison{reason: poisonNotUTF8}
	}
	var e envelope
	err := json.Unmarshal([]byte(body), &e.members)
	switch {
	case err != nil || e.members == nil:
		return Event{}, &poison{reason: poisonNotJSON}
	case !versionRule.MatchString(e.text("specversion")):
		return Event{}, &poison{reason: poisonVersion}
	case !idRule.MatchString(e.text("id")):
		return Event{}, &poison{reason: poisonID}
	}
	event := Event{
		ID:             e.text("id"),
		Source:         e.match("source", sourceRule),
		Type:           e.match("type", nameRule),
		Subject:        e.match("subject", nameRule),
		SubjectVersion: e.version("subject_version"),
		Time:           e.time("time"),
		Actor:          e.match("actor", actorRule),
		RequestID:      e.match("request_id", requestRule),
		Traceparent:    e.match("traceparent", traceRule),
		Data:           e.object("data"),
	}
	if e.wrong != "" {
		return Event{}, &poison{reason: poisonMember, member: e.wrong}
	}
	return event, nil
}

// envelope reads members by their exact names and remembers the first one that
// is wrong.
type envelope struct {
	members map[string]json.RawMessage
	wrong   string
}

// text gives a member that is text, "" when there is none.
func (e *envelope) text(name string) string {
	raw := e.members[name]
	if n := len(raw); n >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : n-1]) // valid JSON without an escape says what it means
	}
	var text string
	e.read(name, &text)
	return text
}

func (e *envelope) match(name string, rule visible) string {
	text := e.text(name)
	e.demand(name, rule.match(text))
	return text
}

func (e *envelope) version(name string) int64 {
	var version int64
	e.read(name, &version)
	e.demand(name, version >= 0)
	return version
}

// time takes what a DATETIME has room for and a calendar a use.
func (e *envelope) time(name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, e.text(name))
	t = t.UTC().Truncate(time.Microsecond)
	e.demand(name, err == nil && t.Year() >= 2000 && t.Year() <= 9998)
	return t
}

func (e *envelope) object(name string) json.RawMessage {
	var members map[string]json.RawMessage
	e.read(name, &members)
	if members == nil {
		return json.RawMessage(`{}`)
	}
	// Blanks say nothing, and an export would lose them and with them the hash.
	var compact bytes.Buffer
	e.demand(name, json.Compact(&compact, e.members[name]) == nil)
	return compact.Bytes()
}

func (e *envelope) read(name string, into any) {
	raw, ok := e.members[name]
	if ok {
		e.demand(name, json.Unmarshal(raw, into) == nil)
	}
}

func (e *envelope) demand(name string, ok bool) {
	if !ok && e.wrong == "" {
		e.wrong = name
	}
}
