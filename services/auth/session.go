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
	Client     Client // that it was started with
}

// Why a session ends, as its event tells it.
const (
	endedBySignOut = "signed_out"
	endedByPerson  = "ended_by_person" // from another session
	endedByChange  = "password_changed"
	endedByReset   = "password_reset"
	endedByRepeat  = "sign_in_repeated" // the sign-in that started it came again
	endedByLimit   = "too_many_sessions"
	endedByTime    = "expired"
	endedByEpoch   = "epoch_bumped" // by the operator; see store_epoch.go
)

// ending is a session or token that ends.
type ending struct {
	id, accountID string
	why           string
	at            time.Time // zero for now
}

// heldSession is a session of an account that is about to get another one.
type heldSession struct {
	id        string
	requestID string // of the sign-in that started it
	expiresAt time.Time
	expired   bool
}

// makeRoom decides what happens to an account's sessions, the oldest first, when a sign-in starts another
// one. A session that the same sign-in started before is ended: its answer may never have arrived. So are the
// oldest ones beyond the limit. Expired ones have ended already, and nobody has said so yet.
func makeRoom(held []heldSession, requestID string) (end []ending) {
	var keep []ending
	for _, s := range held {
		switch {
		case s.expired:
			end = append(end, ending{id: s.id, why: endedByTime, at: s.expiresAt})
		case s.requestID == requestID:
			end = append(end, ending{id: s.id, why: endedByRepeat})
		default:
			keep = append(keep, ending{id: s.id, why: endedByLimit})
		}
	}
	over := len(keep) - (maxSessions - 1)
	if over > 0 {
		end = append(end, keep[:over]...)
	}
	return end
}
