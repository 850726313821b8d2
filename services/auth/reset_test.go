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
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
)

func TestAForgottenPassword(t *testing.T) {
	s := startMailed(t, mailtest.Options{})

	t.Run("is replaced by the link in a mail, and all sessions are ended", func(t *testing.T) {
		s := s.in(t)
		stranger, p := s.signUp(), s.signUp()
		other := p.again()
		err := s.ask(strings.ToUpper(p.email))
		if err != nil {
			t.Fatal(err)
		}
		got := s.box.Next(t)
		if got.To != p.email || got.From != "notejam@notejam.example" || got.Header.Get("Subject") != "Set a new password for Notejam" {
			t.Errorf("got %+v, want a mail to the address as it was signed up", got)
		}
		sessions := s.count(`SELECT COUNT(*) FROM sessions`)
		err = s.confirm(tokenIn(t, got), otherPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		p.wantLive(false)
		other.wantLive(false)
		stranger.wantLive(true)
		if now := s.count(`SELECT COUNT(*) FROM sessions`); now != sessions-2 {
			t.Errorf("%d sessions are there, want %d: a reset does not sign in", now, sessions-2)
		}
		wantFault(t, s.signIn(p.email, p.password), fault.Unauthenticated, ReasonCredentialsWrong)
		err = s.signIn(p.email, otherPassword)
		if err != nil {
			t.Error(err)
		}
	})

	t.Run("is asked for with a well-formed address", func(t *testing.T) {
		s := s.in(t)
		for email, want := range map[string]string{
			"":               "This field is required.",
			"anna":           "Enter a valid email address.",
			"anna@localhost": "Enter a valid email address.",
			strings.Repeat("a", 64) + "@some-where.example": "Use an address of at most 75 characters.",
		} {
			wantFault(t, s.ask(email), fault.Invalid, fault.ReasonFieldInvalid, "email: "+want)
		}
	})

	t.Run("opening the link changes nothing", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		token := p.resetToken()
		for range 3 {
			err := s.check(token)
			if err != nil {
				t.Error(err)
			}
		}
		p.wantLive(true)
		err := s.confirm(token, otherPassword, "")
		if err != nil {
			t.Error(err)
		}
	})

	t.Run("a link works once", func(t *testing.T) {
		s := s.in(t)
		token := s.signUp().resetToken()
		err := s.confirm(token, otherPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		s.wantDead(token)
	})

	t.Run("a link works for one hour from when its mail was sent", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		token := s.mailedToken(p)
		left := s.count(`SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), expires_at) FROM password_resets WHERE account_id = ?`, p.accountID)
		if left < 3590 || left > 3600 {
			t.Errorf("it works for %d s, want an hour", left)
		}
		s.exec(`UPDATE password_resets SET expires_at = UTC_TIMESTAMP(6) WHERE account_id = ?`, p.accountID)
		s.wantDead(token)
		p.wantLive(true)
	})

	t.Run("the links of all mails work until one is used", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		first, second, third := s.mailedToken(p), s.mailedToken(p), s.mailedToken(p)
		err := s.check(first)
		if err != nil {
			t.Error(err)
		}
		err = s.confirm(second, otherPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		s.wantDead(first)
		s.wantDead(third)
	})

	t.Run("a link does not work after the password was changed", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		token := p.resetToken()
		_, err := s.auth.ChangePassword(p.ctx(), &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: otherPassword})
		if err != nil {
			t.Fatal(err)
		}
		s.wantDead(token)
	})

	t.Run("a mail that waits to be sent is withdrawn when the password is reset", func(t *testing.T) {
		s := s.in(t)
		p, other := s.signUp(), s.signUp()
		for _, account := range []string{p.accountID, other.accountID} {
			s.exec(`
INSERT INTO mails (id, kind, account_id, visible_at, created_at)
VALUES (?, 'password_reset', ?, UTC_TIMESTAMP(6) + INTERVAL 5 MINUTE, UTC_TIMESTAMP(6))`, newID(), account)
		}
		err := s.confirm(p.resetToken(), otherPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		if n, others := s.waitingMails(p), s.waitingMails(other); n != 0 || others != 1 {
			t.Errorf("%d and %d mails wait, want 0 and 1", n, others)
		}
	})

	t.Run("a text that is no token is not found", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		token := p.resetToken()
		for _, wrong := range []string{
			"x", token + "A", token[:len(token)-1], strings.TrimPrefix(token, resetPrefix), p.token, sessionPrefix + token[len(resetPrefix):],
			"nj_rst_" + strings.Repeat("A", 43), "' OR 1=1 -- ", strings.Repeat("x", 10_000), "nj_rst_\x00",
		} {
			s.wantDead(wrong)
		}
		wantFault(t, s.check(""), fault.Invalid, fault.ReasonFieldInvalid, "token: This field is required.")
		wantFault(t, s.confirm("", otherPassword, ""), fault.Invalid, fault.ReasonFieldInvalid, "token: This field is required.")
		err := s.check(token)
		if err != nil {
			t.Error(err)
		}
	})

	t.Run("a password that breaks the rules leaves the link as it is", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		token := p.resetToken()
		for password, want := range map[string]string{
			"":                       "This field is required.",
			"9 letters":              "Use at least 10 characters.",
			strings.Repeat("ä", 257): "Use at most 256 characters.",
			"password123":            "This password is too common.",
			p.email:                  "Do not use your email address.",
		} {
			wantFault(t, s.confirm(token, password, ""), fault.Invalid, fault.ReasonFieldInvalid, "new_password: "+want)
		}
		err := s.confirm(token, otherPassword, "")
		if err != nil {
			t.Error(err)
		}
	})
}

