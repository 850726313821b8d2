package auth

import "time"

const (
	// sessionIdle is how long a session lives without being used, by the database's clock.
	sessionIdle = 7 * 24 * time.Hour
	// sessionLife is how long it lives however much it is used.
	sessionLife = 30 * 24 * time.Hour
	// useInterval is how often its use is written down.
	useInterval = 5 * time.Minute
	// maxSessions is per account; one more ends the oldest.
	maxSessions = 20

	sessionPrefix = "nj_ses_"
)

// sessionScopes are what a person may do who signed in with the password.
var sessionScopes = []string{
	"notes:read", "notes:write", "pads:read", "pads:write", "account:read", "account:write", "activity:read",
}

// Session is one signed-in browser or program.
type Session struct {
	ID         string // UUIDv7; no secret
	CreatedAt  time.Time
	LastUsedAt time.Time // to within useInterval
	ExpiresAt  time.Time
}

// heldSession is a session of an account that is about to get another one.
type heldSession struct {
	id        string
	requestID string // of the sign-in that started it
	expired   bool
}

// makeRoom decides what happens to an account's sessions, the oldest first, when a sign-in starts another
// one. A session that the same sign-in started before is ended: its answer may never have arrived. So are the
// oldest ones beyond the limit. Expired ones have ended already and are only removed.
func makeRoom(held []heldSession, requestID string) (end, remove []string) {
	var keep []string
	for _, s := range held {
		switch {
		case s.expired:
			remove = append(remove, s.id)
		case s.requestID == requestID:
			end = append(end, s.id)
		default:
			keep = append(keep, s.id)
		}
	}
	over := len(keep) - (maxSessions - 1)
	if over > 0 {
		end = append(end, keep[:over]...)
	}
	return end, remove
}
