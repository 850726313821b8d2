package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/services/auth/mail"
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
	"gitlab.com/notejam/notejam/services/auth/migrations"
)

func TestAMailIsSentWhenTheMailServerIsBack(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	p := s.signUp()
	s.box.Close()
	err := s.ask(p.email)
	if err != nil {
		t.Fatalf("the person waits for the mail server: %v", err)
	}
	eventually(t, "sending has failed", func() bool { return s.scrape(`auth_mails_total{result="failed"}`) > 0 })
	if status := s.statusz(); !strings.Contains(status, "oldest_unsent") {
		t.Errorf("the waiting mail is not in %s", status)
	}
	wait := s.count(`SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), visible_at) FROM mails`)
	if wait < 0 || wait > 2 {
		t.Errorf("the second attempt comes in %d s, want about 2", wait)
	}
	back := mailtest.Start(t, mailtest.Options{Addr: s.box.Addr})
	s.exec(`UPDATE mails SET visible_at = UTC_TIMESTAMP(6)`) // let the wait be over
	token := tokenIn(t, back.Next(t))
	eventually(t, "that is written down", func() bool { return s.mailStatus() == mailSent })
	err = s.confirm(token, otherPassword, "")
	if err != nil {
		t.Error(err)
	}
	if sent := s.scrape(`auth_mails_total{result="sent"}`); sent != 1 {
		t.Errorf("%d mails were counted as sent", sent)
	}
}

