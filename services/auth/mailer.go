package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/auth/mail"
)

const (
	// mailLease is how long a mail belongs to the replica that claimed it: longer than sending takes, and what a
	// crash in the middle of it delays the mail by.
	mailLease = 2 * mail.MaxSend
	// mailIdle is the longest that a mail waits for a mailer that nobody woke.
	mailIdle = time.Second
	// maxMailPause is the longest that a mailer leaves a mail server or a database alone that failed. The first
	// failure costs mailIdle, each further one twice as much.
	maxMailPause = 15 * time.Second
	// maxMailAttempts is after how many a mail is given up: with back-off, after about an hour. Who still waits
	// for it has asked again.
	maxMailAttempts = 20
	// maxMailBackoff is the longest that a mail waits which could not be sent.
	maxMailBackoff = 5 * time.Minute
)

// sender is the *mail.Sender.
type sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// MailerConfig is what a mailer needs.
type MailerConfig struct {
	Store     *Store
	Sender    sender
	PublicURL string
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	// Guard runs one round and makes an error of its panic.
	Guard func(name string, round func() error) error
}

// Mailer sends the mails in the table mails, one after the other. Any number of mailers may work on one table:
// a mail is claimed for a limited time, by the database's clock. One is sent twice only if the first mailer came
// to its end between handing it over and writing that down.
type Mailer struct {
	cfg      MailerConfig
	metrics  *mailMetrics
	wake     chan struct{}
	stopping chan struct{}
	stop     func() // closes stopping, once
	done     chan struct{}
}

// NewMailer makes a mailer; Run starts it.
func NewMailer(cfg MailerConfig) *Mailer {
	m := &Mailer{
		cfg:      cfg,
		metrics:  newMailMetrics(cfg.Metrics),
		wake:     make(chan struct{}, 1),
		stopping: make(chan struct{}),
		done:     make(chan struct{}),
	}
	m.stop = sync.OnceFunc(func() { close(m.stopping) })
	return m
}

// Component lets the service run the mailer. When the service drains, the mailer claims no more.
func (m *Mailer) Component() service.Component {
	return service.Component{Name: "mailer", Run: m.Run, Drain: m.stop, Stop: m.Stop}
}

// Wake tells the mailer that there may be a new mail. It never blocks.
func (m *Mailer) Wake() {
	select {
	case m.wake <- struct{}{}:
	default: // it has been told already
	}
}

// Stop lets the mail that is being sent be finished and ends Run. It waits for that until ctx ends.
func (m *Mailer) Stop(ctx context.Context) error {
	m.stop()
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop mailer: %w", ctx.Err())
	}
}

// Run sends mails until Stop. The end of ctx ends it too; a mail that is being sent then waits for the end of
// its lease. Run is called once.
func (m *Mailer) Run(ctx context.Context) error {
	defer close(m.done)
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { m.watch(ctx) })
	defer watching.Wait()
	defer cancel()

	pause := mailIdle
	for !m.stopped() {
		if m.cfg.Store.db.ReadOnly(ctx) {
			m.sleep(ctx, mailIdle, nil)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		err := m.cfg.Guard("mailer", func() error { return m.round(ctx) })
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			pause = mailIdle // and there may be more to send
		case errors.Is(err, errNoMail):
			m.sleep(ctx, mailIdle, m.wake)
		default:
			m.cfg.Log.WarnContext(ctx, "a mail has to wait", "error", err)
			m.sleep(ctx, pause, nil)
			pause = min(2*pause, maxMailPause)
		}
	}
	return nil
}

func (m *Mailer) stopped() bool {
	select {
	case <-m.stopping:
		return true
	default:
		return false
	}
}

// sleep waits for d, or until the mailer is woken or stopped.
func (m *Mailer) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-wake:
	case <-timer.C:
	case <-m.stopping:
	case <-ctx.Done():
	}
}

// round claims a mail, sends it and writes down what became of it. The token in its link is made here: before
// it is sent only its hash is anywhere, and afterwards too. No transaction is open while it is sent.
func (m *Mailer) round(ctx context.Context) error {
	token, hash := newSecret(resetPrefix)
	claimed, err := m.cfg.Store.ClaimReset(ctx, uuid.NewString(), mailLease, hash)
	if errors.Is(err, errMailTaken) || mysql.IsDeadlock(err) || mysql.IsLockWait(err) {
		return nil // another replica sends it
	}
	if err != nil {
		return err
	}
	sendErr := m.cfg.Sender.Send(ctx, resetMail(claimed, m.cfg.PublicURL, token))
	switch {
	case sendErr == nil:
		m.metrics.mails.WithLabelValues("sent").Inc()
		return m.cfg.Store.FinishMail(ctx, claimed, mailSent)
	case errors.Is(sendErr, mail.ErrRefused) || claimed.Attempts >= maxMailAttempts:
		m.metrics.mails.WithLabelValues("given_up").Inc()
		m.cfg.Log.ErrorContext(ctx, "a mail is given up", "mail", claimed.ID, "attempts", claimed.Attempts, "error", sendErr)
		return m.cfg.Store.FinishMail(ctx, claimed, mailGivenUp)
	}
	m.metrics.mails.WithLabelValues("failed").Inc()
	err = m.cfg.Store.DelayMail(ctx, claimed, mailBackoff(claimed.Attempts))
	return errors.Join(fmt.Errorf("send mail %s, attempt %d: %w", claimed.ID, claimed.Attempts, sendErr), err)
}

// mailBackoff is how long a mail waits that could not be sent for the nth time.
func mailBackoff(attempts int) time.Duration {
	if attempts >= 9 { // 2^9 s are more than maxMailBackoff
		return maxMailBackoff
	}
	return min(time.Second<<attempts, maxMailBackoff)
}
