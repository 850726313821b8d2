// Package outbox tells the world what a service has changed, exactly when it
// has changed it. Append writes an event into the table outbox in the
// transaction of the change, so that there is neither a change without its
// event nor an event without its change. The relay, which runs beside the
// service, sends the rows to a queue afterwards: at least once, in no order.
// Whoever reads the queue records an event once by its id; the reconciler asks
// it, and then deletes the row or has it sent again.
//
//	err := db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
//		… the change …
//		return relay.Append(ctx, tx, event)
//	})
//
// A service's schema holds the table as Schema and SchemaClaim make it: its
// migrations are copies of those texts, and a test of the service compares them.
package outbox

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// Schema is the statement that creates the table.
//
//go:embed schema.sql
var Schema string

// SchemaClaim is the statement, of a later release, that takes an index from it.
//
//go:embed schema_claim.sql
var SchemaClaim string

// SpecVersion is the version of the message's format. A reader refuses
// messages with another major version, and ignores members that it does not
// know.
const SpecVersion = "1.0"

// MaxPayload is the largest message in bytes. An event holds ids and names of
// fields, a few hundred bytes; four of the largest fit into one batch.
const MaxPayload = 64 << 10

// Event is something that happened. Its fields are named as in CloudEvents,
// as far as they are there. It holds ids and names of fields, never what a
// person wrote, an address or a secret: that is the caller's duty.
type Event struct {
	ID          string         // UUIDv7; a transaction that runs again may make another one
	Source      string         // the service where it happened: "notes"
	Type        string         // notejam.<service>.<noun>.<verb>.v<major>, as the RPC's policy in the proto says
	Subject     string         // name of the resource it happened to: "notes/0198…"
	Version     int64          // the resource's version after the change, to notice gaps; 0 when it has none
	Time        time.Time      // when it happened; kept in UTC, to the microsecond
	Actor       string         // id of the account whose trail it belongs to; "" for nobody's
	RequestID   string         // rpc.RequestID of the call that did it; "" outside a call
	Traceparent string         // rpc.Traceparent of that call; "" outside a call
	Data        map[string]any // more, by type; an update names what it changed in "changed_fields", a list of names; may be nil
}

// envelope is the body of a message.
type envelope struct {
	SpecVersion    string         `json:"specversion"`
	ID             string         `json:"id"`
	Source         string         `json:"source"`
	Type           string         `json:"type"`
	Subject        string         `json:"subject"`
	SubjectVersion int64          `json:"subject_version,omitempty"`
	Time           time.Time      `json:"time"`
	Actor          string         `json:"actor,omitempty"`
	RequestID      string         `json:"request_id,omitempty"`
	Traceparent    string         `json:"traceparent,omitempty"`
	Data           map[string]any `json:"data,omitempty"`
}

// Append writes the event in the caller's transaction, for the first relay that
// looks. An error is a mistake in the caller's event or the database's; either
// way the change must not be committed, and if the error is returned to WithTx
// it is not.
func Append(ctx context.Context, tx *mysql.Tx, e Event) error {
	payload, err := e.payload()
	if err != nil {
		return fmt.Errorf("append event %s: %w", e.Type, err)
	}
	return insert(ctx, tx, e, payload, reservation{})
}

// AppendFunc is Append, or a relay's: what a store writes its events with.
type AppendFunc func(ctx context.Context, tx *mysql.Tx, e Event) error

// reservation says that a row belongs to a relay from the beginning. The zero
// one leaves it to all.
type reservation struct {
	token string
	lease time.Duration
}

func insert(ctx context.Context, tx *mysql.Tx, e Event, payload string, r reservation) error {
	token, attempts := nobody, 0
	if r.token != "" {
		token, attempts = r.token, 1
	}
	_, err := tx.Exec(ctx, `
INSERT INTO outbox (
	event_id,
	agg,
	agg_seq,
	type,
	payload,
	visible_at,
	claim,
	attempts,
	sent_at
) VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND, ?, ?, UTC_TIMESTAMP(6))`,
		e.ID, e.Subject, e.Version, e.Type, payload, r.lease.Microseconds(), token, attempts)
	if err != nil {
		return fmt.Errorf("append event %s: %w", e.Type, err)
	}
	return nil
}

// maxName is the width of the columns agg and type.
const maxName = 80

var (
	sourcePattern      = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	typePattern        = regexp.MustCompile(`^notejam(\.[a-z_]+){3}\.v[0-9]+$`)
	subjectPattern     = regexp.MustCompile(`^[a-z]+/[A-Za-z0-9_-]+(/[a-z]+/[A-Za-z0-9_-]+)*$`)
	requestIDPattern   = regexp.MustCompile(`^[!-~]{0,64}$`)
	traceparentPattern = regexp.MustCompile(`^(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})?$`)
)

// validate says the first thing that is wrong with the event.
func (e Event) validate() error {
	switch {
	case !isUUIDv7(e.ID):
		return errors.New("id is not a UUIDv7")
	case !sourcePattern.MatchString(e.Source):
		return fmt.Errorf("source %q does not match %s", e.Source, sourcePattern)
	case !typePattern.MatchString(e.Type) || len(e.Type) > maxName:
		return fmt.Errorf("type does not match %s or is longer than %d", typePattern, maxName)
	case !subjectPattern.MatchString(e.Subject) || len(e.Subject) > maxName:
		return fmt.Errorf("subject %q does not match %s or is longer than %d", e.Subject, subjectPattern, maxName)
	case e.Version < 0:
		return errors.New("version is negative")
	case e.Time.Year() < 2000 || e.Time.Year() > 9998:
		return errors.New("time is missing or far off")
	case e.Actor != "" && !isUUID(e.Actor):
		return errors.New("actor is not a UUID")
	case !requestIDPattern.MatchString(e.RequestID):
		return fmt.Errorf("request id does not match %s", requestIDPattern)
	case !traceparentPattern.MatchString(e.Traceparent):
		return fmt.Errorf("traceparent %q does not match %s", e.Traceparent, traceparentPattern)
	}
	return nil
}

// isUUID accepts the one spelling that ids have here: 36 characters, lower case.
func isUUID(id string) bool {
	parsed, err := uuid.Parse(id)
	return err == nil && parsed.String() == id
}

func isUUIDv7(id string) bool {
	return isUUID(id) && uuid.MustParse(id).Version() == 7
}

// escapeOdd writes three characters as JSON escapes. A queue refuses the
// noncharacters, and the replacement character in a message means that bytes
// were lost on the way.
var escapeOdd = strings.NewReplacer("\uFFFD", `\ufffd`, "\uFFFE", `\ufffe`, "\uFFFF", `\uffff`)

// payload checks the event and writes the message's body.
func (e Event) payload() (string, error) {
	err := e.validate()
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(envelope{
		SpecVersion:    SpecVersion,
		ID:             e.ID,
		Source:         e.Source,
		Type:           e.Type,
		Subject:        e.Subject,
		SubjectVersion: e.Version,
		Time:           e.Time.UTC().Truncate(time.Microsecond),
		Actor:          e.Actor,
		RequestID:      e.RequestID,
		Traceparent:    e.Traceparent,
		Data:           e.Data,
	})
	if err != nil {
		return "", fmt.Errorf("encode it: %w", err)
	}
	payload := escapeOdd.Replace(string(body))
	if len(payload) > MaxPayload {
		return "", fmt.Errorf("it has %d bytes, more than %d", len(payload), MaxPayload)
	}
	return payload, nil
}
