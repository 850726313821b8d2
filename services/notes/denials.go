package notes

import (
	"context"
	"time"

	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/rpc"
)

// denials counts what signed-in people may not do and tried: their trails have it once a minute, with how often.
func denials(tally *outbox.Tally, now func() time.Time) func(ctx context.Context, person, method string) {
	return func(ctx context.Context, person, method string) {
		tally.Add(person+" "+method, outbox.Event{
			Source: serviceName, Type: eventAccessDenied, Subject: "accounts/" + person, Time: now(), Actor: person,
			RequestID: rpc.RequestID(ctx), Traceparent: rpc.Traceparent(ctx), Data: map[string]any{"method": method},
		})
	}
}
