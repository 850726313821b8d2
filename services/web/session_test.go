package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
)

// exchanger is auth as sessions see it: each question waits for answer, if there is one.
type exchanger struct {
	authinternalpb.IdentityServiceClient
	mu     sync.Mutex
	asked  int
	begun  chan struct{} // receives once for each question, if not nil
	answer chan error
	life   time.Duration
}

func (e *exchanger) ExchangeSession(_ context.Context, r *authinternalpb.ExchangeSessionRequest, _ ...grpc.CallOption) (*authinternalpb.ExchangeSessionResponse, error) {
	e.mu.Lock()
	e.asked++
	n := e.asked
	e.mu.Unlock()
	if e.begun != nil {
		e.begun <- struct{}{}
		err := <-e.answer
		if err != nil {
			return nil, err
		}
	}
	life := e.life
	if life == 0 {
		life = time.Minute
	}
	return &authinternalpb.ExchangeSessionResponse{
		AccountId: "account", Email: "ada@example.org",
		AccessTokens: []*authinternalpb.AccessToken{{Audience: r.GetAudiences()[0], Token: fmt.Sprintf("%s %d", r.GetAudiences()[0], n), ExpireTime: timestamppb.New(testNow.Add(life))}},
	}, nil
}

const someSecret = "nj_ses_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestSessions_AskOncePerServiceAndTenSeconds(t *testing.T) {
	auth := &exchanger{}
	now := testNow
	s := newSessions(auth, func() time.Time { return now })
	token := func(audience string) string {
		found, err := s.signedIn(t.Context(), someSecret, audience)
		if err != nil {
			t.Fatal(err)
		}
		return found.Token
	}
	for _, step := range []struct {
		after    time.Duration
		audience string
		want     string
	}{
		{0, forNotes, "notes 1"},
		{0, forAudit, "audit 2"},
		{9999 * time.Millisecond, forNotes, "notes 1"},
		{10 * time.Second, forNotes, "notes 3"},
		{19 * time.Second, forNotes, "notes 3"},
		{20 * time.Second, forNotes, "notes 4"},
		{time.Hour, forNotes, "notes 5"},
	} {
		now = testNow.Add(step.after)
		if got := token(step.audience); got != step.want {
			t.Errorf("after %s: got %q, want %q", step.after, got, step.want)
		}
	}
}

func TestSessions_DoNotUseATokenLongerThanItLives(t *testing.T) {
	auth := &exchanger{life: 3 * time.Second}
	now := testNow
	s := newSessions(auth, func() time.Time { return now })
	_, _ = s.signedIn(t.Context(), someSecret, forNotes)
	now = testNow.Add(3 * time.Second)
	_, _ = s.signedIn(t.Context(), someSecret, forNotes)
	if auth.asked != 2 {
		t.Errorf("asked %d times", auth.asked)
	}
}

func TestSessions_ShareOneQuestion(t *testing.T) {
	auth := &exchanger{begun: make(chan struct{}, 100), answer: make(chan error)}
	s := newSessions(auth, func() time.Time { return testNow })
	first, cancel := context.WithCancel(t.Context())
	results := make(chan error, 21)
	go func() {
		_, err := s.signedIn(first, someSecret, forNotes)
		results <- err
	}()
	<-auth.begun
	for range 20 {
		go func() {
			_, err := s.signedIn(t.Context(), someSecret, forNotes)
			results <- err
		}()
	}
	cancel()
	err := <-results
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the one who went away got %v", err)
	}
	close(auth.answer) // whoever asks now is answered at once
	for range 20 {
		err := <-results
		if err != nil {
			t.Errorf("one who waited got %v", err)
		}
	}
	if auth.asked != 1 {
		t.Errorf("asked %d times", auth.asked)
	}
}

func TestSessions_EndedHereDoNotComeBackByALateAnswer(t *testing.T) {
	auth := &exchanger{begun: make(chan struct{}), answer: make(chan error)}
	s := newSessions(auth, func() time.Time { return testNow })
	result := make(chan error, 1)
	go func() {
		_, err := s.signedIn(t.Context(), someSecret, forNotes)
		result <- err
	}()
	<-auth.begun
	s.drop(someSecret)
	auth.answer <- nil
	err := <-result
	if !errors.Is(err, errNoSession) {
		t.Errorf("the late answer gave %v", err)
	}
	_, err = s.signedIn(t.Context(), someSecret, forAudit)
	if !errors.Is(err, errNoSession) || auth.asked != 1 {
		t.Errorf("got %v after %d questions", err, auth.asked)
	}
}

func TestSessions_ForgottenOnesAreAskedForAgainAndLateAnswersAreNotKept(t *testing.T) {
	for name, forget := range map[string]func(*sessions){
		"those of a person": func(s *sessions) { s.forgetPerson("account") },
		"all":               func(s *sessions) { s.forgetEverybody() },
	} {
		t.Run(name, func(t *testing.T) {
			auth := &exchanger{begun: make(chan struct{}, 10), answer: make(chan error, 1)}
			s := newSessions(auth, func() time.Time { return testNow })
			tokens := make(chan string, 2)
			ask := func(audience string) {
				found, err := s.signedIn(t.Context(), someSecret, audience)
				if err != nil {
					t.Error(err)
				}
				tokens <- found.Token
			}
			want := func(token string) {
				t.Helper()
				if got := <-tokens; got != token {
					t.Errorf("got %q, want %q", got, token)
				}
			}
			const ended = "nj_ses_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
			s.drop(ended)
			auth.answer <- nil
			ask(forNotes)
			want("notes 1")
			<-auth.begun

			go ask(forAudit)
			<-auth.begun // "audit 2" is on its way
			forget(s)
			go ask(forAudit)
			<-auth.begun // a question of its own
			close(auth.answer)
			both := []string{<-tokens, <-tokens}
			slices.Sort(both)
			if !slices.Equal(both, []string{"audit 2", "audit 3"}) {
				t.Errorf("got %v", both)
			}
			ask(forAudit)
			want("audit 3")
			ask(forNotes)
			want("notes 4")
			_, err := s.signedIn(t.Context(), ended, forNotes)
			if !errors.Is(err, errNoSession) {
				t.Errorf("the ended session gave %v", err)
			}
		})
	}
}

func TestSessions_TellAnEndedSessionFromAuthBeingAway(t *testing.T) {
	for _, c := range []struct {
		failure error
		ended   bool
	}{
		{fault.New(fault.Unauthenticated, "SESSION_ENDED", "Sign in again."), true},
		{fault.New(fault.Unavailable, fault.ReasonUnavailable, "Away."), false},
		{fault.New(fault.Denied, fault.ReasonCallerDenied, "No."), false},
	} {
		auth := &exchanger{begun: make(chan struct{}, 1), answer: make(chan error, 1)}
		auth.answer <- c.failure
		_, err := newSessions(auth, func() time.Time { return testNow }).signedIn(t.Context(), someSecret, forNotes)
		if err == nil || errors.Is(err, errNoSession) != c.ended {
			t.Errorf("%v gave %v", c.failure, err)
		}
	}
}

func TestSessions_AreBounded(t *testing.T) {
	s := newSessions(&exchanger{}, func() time.Time { return testNow })
	for i := range 3 * maxKept {
		secret := "nj_ses_" + strings.Repeat("A", 36) + fmt.Sprintf("%07d", i)
		_, err := s.signedIn(t.Context(), secret, forNotes)
		if err != nil {
			t.Fatal(err)
		}
	}
	if kept := len(s.young) + len(s.old); kept > 2*maxKept {
		t.Errorf("%d sessions are kept", kept)
	}
}
