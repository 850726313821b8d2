package auth

import (
	"context"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/rpc"
)

// The events that auth writes: those of RPCs as the protos declare them, the others here alone. They hold ids and
// names only, never an address; docs/events.md is their table.
const (
	eventAccountCreated  = "notejam.auth.account.created.v1"
	eventSessionCreated  = "notejam.auth.session.created.v1"
	eventSessionEnded    = "notejam.auth.session.ended.v1"
	eventTokenCreated    = "notejam.auth.token.created.v1"
	eventTokenDeleted    = "notejam.auth.token.deleted.v1"
	eventPasswordChanged = "notejam.auth.password.changed.v1"
	eventPasswordReset   = "notejam.auth.password.reset.v1"
	eventResetRequested  = "notejam.auth.password_reset.requested.v1"
	eventSessionUsed     = "notejam.auth.session.used.v1"
	eventSignInFailed    = "notejam.auth.sign_in.failed.v1"
	eventAccessDenied    = "notejam.auth.access.denied.v1"
	eventKeyCreated      = "notejam.auth.signing_key.created.v1"
	eventKeyDeleted      = "notejam.auth.signing_key.deleted.v1"
	eventEpochBumped     = "notejam.auth.epoch.bumped.v1"
)

// record appends an event to the transaction. It stands in the trail of the account; in nobody's when that is "".
func (s *Store) record(ctx context.Context, tx *mysql.Tx, kind, subject, accountID string, data map[string]any) error {
	return s.appendEvent(ctx, tx, eventOf(ctx, kind, subject, accountID, s.now(), data))
}

// eventOf makes an event of the call that ctx belongs to.
func eventOf(ctx context.Context, kind, subject, accountID string, at time.Time, data map[string]any) outbox.Event {
	return outbox.Event{
		ID:          newID(),
		Source:      serviceName,
		Type:        kind,
		Subject:     subject,
		Time:        at,
		Actor:       accountID,
		RequestID:   rpc.RequestID(ctx),
		Traceparent: rpc.Traceparent(ctx),
		Data:        data,
	}
}
