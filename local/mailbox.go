package local

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// mailPoll is how often the mailbox is looked at.
const mailPoll = 250 * time.Millisecond

// MailDir is the mailbox of everybody: each mail is a file there, *.eml.
func (s *Stack) MailDir() string { return s.folder.path("mail") }

// PrintMails writes what comes into the mailbox from now on until ctx ends: to
// whom, what about, and the links.
func (s *Stack) PrintMails(ctx context.Context, out io.Writer) {
	box := openMailbox(s.MailDir(), s.URL()+"/")
	ticker := time.NewTicker(mailPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			box.print(out)
		case <-ctx.Done():
			return
		}
	}
}

// mailbox knows which mails need not be printed any more.
type mailbox struct {
	dir, site string
	seen      map[string]bool
}

// openMailbox has seen what is there already.
func openMailbox(dir, site string) *mailbox {
	b := &mailbox{dir: dir, site: site, seen: map[string]bool{}}
	b.print(io.Discard)
	return b
}

func (b *mailbox) print(out io.Writer) {
	files, _ := filepath.Glob(filepath.Join(b.dir, "*.eml")) // the pattern is well formed
	for _, file := range files {
		if b.seen[file] {
			continue
		}
		b.seen[file] = true
		text, err := summary(file, b.site)
		if err != nil {
			text = "A mail cannot be read: " + err.Error()
		}
		_, _ = fmt.Fprintf(out, "%s\n\n", text)
	}
}

// summary gives a mail's recipient, its subject, and the lines that lead into
// the site.
func summary(file, site string) (string, error) {
	f, err := os.Open(file) //nolint:gosec // a name from our own folder
	if err != nil {
		return "", fmt.Errorf("open mail: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	m, err := mail.ReadMessage(f)
	if err != nil {
		return "", fmt.Errorf("read mail %s: %w", file, err)
	}
	text := fmt.Sprintf("Mail to %s: %s", strings.Trim(m.Header.Get("To"), "<>"), m.Header.Get("Subject"))
	lines := bufio.NewScanner(m.Body)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, site) && line != site {
			text += "\n  " + line
		}
	}
	return text, nil
}
