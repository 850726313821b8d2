package auth

import (
	"context"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/rpc"
)

// The events that auth writes, as the protos declare them. They name ids only, never an address.
const (
	eventAccountCreated  = "notejam.auth.account.created.v1"
	eventSessionCreated  = "notejam.auth.session.created.v1"
	eventSessionEnded    = "notejam.auth.session.ended.v1"
	eventPasswordChanged = "notejam.auth.password.changed.v1"
	eventPasswordReset   = "notejam.auth.password.reset.v1"
	eventResetRequested  = "notejam.auth.password_reset.requested.v1"
)

// record appends an event to the transaction. The actor is always the account's own person.
func (s *Store) record(ctx context.Context, tx *mysql.Tx, kind, subject, accountID string) error {
	return s.appendEvent(ctx, tx, outbox.Event{
		ID:          newID(),
		Source:      serviceName,
		Type:        kind,
		Subject:     subject,
		Time:        s.now(),
		Actor:       accountID,
		RequestID:   rpc.RequestID(ctx),
		Traceparent: rpc.Traceparent(ctx),
	})
}
