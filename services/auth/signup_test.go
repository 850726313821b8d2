package auth

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

func TestSignUp(t *testing.T) {
	s := startSystem(t, nil)

	t.Run("makes an account that can sign in, in any spelling of the address", func(t *testing.T) {
		s := s.in(t)
		up, err := s.auth.SignUp(t.Context(), &authpb.SignUpRequest{Email: "Anna.Berg@Example.com", Password: goodPassword})
		if err != nil {
			t.Fatal(err)
		}
		if up.GetAccount().GetEmail() != "Anna.Berg@Example.com" || up.GetAccount().GetCreateTime() == nil {
			t.Errorf("got %v, want the address as it was typed and a time", up)
		}
		_, err = s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: "anna.berg@EXAMPLE.com", Password: goodPassword})
		if err != nil {
			t.Error(err)
		}
	})

	for _, tt := range []struct {
		name            string
		email, password string
		fields          []string
	}{
		{"refuses empty fields, each with its own sentence", "", "", []string{"email: This field is required.", "password: This field is required."}},
		{"refuses a malformed address", "anna", goodPassword, []string{"email: Enter a valid email address."}},
		{"refuses an address of 76 characters", strings.Repeat("a", 64) + "@example.com", goodPassword, []string{"email: Use an address of at most 75 characters."}},
		{"refuses a short password", "b@example.com", "9 letters", []string{"password: Use at least 10 characters."}},
		{"refuses a password of 257 characters", "b@example.com", strings.Repeat("ä", 257), []string{"password: Use at most 256 characters."}},
		{"refuses a common password", "b@example.com", "password123", []string{"password: This password is too common."}},
		{"refuses the address as password", "bertha@example.com", "Bertha@Example.com", []string{"password: Do not use your email address."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s.in(t)
			_, err := s.auth.SignUp(t.Context(), &authpb.SignUpRequest{Email: tt.email, Password: tt.password})
			wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, tt.fields...)
		})
	}

	t.Run("refuses a taken address in any spelling", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		_, err := s.auth.SignUp(t.Context(), &authpb.SignUpRequest{Email: strings.ToUpper(p.email), Password: goodPassword})
		wantFault(t, err, fault.Exists, ReasonEmailTaken, "email: This address is already signed up.")
	})

	t.Run("answers a repeat with the same account", func(t *testing.T) {
		s := s.in(t)
		req := &authpb.SignUpRequest{Email: "twice@example.com", Password: goodPassword, RequestId: uuid.NewString()}
		first, err := s.auth.SignUp(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		s.newEvents()
		second, err := s.auth.SignUp(t.Context(), req)
		if err != nil || second.String() != first.String() {
			t.Errorf("got %v, %v, want %v again", second, err, first)
		}
		if events := s.newEvents(); len(events) != 0 {
			t.Errorf("the repeat wrote %v", events)
		}
	})

	t.Run("refuses a repeat with another address or another password", func(t *testing.T) {
		s := s.in(t)
		id := uuid.NewString()
		req := &authpb.SignUpRequest{Email: "once@example.com", Password: goodPassword, RequestId: id}
		_, err := s.auth.SignUp(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []*authpb.SignUpRequest{
			{Email: "other@example.com", Password: goodPassword, RequestId: id},
			{Email: "once@example.com", Password: goodPassword + "!", RequestId: id},
		} {
			_, err := s.auth.SignUp(t.Context(), other)
			wantFault(t, err, fault.Invalid, fault.ReasonRequestIDReused)
		}
	})

	t.Run("refuses a request id that is no UUID", func(t *testing.T) {
		s := s.in(t)
		_, err := s.auth.SignUp(t.Context(), &authpb.SignUpRequest{Email: "c@example.com", Password: goodPassword, RequestId: "1"})
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "request_id: Send a UUID as request_id.")
	})
}

func TestTwentySignUpsOfOneAddressAtOnceMakeOneAccount(t *testing.T) {
	s := startSystem(t, nil)
	spellings := []string{"race@example.com", "RACE@example.com", "Race@Example.Com"}
	results := make(chan error, 20)
	var all sync.WaitGroup
	for i := range cap(results) {
		all.Go(func() {
			_, err := s.auth.SignUp(t.Context(), &authpb.SignUpRequest{Email: spellings[i%len(spellings)], Password: goodPassword})
			results <- err
		})
	}
	all.Wait()
	close(results)
	made := 0
	for err := range results {
		if err == nil {
			made++
			continue
		}
		wantFault(t, err, fault.Exists, ReasonEmailTaken, "email: This address is already signed up.")
	}
	if accounts := s.count(`SELECT COUNT(*) FROM accounts`); made != 1 || accounts != 1 {
		t.Errorf("%d sign-ups succeeded and %d accounts are there, want 1 and 1", made, accounts)
	}
	if events := s.newEvents(); len(events) != 1 {
		t.Errorf("%d events were written, want 1", len(events))
	}
}
