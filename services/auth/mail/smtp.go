package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// stepTimeout bounds each of the three steps of a delivery: to connect; to greet, encrypt and sign in; to hand
// the mail over. A server that is well takes less than a second for all of them.
const stepTimeout = 10 * time.Second

// MaxSend is what a delivery takes at most.
const MaxSend = 3 * stepTimeout

// server delivers by SMTP, with a connection of its own for each mail: mails are rare, and a connection that is
// kept would have to be looked after.
type server struct {
	client *gomail.Client
}

func newServer(cfg Config, step time.Duration) (server, error) {
	host, portText, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return server{}, fmt.Errorf("read the SMTP server's address: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return server{}, fmt.Errorf("read the SMTP server's port: %w", err)
	}
	roots, err := cfg.roots()
	if err != nil {
		return server{}, err
	}
	options := []gomail.Option{
		gomail.WithPort(port),
		gomail.WithTimeout(step),
		gomail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12}),
		gomail.WithoutSMTPUTF8(), // addresses and texts are ASCII
	}
	switch cfg.TLS {
	case implicitTLS:
		options = append(options, gomail.WithSSL())
	case plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if cfg.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(cfg.User), gomail.WithPassword(cfg.Password.Reveal()))
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return server{}, fmt.Errorf("set up SMTP: %w", err)
	}
	return server{client: client}, nil
}

func (s server) deliver(ctx context.Context, _ string, msg *gomail.Msg) error {
	err := s.client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() { // what comes after the mail was taken changes nothing
		return nil
	}
	return explain(err)
}

// explain says what failed without the server's own words, once they can be about the mail: servers repeat the
// recipient's address, and filters repeat links.
func explain(err error) error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return fmt.Errorf("connect to the mail server: %w", err)
	}
	switch {
	case failed.ErrorCode() == 0:
		return fmt.Errorf("hand the mail over: the connection was lost while %s", failed.Reason)
	case failed.Reason == gomail.ErrSMTPRcptTo && failed.ErrorCode() >= 500:
		return fmt.Errorf("%w: the server answered %d %s", ErrRefused, failed.ErrorCode(), failed.EnhancedStatusCode())
	}
	return fmt.Errorf("hand the mail over: the server answered %d %s while %s", failed.ErrorCode(), failed.EnhancedStatusCode(), failed.Reason)
}
