package auth

import (
	"context"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// noLimits are the settings that most tests have: hundreds of people in them come from nowhere.
func noLimits() map[string]string {
	return map[string]string{
		"AUTH_LIMIT_SIGN_IN": "0", "AUTH_LIMIT_SIGN_UP": "0", "AUTH_LIMIT_RESET": "0", "AUTH_LIMIT_RESET_ACCOUNT": "0", "AUTH_LIMIT_MAX_DELAY": "0s",
	}
}

// only are the settings of a service with one limit.
func only(name, value string) map[string]string {
	return map[string]string{"AUTH_LIMIT_" + name: value}
}

// defaultLimits are the settings of a service that was told nothing of limits.
func defaultLimits() map[string]string {
	settings := noLimits()
	for name := range settings {
		settings[name] = ""
	}
	return settings
}

// place is where somebody tries from.
type place struct{ address, device string }

// someDevice is one that web knows.
const someDevice = "AAAAAAAAAAAAAAAAAAAAAA"

func (s *system) at(p place) context.Context {
	return rpc.WithClient(s.t.Context(), rpc.Client{Address: p.address, Device: p.device})
}

// guess tries a password that is wrong.
func (s *system) guess(email string, from place) error {
	_, err := s.auth.SignIn(s.at(from), &authpb.SignInRequest{Email: email, Password: "not the right one"})
	return err
}

// signInFrom tries the right password.
func (p *person) signInFrom(from place) error {
	_, err := p.auth.SignIn(p.at(from), &authpb.SignInRequest{Email: p.email, Password: p.password})
	return err
}

// wantWait checks that a try is refused for so many seconds.
func wantWait(t *testing.T, err error, seconds int) {
	t.Helper()
	wantFault(t, err, fault.Exhausted, ReasonTooManyTries)
	known, _ := fault.As(err)
	if known.RetryAfter != time.Duration(seconds)*time.Second || !strings.HasPrefix(known.Sentence, "Too many tries. Wait ") {
		t.Errorf("got %q, and again in %v; want %d s", known.Sentence, known.RetryAfter, seconds)
	}
}

func wantWrong(t *testing.T, err error) {
	t.Helper()
	wantFault(t, err, fault.Unauthenticated, ReasonCredentialsWrong)
}

// pass lets time pass for all that is counted.
func (s *system) pass(d time.Duration) {
	s.t.Helper()
	s.exec(`UPDATE tries SET tried_at = tried_at - INTERVAL ? MICROSECOND`, d.Microseconds())
	s.exec(`UPDATE limits SET tat_us = tat_us - ?`, d.Microseconds())
}
