package mail

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"os"

	"gitlab.com/notejam/notejam/platform/env"
)

// How the connection to the SMTP server is encrypted.
const (
	starttls    = "starttls" // from the first command on; a server that does not offer it gets nothing
	implicitTLS = "tls"      // from the first byte on, as on port 465 (RFC 8314)
	plain       = "none"
)

// Config says who sends and how: by an SMTP server, or into a folder.
type Config struct {
	From     string // "Notejam <notejam@example.com>"
	Dir      string // folder for the mails as files; "" sends them
	Addr     string // host:port of the SMTP server
	User     string
	Password env.Secret
	TLS      string // starttls, implicitTLS or plain
	CA       string // PEM file of the authorities that may sign the server's certificate; "" trusts the system's

	prefix string
}

// Settings reads a Config from PREFIX_MAIL_… and PREFIX_SMTP_….
func Settings(s *env.Set, prefix string) Config {
	smtp := prefix + "_SMTP_"
	return Config{
		From: s.Required(prefix+"_MAIL_FROM", "Who mails are from, for example Notejam <notejam@example.com>.", address),
		Dir: s.String(prefix+"_MAIL_DIR", "",
			"Folder that gets each mail as a file, instead of sending it: for one's own machine. Either this or "+smtp+"ADDR is given."),
		Addr:     s.String(smtp+"ADDR", "", "The SMTP server that takes mails, for example email-smtp.eu-central-1.amazonaws.com:587.", env.HostPort),
		User:     s.String(smtp+"USER", "", "The user there; without it nobody signs in."),
		Password: s.OptionalSecret(smtp+"PASSWORD", "That user's password."),
		TLS: s.String(smtp+"TLS", starttls,
			"How the connection is encrypted: starttls and tls (from the first byte, as on port 465) fail rather than send in the clear; none is for a server on loopback only.",
			env.OneOf(starttls, implicitTLS, plain)),
		CA:     s.String(smtp+"CA", "", "PEM file of the authorities that sign the SMTP server's certificate; without it those of the system."),
		prefix: prefix,
	}
}

func address(value string) error {
	_, err := mail.ParseAddress(value)
	if err != nil {
		return errors.New("must be a mail address, with or without a name before it")
	}
	return nil
}

// Check finds the mistakes that lie between settings.
func (c Config) Check() error {
	var mistakes env.Mistakes
	smtp := c.prefix + "_SMTP_"
	if (c.Addr == "") == (c.Dir == "") {
		mistakes = append(mistakes, "give either "+smtp+"ADDR or "+c.prefix+"_MAIL_DIR")
	}
	if (c.User == "") != c.Password.Empty() {
		mistakes = append(mistakes, "give both "+smtp+"USER and "+smtp+"PASSWORD, or neither")
	}
	if c.TLS == plain && c.User != "" {
		mistakes = append(mistakes, "give no "+smtp+"USER when "+smtp+"TLS is none: its password would travel in the clear")
	}
	if c.TLS == plain && c.Addr != "" && !isLoopback(c.Addr) {
		mistakes = append(mistakes, smtp+"TLS may be none on loopback only: mails hold what resets passwords")
	}
	if len(mistakes) == 0 {
		return nil
	}
	return mistakes
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// roots gives the authorities to trust; nil means the system's.
func (c Config) roots() (*x509.CertPool, error) {
	if c.CA == "" {
		return nil, nil //nolint:nilnil // what tls.Config takes for the system's
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, fmt.Errorf("read %s_SMTP_CA: %w", c.prefix, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s_SMTP_CA holds no certificate", c.prefix)
	}
	return pool, nil
}
