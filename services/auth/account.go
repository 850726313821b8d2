// Package auth is who you are: accounts, passwords, sessions, and the access tokens and keys by which the
// other services know a person.
//
// account.go, policy.go, session.go, reset.go and tries.go hold the rules; password.go and phc.go hash; keys.go, rotation.go
// and seal.go keep the signing keys; mailer.go sends what letter.go writes; store*.go is all SQL; server*.go
// translates between the protos and these.
package auth

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// maxEmailLength is in characters; the column has the same width.
const maxEmailLength = 75

// Account is one person's account.
type Account struct {
	ID           string // UUIDv7
	Email        string // as it was typed at sign-up
	PasswordHash string // PHC string
	// Epoch grows whenever the credentials change. What was given out under an older epoch (sessions, reset
	// links) no longer holds.
	Epoch     int
	CreatedAt time.Time
}

// emailKey is the form of an address that is compared and is unique. Addresses are ASCII, so lower case is
// all there is to it.
func emailKey(email string) string { return strings.ToLower(email) }

// checkEmail gives what is wrong with a new account's address; "" if nothing is.
func checkEmail(email string) string {
	switch {
	case email == "":
		return sentenceRequired
	case utf8.RuneCountInString(email) > maxEmailLength:
		return "Use an address of at most 75 characters."
	case !wellFormed(email):
		return "Enter a valid email address."
	}
	return ""
}

// emailPattern is what the HTML standard calls a valid e-mail address, so that browsers and we agree, but
// with at least one dot in the domain: mail to a bare host name reaches nobody from here. It is ASCII only:
// addresses with other letters (RFC 6531) need mail servers that most people do not have.
var emailPattern = regexp.MustCompile(
	"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@" + emailLabel + `(?:\.` + emailLabel + ")+$")

const emailLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"

// wellFormed adds to the pattern what mail servers demand of the local part (RFC 5321, 4.1.2 and 4.5.3.1.1).
func wellFormed(email string) bool {
	local, _, _ := strings.Cut(email, "@")
	dots := strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..")
	return emailPattern.MatchString(email) && len(local) <= 64 && !dots
}
