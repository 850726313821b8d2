// Package fault is how an error crosses the system: a kind that programs react
// to, a typed reason, one sentence for a person, and a cause that only the log
// sees. ToStatus and FromStatus carry it over gRPC and back.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// Kind says what sort of failure it is, and with it whose fault.
type Kind int

// The kinds. Each has one gRPC code, see status.go.
const (
	// Internal is our fault: what anything unclassified becomes.
	Internal Kind = iota
	// Invalid is a request that can never succeed as it is.
	Invalid
	// Unauthenticated is a caller whom we do not know.
	Unauthenticated
	// Denied is a caller whom we know and who may not do this.
	Denied
	// NotFound is a thing that does not exist, or is not the caller's.
	NotFound
	// Exists is a thing that cannot be made twice.
	Exists
	// Aborted is a write that lost to another one; a fresh read may mend it.
	Aborted
	// Precondition is a request that the thing's state does not allow.
	Precondition
	// Exhausted is a limit that was reached, for now or for good.
	Exhausted
	// Unavailable is a dependency that is away; the same request may succeed later.
	Unavailable
	// Timeout is work that did not end before its deadline.
	Timeout
	// Canceled is a caller who went away.
	Canceled
	// Unimplemented is a method that this server does not have.
	Unimplemented
)

// Error is a failure that a caller or a person reacts to. Failures that nobody
// reacts to stay plain errors and become Internal on the way out.
type Error struct {
	Kind     Kind
	Reason   Reason
	Sentence string // for a person: full, polite, no internals
	Fields   []Field
	Metadata map[string]string
	// RetryAfter is how long to wait before the same request can succeed; 0 when that is not known.
	RetryAfter time.Duration
	Cause      error // for the log; never sent
}

// Field is one wrong field of a request.
type Field struct {
	Name     string // the path in the request message: "note.title"
	Sentence string // what is wrong with it, for a person
}

// New makes an error of a kind.
func New(kind Kind, reason Reason, sentence string) *Error {
	return &Error{Kind: kind, Reason: reason, Sentence: sentence}
}

// Invalid-field errors all say so in the same words; the fields say the rest.
const invalidSentence = "Some fields are not right."

// InvalidFields makes the error for a request with wrong fields.
func InvalidFields(fields ...Field) *Error {
	return &Error{Kind: Invalid, Reason: ReasonFieldInvalid, Sentence: invalidSentence, Fields: fields}
}

// With returns a copy that has the cause.
func (e *Error) With(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// WithMetadata returns a copy that also says key: value in its ErrorInfo.
func (e *Error) WithMetadata(key, value string) *Error {
	c := *e
	c.Metadata = maps.Clone(e.Metadata)
	if c.Metadata == nil {
		c.Metadata = map[string]string{}
	}
	c.Metadata[key] = value
	return &c
}

// RetryIn returns a copy that says when to try again.
func (e *Error) RetryIn(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error is for logs. It names the cause.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Reason, e.Sentence)
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s: %s]", f.Name, f.Sentence)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// As finds the fault in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// KindOf gives err's kind: Internal when it has none.
func KindOf(err error) Kind {
	e, ok := As(err)
	if !ok {
		return Internal
	}
	return e.Kind
}

// Is says whether err carries the reason.
func Is(err error, reason Reason) bool {
	e, ok := As(err)
	return ok && e.Reason == reason
}
