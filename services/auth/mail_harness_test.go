package auth

import (
	"regexp"
	"testing"

	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
)

// mailedSystem is a system with a mail server.
type mailedSystem struct {
	*system
	box *mailtest.Server
}

// startMailed starts the service beside a mail server.
func startMailed(t *testing.T, options mailtest.Options) mailedSystem {
	t.Helper()
	box := mailtest.Start(t, options)
	return mailedSystem{startSystem(t, mailSettings(box)), box}
}

func mailSettings(box *mailtest.Server) map[string]string {
	return map[string]string{"AUTH_MAIL_DIR": "", "AUTH_SMTP_ADDR": box.Addr, "AUTH_SMTP_TLS": "none"}
}

func (s mailedSystem) in(t *testing.T) mailedSystem { return mailedSystem{s.system.in(t), s.box} }

// ask asks for a reset mail.
func (s *system) ask(email string) error {
	_, err := s.auth.RequestPasswordReset(s.t.Context(), &authpb.RequestPasswordResetRequest{Email: email})
	return err
}

var linkPattern = regexp.MustCompile(`(?m)^https://notejam\.example/reset-password/(nj_rst_[A-Za-z0-9_-]{43})/$`)

// mailedToken asks for a mail, waits for it and gives the token in its link.
func (s mailedSystem) mailedToken(p *person) string {
	s.t.Helper()
	err := s.ask(p.email)
	if err != nil {
		s.t.Fatal(err)
	}
	return tokenIn(s.t, s.box.Next(s.t))
}

func tokenIn(t *testing.T, m mailtest.Mail) string {
	t.Helper()
	link := linkPattern.FindStringSubmatch(m.Text)
	if link == nil {
		t.Fatalf("no link in %q", m.Text)
	}
	return link[1]
}

// resetToken makes a token that works, as if a mail had brought it.
func (p *person) resetToken() string {
	p.t.Helper()
	token, hash := newSecret(resetPrefix)
	p.exec(`
INSERT INTO password_resets (
	token_hash,
	account_id,
	epoch,
	expires_at
) SELECT ?, id, epoch, UTC_TIMESTAMP(6) + INTERVAL 1 HOUR FROM accounts WHERE id = ?`, hash, p.accountID)
	return token
}

func (s *system) check(token string) error {
	_, err := s.identity.CheckPasswordReset(s.t.Context(), &authinternalpb.CheckPasswordResetRequest{Token: token})
	return err
}

// confirm uses a token. An empty request id is one that no other request has.
func (s *system) confirm(token, password, requestID string) error {
	_, err := s.auth.ConfirmPasswordReset(s.t.Context(), &authpb.ConfirmPasswordResetRequest{
		Token: token, NewPassword: password, RequestId: requestID,
	})
	return err
}

func (s *system) signIn(email, password string) error {
	_, err := s.auth.SignIn(s.t.Context(), &authpb.SignInRequest{Email: email, Password: password})
	return err
}

// twin starts the service once more on the same database, as another replica.
func (s *system) twin(changes map[string]string) *system {
	s.t.Helper()
	second := newSystem(s.t, s.db, changes)
	second.settings["AUTH_SEALING_KEY"] = s.settings["AUTH_SEALING_KEY"]
	r := second.start(s.t.Output())
	if !r.isReady() {
		s.t.Fatal(r.err)
	}
	second.connect()
	return second
}

// mailStatus gives the status of the only mail.
func (s *system) mailStatus() int {
	s.t.Helper()
	return s.count(`SELECT status FROM mails`)
}

// waitingMails gives how many mails to the person are to be sent.
func (s *system) waitingMails(p *person) int {
	s.t.Helper()
	return s.count(`SELECT COUNT(*) FROM mails WHERE account_id = ? AND status = 0`, p.accountID)
}

// wakeMailer makes the mailer look at once, as every request for a mail does.
func (s *system) wakeMailer() {
	s.t.Helper()
	err := s.ask("nobody@example.com")
	if err != nil {
		s.t.Fatal(err)
	}
}
