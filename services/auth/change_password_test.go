package auth

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/proto/authpb"
)

const otherPassword = "a lantern by the harbour"

func TestChangePassword(t *testing.T) {
	s := startSystem(t, nil)
	change := func(p *person, current, password, requestID string) error {
		_, err := s.auth.ChangePassword(p.ctx(), &authpb.ChangePasswordRequest{CurrentPassword: current, NewPassword: password, RequestId: requestID})
		return err
	}
	signIn := func(p *person, password string) error {
		_, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: p.email, Password: password})
		return err
	}

	t.Run("the new one signs in, the old one does not, other sessions end, this one goes on", func(t *testing.T) {
		s := s.in(t)
		stranger, p := s.signUp(), s.signUp()
		other := p.again()
		err := change(p, p.password, otherPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		p.wantLive(true)
		other.wantLive(false)
		stranger.wantLive(true)
		wantFault(t, signIn(p, p.password), fault.Unauthenticated, ReasonCredentialsWrong)
		err = signIn(p, otherPassword)
		if err != nil {
			t.Error(err)
		}
	})

	for _, tt := range []struct {
		name              string
		current, password string
		fields            []string
	}{
		{"refuses a wrong current password", "not the right one", otherPassword, []string{"current_password: This is not your current password."}},
		{"refuses empty fields, each with its own sentence", "", "", []string{"current_password: This field is required.", "new_password: This field is required."}},
		{"refuses a common password", goodPassword, "1234567890", []string{"new_password: This password is too common."}},
		{"refuses an oversized current password", strings.Repeat("x", 1025), otherPassword, []string{"current_password: Use at most 256 characters."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s.in(t)
			p := s.signUp()
			other := p.again()
			wantFault(t, change(p, tt.current, tt.password, ""), fault.Invalid, fault.ReasonFieldInvalid, tt.fields...)
			other.wantLive(true)
			err := signIn(p, p.password)
			if err != nil {
				t.Errorf("the password was changed: %v", err)
			}
		})
	}

	t.Run("refuses the address as password", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		wantFault(t, change(p, p.password, p.email, ""), fault.Invalid, fault.ReasonFieldInvalid, "new_password: Do not use your email address.")
	})

	t.Run("answers a repeat, although the current password is another one by now", func(t *testing.T) {
		s := s.in(t)
		p, id := s.signUp(), uuid.NewString()
		s.newEvents()
		for range 2 {
			err := change(p, p.password, otherPassword, id)
			if err != nil {
				t.Fatal(err)
			}
		}
		if events := s.newEvents(); len(events) != 1 {
			t.Errorf("got %v, want one event", events)
		}
	})

	t.Run("never says that it stored a password which it did not store", func(t *testing.T) {
		s := s.in(t)
		p, id := s.signUp(), uuid.NewString()
		err := change(p, p.password, otherPassword, id)
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, change(p, otherPassword, "yet another good one", id), fault.Invalid, fault.ReasonRequestIDReused)
		err = signIn(p, otherPassword)
		if err != nil {
			t.Error(err)
		}
	})

	t.Run("one of 8 changes at once wins, and the others are told", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		ctx := p.ctx()
		results := make(chan string, 8)
		var all sync.WaitGroup
		for range cap(results) {
			password := "race " + uuid.NewString()
			all.Go(func() {
				_, err := s.auth.ChangePassword(ctx, &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: password})
				if err != nil {
					wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "current_password: This is not your current password.")
					return
				}
				results <- password
			})
		}
		all.Wait()
		close(results)
		if len(results) != 1 {
			t.Fatalf("%d changes succeeded, want 1", len(results))
		}
		err := signIn(p, <-results)
		if err != nil {
			t.Error(err)
		}
	})
}

func TestASignInWithTheOldPasswordThatMeetsAChangeStartsNoSession(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	store := NewStore(s.db.Open(t), time.Now, outbox.Append)
	verified, err := store.AccountByEmail(t.Context(), p.email)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.auth.ChangePassword(p.ctx(), &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: otherPassword})
	if err != nil {
		t.Fatal(err)
	}
	_, hash := newSecret(sessionPrefix)
	_, err = store.StartSession(t.Context(), SignedIn{Account: verified, RequestID: uuid.NewString(), SecretHash: hash})
	wantFault(t, err, fault.Unauthenticated, ReasonCredentialsWrong)
}
