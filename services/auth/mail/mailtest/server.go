// Package mailtest is an SMTP server for tests: it keeps what it gets, and fails as it is told.
package mailtest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
)

// patience is how long a mail may take to arrive.
const patience = 10 * time.Second

// Options say what kind of server it is.
type Options struct {
	Addr     string // where it listens; "" is a free port of 127.0.0.1
	STARTTLS bool   // it offers encryption
	TLS      bool   // it is encrypted from the first byte on
	Password string // of the user "notejam"; "" asks for none
	// Recipient, which may be nil, answers each recipient. It is called in the server's goroutines.
	Recipient func(address string) error
	// Lost cuts the connection when a mail was taken.
	Lost bool
}

// Mail is what arrived.
type Mail struct {
	From, To  string // of the envelope
	Header    mail.Header
	Text      string // with \n as line end
	Encrypted bool
	User      string // who signed in
}

// Server is a running server.
type Server struct {
	Addr string // host:port
	CA   string // PEM file of the authority of its certificate; "" without encryption

	options  Options
	listener net.Listener
	smtp     *smtp.Server
	mails    chan Mail
}

// Start starts a server, which ends with the test.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	s := &Server{options: options, mails: make(chan Mail, 1000)}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	s.smtp.Domain = "localhost"
	s.smtp.ErrorLog = quiet{}
	addr := options.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr) //nolint:noctx // it does not wait
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s.Addr = "127.0.0.1:" + port
	if options.STARTTLS || options.TLS {
		s.Addr = "localhost:" + port // which the certificate names
		s.smtp.TLSConfig = s.certify(t)
	}
	if options.TLS {
		listener = tls.NewListener(listener, s.smtp.TLSConfig)
	}
	s.listener = listener
	var serving sync.WaitGroup
	serving.Go(func() {
		err := s.smtp.Serve(listener)
		if err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Errorf("serve SMTP: %v", err)
		}
	})
	t.Cleanup(func() {
		s.Close()
		serving.Wait()
	})
	return s
}

func (s *Server) certify(t testing.TB) *tls.Config {
	t.Helper()
	ca, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files, err := ca.Issue("localhost")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	s.CA = files.CA
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
}

// Close ends the server before the test does. What fails in it is closed already.
func (s *Server) Close() {
	_ = s.smtp.Close()
	_ = s.listener.Close() // which the server does not know before it serves
}

// Next waits for the next mail.
func (s *Server) Next(t testing.TB) Mail {
	t.Helper()
	select {
	case m := <-s.mails:
		return m
	case <-time.After(patience):
		t.Fatal("no mail has arrived")
		return Mail{}
	}
}

// Waiting gives how many mails have arrived that Next did not give.
func (s *Server) Waiting() int { return len(s.mails) }

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	taken  bool
	mail   Mail
}

func (s *session) AuthMechanisms() []string {
	if s.server.options.Password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "notejam" || password != s.server.options.Password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.options.Password != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.mail = Mail{From: from, Encrypted: encrypted, User: s.user}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	if s.server.options.Recipient == nil {
		return nil
	}
	return s.server.options.Recipient(to)
}

func (s *session) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	text, err := io.ReadAll(m.Body)
	if err != nil {
		return fmt.Errorf("read text: %w", err)
	}
	s.mail.Header = m.Header
	s.mail.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
	s.server.mails <- s.mail
	s.taken = true
	return nil
}

func (s *session) Reset() {
	if s.taken && s.server.options.Lost {
		_ = s.conn.Conn().Close() // that it fails is what is wanted
	}
	s.mail = Mail{}
}

func (s *session) Logout() error { return nil }

// quiet is the server's log: clients that go away are part of the tests.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
