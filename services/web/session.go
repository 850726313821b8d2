package web

// Sessions: the opaque secret of a cookie or a bearer token, which may be a personal access token, becomes an access token for one service, by asking auth.
// Answers are kept for at most 10 s, so that an ended session is dead everywhere within that time, and here at once
// when it was ended here.

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
)

const (
	// keep is how long an access token is used without asking auth again: how long an ended session may live on other
	// web processes.
	keep = 10 * time.Second
	// maxKept bounds one generation of the cache: about 10 MB.
	maxKept = 10000
)

// The services that access tokens are for.
const (
	forAuth  = "auth"
	forNotes = "notes"
	forAudit = "audit"
)

// errNoSession says that nobody is signed in with this secret (any more).
var errNoSession = errors.New("no such session")

// person is a signed-in person, as one service will see them.
type person struct {
	ID    string // the account's id
	Email string
	Token string // access token for the one service
}

// sessions exchanges and remembers. Make one with newSessions.
type sessions struct {
	auth  authinternalpb.IdentityServiceClient
	now   func() time.Time
	calls singleflight.Group

	mu       sync.Mutex
	epoch    int                 // grows whenever answers of auth that are on their way must not be kept
	young    map[sessionKey]kept // entries live in two generations, so that old ones leave without being looked for
	old      map[sessionKey]kept
	youngest time.Time // when the young generation began
}

// sessionKey is a session and the service that it is used for; ended sessions stand under no service.
type sessionKey struct {
	secret   [sha256.Size]byte // hashed, so that a dump of memory is a little less useful
	audience string
}

type kept struct {
	person person
	until  time.Time
}

func newSessions(auth authinternalpb.IdentityServiceClient, now func() time.Time) *sessions {
	return &sessions{auth: auth, now: now, young: map[sessionKey]kept{}, youngest: now()}
}

// signedIn gives whoever is signed in with secret, with a token for the service audience. It fails with errNoSession, or
// with a fault when auth cannot be asked.
func (s *sessions) signedIn(ctx context.Context, secret, audience string) (person, error) {
	if !sessionShape.MatchString(secret) && !tokenShape.MatchString(secret) {
		return person{}, errNoSession
	}
	key := sessionKey{sha256.Sum256([]byte(secret)), audience}
	known, epoch, err := s.lookUp(key)
	if err != nil || known.Token != "" {
		return known, err
	}
	// One question for all that want to know the same; it must not end because the first of them goes away.
	answer := s.calls.DoChan(fmt.Sprint(key, epoch), func() (any, error) {
		return s.exchange(context.WithoutCancel(ctx), secret, key, epoch)
	})
	select {
	case result := <-answer:
		found, _ := result.Val.(person)
		return found, result.Err
	case <-ctx.Done():
		return person{}, fmt.Errorf("exchange session: %w", ctx.Err())
	}
}

func (s *sessions) exchange(ctx context.Context, secret string, key sessionKey, epoch int) (person, error) {
	known, _, err := s.lookUp(key) // an answer may have come since the caller looked
	if err != nil || known.Token != "" {
		return known, err
	}
	found, tokens, err := s.ask(ctx, secret, key.audience)
	if fault.KindOf(err) == fault.Unauthenticated {
		return person{}, errNoSession
	}
	if err != nil {
		return person{}, fmt.Errorf("exchange session: %w", err)
	}
	if len(tokens) != 1 {
		return person{}, fmt.Errorf("exchange session: %d tokens for one audience", len(tokens))
	}
	token := tokens[0]
	found.Token = token.GetToken()
	until := s.now().Add(keep)
	if expires := token.GetExpireTime().AsTime(); expires.Before(until) {
		until = expires
	}
	return found, s.store(key, kept{found, until}, epoch)
}

// ask exchanges a secret of either kind.
func (s *sessions) ask(ctx context.Context, secret, audience string) (person, []*authinternalpb.AccessToken, error) {
	if tokenShape.MatchString(secret) {
		response, err := s.auth.ExchangeToken(ctx, &authinternalpb.ExchangeTokenRequest{Token: secret, Audiences: []string{audience}})
		return person{ID: response.GetAccountId()}, response.GetAccessTokens(), err
	}
	response, err := s.auth.ExchangeSession(ctx, &authinternalpb.ExchangeSessionRequest{SessionToken: secret, Audiences: []string{audience}})
	return person{ID: response.GetAccountId(), Email: response.GetEmail()}, response.GetAccessTokens(), err
}

// remembers says whether auth need not be asked about a session.
func (s *sessions) remembers(secret, audience string) bool {
	known, _, err := s.lookUp(sessionKey{sha256.Sum256([]byte(secret)), audience})
	return err == nil && known.Token != ""
}

// drop forgets an ended session and does not let it in again, not even by an answer of auth that is still on its way.
func (s *sessions) drop(secret string) {
	hash := sha256.Sum256([]byte(secret))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn()
	s.young[sessionKey{secret: hash}] = kept{until: s.now().Add(keep)}
}

// forget makes the next use of a session ask auth again.
func (s *sessions) forget(secret string, audiences ...string) {
	hash := sha256.Sum256([]byte(secret))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, audience := range audiences {
		delete(s.young, sessionKey{hash, audience})
		delete(s.old, sessionKey{hash, audience})
	}
}

// forgetPerson makes the next use of each session of a person ask auth again: some of them were ended here.
func (s *sessions) forgetPerson(id string) {
	s.forgetIf(func(_ sessionKey, entry kept) bool { return entry.person.ID == id })
}

// forgetEverybody is forgetPerson for when it is not known whose sessions were ended.
func (s *sessions) forgetEverybody() {
	s.forgetIf(func(_ sessionKey, entry kept) bool { return entry.person.ID != "" })
}

// forgetIf takes entries out. Answers that are on their way, to a question from before, are not kept either.
func (s *sessions) forgetIf(which func(sessionKey, kept) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	maps.DeleteFunc(s.young, which)
	maps.DeleteFunc(s.old, which)
}

// lookUp gives what is remembered, no person when nothing is, errNoSession for a session that was ended here; and the
// epoch, for a question to auth.
func (s *sessions) lookUp(key sessionKey) (person, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended(key) {
		return person{}, s.epoch, errNoSession
	}
	found := s.find(key)
	if !s.now().Before(found.until) {
		return person{}, s.epoch, nil
	}
	return found.person, s.epoch, nil
}

func (s *sessions) store(key sessionKey, entry kept, epoch int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended(key) {
		return errNoSession
	}
	if s.epoch == epoch {
		s.turn()
		s.young[key] = entry
	}
	return nil
}

func (s *sessions) ended(key sessionKey) bool {
	return s.now().Before(s.find(sessionKey{secret: key.secret}).until)
}

func (s *sessions) find(key sessionKey) kept {
	found, ok := s.young[key]
	if !ok {
		found = s.old[key]
	}
	return found
}

// turn begins a new generation when the young one is full or so old that all the old one's entries have ended.
func (s *sessions) turn() {
	now := s.now()
	if now.Sub(s.youngest) >= keep || len(s.young) >= maxKept {
		s.old, s.young, s.youngest = s.young, map[sessionKey]kept{}, now
	}
}