// wantDead checks that a token does not work, in both places that take one.
func (s *system) wantDead(token string) {
	s.t.Helper()
	wantFault(s.t, s.check(token), fault.NotFound, ReasonResetTokenNotFound)
	wantFault(s.t, s.confirm(token, otherPassword, ""), fault.NotFound, ReasonResetTokenNotFound)
}

func TestARepeatedResetRequest(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	ask := func(email, requestID string) error {
		_, err := s.auth.RequestPasswordReset(t.Context(), &authpb.RequestPasswordResetRequest{Email: email, RequestId: requestID})
		return err
	}

	t.Run("asks for one mail", func(t *testing.T) {
		s := s.in(t)
		p, id := s.signUp(), uuid.NewString()
		s.newEvents()
		for range 3 {
			err := ask(p.email, id)
			if err != nil {
				t.Fatal(err)
			}
		}
		mails := s.count(`SELECT COUNT(*) FROM mails WHERE account_id = ?`, p.accountID)
		if events := s.newEvents(); mails != 1 || len(events) != 1 {
			t.Errorf("%d mails and the events %v, want one of each", mails, events)
		}
	})

	t.Run("is refused with another address, known or not", func(t *testing.T) {
		s := s.in(t)
		p, other := s.signUp(), s.signUp()
		for _, first := range []string{p.email, "nobody@example.com"} {
			id := uuid.NewString()
			err := ask(first, id)
			if err != nil {
				t.Fatal(err)
			}
			wantFault(t, ask(other.email, id), fault.Invalid, fault.ReasonRequestIDReused)
		}
	})

	t.Run("is answered when it uses a link, although that was used by then", func(t *testing.T) {
		s := s.in(t)
		p, id := s.signUp(), uuid.NewString()
		token := p.resetToken()
		s.newEvents()
		for range 2 {
			err := s.confirm(token, otherPassword, id)
			if err != nil {
				t.Fatal(err)
			}
		}
		if events := s.newEvents(); len(events) != 2 {
			t.Errorf("got %v, want those of one reset", events)
		}
	})

	t.Run("is refused with another link or another password", func(t *testing.T) {
		s := s.in(t)
		p, other, id := s.signUp(), s.signUp(), uuid.NewString()
		token := p.resetToken()
		err := s.confirm(token, otherPassword, id)
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.confirm(token, "yet another good one", id), fault.Invalid, fault.ReasonRequestIDReused)
		elsewhere := other.resetToken()
		wantFault(t, s.confirm(elsewhere, otherPassword, id), fault.Invalid, fault.ReasonRequestIDReused)
		other.wantLive(true)
		err = s.check(elsewhere)
		if err != nil {
			t.Error(err)
		}
	})
}

func TestOfTwentyUsesOfALinkAtOnceOneSucceeds(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	token := p.resetToken()
	s.newEvents()
	results := make(chan string, 20)
	var all sync.WaitGroup
	for range cap(results) {
		password := "race " + uuid.NewString()
		all.Go(func() {
			err := s.confirm(token, password, "")
			if err != nil {
				wantFault(t, err, fault.NotFound, ReasonResetTokenNotFound)
				return
			}
			results <- password
		})
	}
	all.Wait()
	close(results)
	if len(results) != 1 {
		t.Fatalf("%d succeeded, want 1", len(results))
	}
	err := s.signIn(p.email, <-results)
	if err != nil {
		t.Error(err)
	}
	resets := 0
	for _, e := range s.newEvents() {
		if e.Type == eventPasswordReset {
			resets++
		}
	}
	if resets != 1 {
		t.Errorf("%d resets were recorded, want 1", resets)
	}
}

func TestOneRequestThatComesEightTimesAtOnceIsAnsweredEightTimes(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	token, id := p.resetToken(), uuid.NewString()
	changer := s.signUp()
	ctx := changer.ctx()
	changing := &authpb.ChangePasswordRequest{CurrentPassword: changer.password, NewPassword: otherPassword, RequestId: uuid.NewString()}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := s.confirm(token, otherPassword, id)
			if err != nil {
				t.Errorf("reset: %v", err)
			}
		})
		all.Go(func() {
			_, err := s.auth.ChangePassword(ctx, changing)
			if err != nil {
				t.Errorf("change: %v", err)
			}
		})
	}
	all.Wait()
}

func TestOldLinksAndMailsAreSweptAway(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	for _, age := range []string{"23 HOUR", "25 HOUR"} {
		_, hash := newSecret(resetPrefix)
		s.exec(`INSERT INTO password_resets (token_hash, account_id, epoch, expires_at) VALUES (?, ?, 1, UTC_TIMESTAMP(6) - INTERVAL `+age+`)`, hash, p.accountID)
		for status := range 3 {
			s.exec(`
INSERT INTO mails (id, kind, account_id, status, visible_at, created_at)
VALUES (?, 'another', ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL `+age+`)`, newID(), p.accountID, status)
		}
	}
	err := NewStore(s.db.Open(t), time.Now, outbox.Append).sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	links, mails := s.count(`SELECT COUNT(*) FROM password_resets`), s.count(`SELECT COUNT(*) FROM mails`)
	if links != 1 || mails != 3 {
		t.Errorf("%d links and %d mails are left, want 1 and 3", links, mails)
	}
}