func TestAMailIsGivenUp(t *testing.T) {
	for name, tt := range map[string]struct {
		attempts int // before
		answer   *smtp.SMTPError
	}{
		"after twenty attempts":                          {19, &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}},
		"at once when the recipient is refused for good": {0, &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "never"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := startMailed(t, mailtest.Options{Recipient: func(string) error { return tt.answer }})
			p := s.signUp()
			s.exec(`
INSERT INTO mails (id, kind, account_id, attempts, visible_at, created_at)
VALUES (?, 'password_reset', ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, newID(), p.accountID, tt.attempts)
			s.wakeMailer()
			eventually(t, "it is given up", func() bool { return s.mailStatus() == mailGivenUp })
			if n := s.scrape(`auth_mails_total{result="given_up"}`); n != 1 {
				t.Errorf("%d were counted", n)
			}
		})
	}
}

func TestAMailBelongsToWhoClaimedItUntilTheLeaseEnds(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	p, other := s.signUp(), s.signUp()
	insert := func(account, due string) {
		s.exec(`
INSERT INTO mails (id, kind, account_id, claim, attempts, visible_at, created_at)
VALUES (?, 'password_reset', ?, 'somebody who crashed', 1, UTC_TIMESTAMP(6) + INTERVAL `+due+`, UTC_TIMESTAMP(6) - INTERVAL 90 SECOND)`, newID(), account)
	}
	insert(p.accountID, "50 SECOND")
	token := s.mailedToken(other) // asked for later, and sent before
	err := s.confirm(token, otherPassword, "")
	if err != nil {
		t.Error(err)
	}
	if s.waitingMails(p) != 1 {
		t.Error("the mail was taken from who has it")
	}
	s.exec(`UPDATE mails SET visible_at = UTC_TIMESTAMP(6)`)
	s.wakeMailer()
	if got := s.box.Next(t); got.To != p.email {
		t.Errorf("got a mail to %s", got.To)
	}
	insert(other.accountID, "1 HOUR") // longer than any lease: the clock jumped
	s.wakeMailer()
	if got := s.box.Next(t); got.To != other.email {
		t.Errorf("got a mail to %s", got.To)
	}
}

func TestTwoReplicasSendEachMailOnce(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	second := s.twin(mailSettings(s.box))
	people := map[string]int{}
	var asking sync.WaitGroup
	for i := range 20 {
		p := s.signUp()
		people[p.email] = 0
		asking.Go(func() {
			err := []*system{s.system, second}[i%2].ask(p.email)
			if err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	for range people {
		people[s.box.Next(t).To]++
	}
	eventually(t, "all are written down as sent", func() bool {
		return s.count(`SELECT COUNT(*) FROM mails WHERE status = 1 AND attempts = 1`) == len(people)
	})
	for email, n := range people {
		if n != 1 {
			t.Errorf("%s got %d mails", email, n)
		}
	}
	if s.box.Waiting() != 0 || len(people) != 20 {
		t.Errorf("%d mails too many, to %d people", s.box.Waiting(), len(people))
	}
	if one, two := s.scrape(`auth_mails_total{result="sent"}`), second.scrape(`auth_mails_total{result="sent"}`); one+two != 20 {
		t.Errorf("%d and %d mails were counted as sent, want 20 in all", one, two)
	}
}

func TestMailsOfAKindThatThisReplicaDoesNotKnowAreLeftToOthers(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	p := s.signUp()
	s.exec(`
INSERT INTO mails (id, kind, account_id, visible_at, created_at)
VALUES (?, 'of_tomorrow', ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE)`, newID(), p.accountID)
	s.mailedToken(p)
	if s.box.Waiting() != 0 || s.count(`SELECT COUNT(*) FROM mails WHERE kind = 'of_tomorrow' AND status = 0 AND attempts = 0`) != 1 {
		t.Error("it was touched")
	}
}

// heldSender sends when it is told, and fails with what it is told.
type heldSender struct {
	begun chan mail.Message
	told  chan error
}

func (h *heldSender) Send(ctx context.Context, m mail.Message) error {
	h.begun <- m
	select {
	case err := <-h.told:
		if errors.Is(err, errPanic) {
			panic(err)
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errPanic = errors.New("to panic with")

// mailerRig is a mailer with one mail to send, and nothing else.
type mailerRig struct {
	*system
	mailer *Mailer
	sender *heldSender
	cancel context.CancelFunc
	ended  chan error
}

func startMailer(t *testing.T) mailerRig {
	t.Helper()
	db := mysqltest.New(t, migrations.Files)
	rig := mailerRig{
		system: &system{t: t, admin: db.OpenAdmin(t)},
		sender: &heldSender{begun: make(chan mail.Message), told: make(chan error)},
		ended:  make(chan error, 1),
	}
	rig.mailer = NewMailer(MailerConfig{
		Store: NewStore(db.Open(t), time.Now, outbox.Append), Sender: rig.sender, PublicURL: "https://notejam.example",
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: prometheus.NewRegistry(), Guard: guard,
	})
	accountID := newID()
	rig.exec(`
INSERT INTO accounts (id, email, email_key, password_hash, epoch, created_at)
VALUES (?, 'anna@example.com', 'anna@example.com', 'x', 1, UTC_TIMESTAMP(6))`, accountID)
	rig.exec(`
INSERT INTO mails (id, kind, account_id, visible_at, created_at)
VALUES (?, 'password_reset', ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, newID(), accountID)
	ctx, cancel := context.WithCancel(context.Background())
	rig.cancel = cancel
	go func() { rig.ended <- rig.mailer.Run(ctx) }()
	t.Cleanup(cancel)
	return rig
}

// guard does what the service's does.
func guard(_ string, round func() error) (err error) {
	defer func() {
		value := recover()
		if value != nil {
			err = fmt.Errorf("panic: %v", value)
		}
	}()
	return round()
}

func TestAMailerThatStopsFinishesTheMailThatItHasBegun(t *testing.T) {
	rig := startMailer(t)
	<-rig.sender.begun
	rig.mailer.Component().Drain()
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := rig.mailer.Stop(soon)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while a mail is sent: %v", err)
	}
	rig.sender.told <- nil
	err = errors.Join(rig.mailer.Stop(t.Context()), <-rig.ended)
	if err != nil || rig.mailStatus() != mailSent {
		t.Errorf("got %v and status %d", err, rig.mailStatus())
	}
}

func TestAMailerThatIsCutOffLeavesTheMailToTheNextOne(t *testing.T) {
	rig := startMailer(t)
	<-rig.sender.begun
	rig.cancel()
	err := <-rig.ended
	if !errors.Is(err, context.Canceled) || rig.mailStatus() != 0 {
		t.Errorf("got %v and status %d", err, rig.mailStatus())
	}
	left := rig.count(`SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), visible_at) FROM mails`)
	if left < 1 || left > int(mailLease/time.Second) {
		t.Errorf("the next one may have it in %d s", left)
	}
}

func TestAMailerOutlivesAPanic(t *testing.T) {
	rig := startMailer(t)
	first := <-rig.sender.begun
	rig.sender.told <- errPanic
	rig.exec(`UPDATE mails SET visible_at = UTC_TIMESTAMP(6)`) // let the lease be over
	again := <-rig.sender.begun
	rig.sender.told <- nil
	if first.ID != again.ID || first.Text == again.Text {
		t.Errorf("got %v and %v, want the same mail with a link of its own", first, again)
	}
	eventually(t, "it is written down as sent", func() bool { return rig.mailStatus() == mailSent })
}

func TestEachFailureDoublesTheWaitUpToFiveMinutes(t *testing.T) {
	want := []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
		64 * time.Second, 128 * time.Second, 256 * time.Second, 5 * time.Minute, 5 * time.Minute}
	var got []time.Duration
	for n := range len(want) {
		got = append(got, mailBackoff(n+1))
	}
	if diff := cmp.Diff(want, got); diff != "" || mailBackoff(maxMailAttempts) != maxMailBackoff {
		t.Error(diff)
	}
}
