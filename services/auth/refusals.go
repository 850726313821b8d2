package auth

import (
	"context"
	"time"

	"gitlab.com/notejam/notejam/platform/outbox"
)

// Refusals tells people in their trails what was refused in their name: once a minute, with how often.
type Refusals struct {
	Tally *outbox.Tally
	Now   func() time.Time
}

// signIn counts a sign-in that failed. One to no account is noise that anybody can make, and is in nobody's trail.
func (r Refusals) signIn(ctx context.Context, accountID string, client Client) {
	if accountID != "" {
		r.Tally.Add(accountID, eventOf(ctx, eventSignInFailed, accountName(accountID), accountID, r.Now(), client.data()))
	}
}

// denied counts a call that a signed-in person may not make.
func (r Refusals) denied(ctx context.Context, accountID, method string) {
	data := map[string]any{"method": method}
	r.Tally.Add(accountID+" "+method, eventOf(ctx, eventAccessDenied, accountName(accountID), accountID, r.Now(), data))
}
