package auth

import (
	"fmt"

	"gitlab.com/notejam/notejam/services/auth/mail"
)

// resetLetter has two gaps, for the link and the site. It is ASCII, and the link has a line of its own, so that
// every mail program shows it as one.
const resetLetter = `Hello,

somebody, most likely you, wants to set a new password for the Notejam
account of this address. This link leads there. It works once and for one
hour:

%s

If it was not you, do nothing: your password stays what it is.

Notejam
%s
`

// resetMail writes the mail with a link that sets a new password. The link begins with the configured address
// of the site, whatever host the request named.
func resetMail(to ClaimedMail, publicURL, token string) mail.Message {
	return mail.Message{
		ID:      to.ID,
		To:      to.Email,
		Subject: "Set a new password for Notejam",
		Text:    fmt.Sprintf(resetLetter, publicURL+"/reset-password/"+token+"/", publicURL+"/"),
	}
}
