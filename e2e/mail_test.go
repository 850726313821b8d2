package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

var resetLink = regexp.MustCompile(`/reset-password/[A-Za-z0-9_-]+/`)

// mailedLink waits for the mail to the person and gives the path of its link.
func (p *person) mailedLink() string {
	p.t.Helper()
	return p.mailedLinkIn(stack.MailDir())
}

// mailedLinkIn is mailedLink in a mailbox of another stack.
func (p *person) mailedLinkIn(dir string) string {
	p.t.Helper()
	var link string
	eventually(p.t, "the mail arrives", 10*time.Second, func() error {
		files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
		if err != nil {
			return err
		}
		for _, file := range files {
			mail, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			// Quoted-printable may break a line within the link.
			text := strings.ReplaceAll(string(mail), "=\r\n", "")
			if strings.Contains(text, p.email) {
				link = resetLink.FindString(text)
				return nil
			}
		}
		return fmt.Errorf("%d mails, none to %s", len(files), p.email)
	})
	if link == "" {
		p.t.Fatal("the mail has no link")
	}
	return link
}
