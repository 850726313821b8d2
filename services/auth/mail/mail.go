// Package mail sends mails to people: by an SMTP server, or into a folder of files on a machine that has none.
// It is the only importer of the library that speaks SMTP.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Message is a mail to one person, in plain text.
type Message struct {
	// ID is a word that no other mail has, ours or anybody's: a UUID. A mail that is sent twice under one ID is
	// shown once by most mailboxes.
	ID      string
	To      string // the address alone
	Subject string
	Text    string // ASCII, in lines of at most 998 characters; nothing is wrapped, so that links stay whole
}

// ErrRefused is that the server will never take mails for this recipient. Whatever else fails may succeed later.
var ErrRefused = errors.New("the recipient is refused")

// Sender sends mails.
type Sender struct {
	from    *mail.Address
	deliver func(ctx context.Context, id string, msg *gomail.Msg) error
}

// New makes a sender. It does not connect: the server may be away when the service starts.
func New(cfg Config) (*Sender, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("read the sender's address: %w", err)
	}
	if cfg.Dir != "" {
		return &Sender{from: from, deliver: folder(cfg.Dir).deliver}, nil
	}
	server, err := newServer(cfg, stepTimeout)
	if err != nil {
		return nil, err
	}
	return &Sender{from: from, deliver: server.deliver}, nil
}

// Send sends one mail, within MaxSend. When it fails, the mail may have arrived all the same. Its error names
// neither the recipient nor what the mail says: it may be logged.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	err := msg.To(m.To)
	if err != nil {
		return fmt.Errorf("%w: its address cannot be read", ErrRefused)
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDate()
	msg.Subject(m.Subject)
	// So that no absence note is sent back (RFC 3834).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	// As it is: the other encodings break long lines, even the one that says 7bit. It is set for the part, because
	// set for the message it would demand a server with 8BITMIME, which ASCII does not need.
	msg.SetBodyString(gomail.TypeTextPlain, m.Text, gomail.WithPartEncoding(gomail.NoEncoding))
	return s.deliver(ctx, m.ID, msg)
}
