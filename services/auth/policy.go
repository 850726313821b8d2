package auth

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
)

const (
	// DefaultMinPassword is the least number of characters of a new password.
	DefaultMinPassword = 10
	// maxPassword is in characters: at most maxPasswordBytes in UTF-8.
	maxPassword = 256
	// maxPasswordBytes is where a password is refused before any work is done with it. It is never cut.
	maxPasswordBytes = 1024

	// minGuesses is where a password stops being a common one: below a million guesses it falls even to
	// somebody who only tries the sign-in page (zxcvbn's own scale, scores 0 and 1).
	minGuesses = 1e6
	// estimated is how many characters the estimator sees. Its work grows faster than the length: 2 ms for
	// these, half a second for 256.
	estimated = 40
)

// sentencePasswordLong names maxPassword.
const sentencePasswordLong = "Use at most 256 characters."

// PasswordPolicy says which passwords an account may get. Any characters are allowed and none are demanded:
// length and not being guessable is all (NIST SP 800-63B, ASVS 6.2).
//
// What is common is decided by github.com/trustelem/zxcvbn: 30,000 leaked passwords, names and words, and the
// usual ways to vary them. v1.0.1 is of 2019, MIT, 1 MB of word lists, and complete: its port of zxcvbn 4.4.2
// gives the same guesses as the original, whose last release that is, and Authelia relies on it. The more
// recent ccojocar/zxcvbn-go scores by the rules before 4.0 (it calls "1q2w3e" ten times over strong
// and "harborLantern2026" weak), and wagslane/go-password-validator counts kinds of characters and knows no list.
type PasswordPolicy struct {
	MinLength int // characters
}

// Check gives what is wrong with a new password for the address; "" if nothing is.
func (p PasswordPolicy) Check(password, email string) string {
	length := utf8.RuneCountInString(password)
	switch {
	case password == "":
		return sentenceRequired
	case length > maxPassword:
		return sentencePasswordLong
	case length < p.MinLength:
		return fmt.Sprintf("Use at least %d characters.", p.MinLength)
	case likeEmail(password, email):
		return "Do not use your email address."
	case guessable(password, "notejam"):
		return "This password is too common."
	}
	return ""
}

// likeEmail finds the address itself, and its parts with a little added: "anna.berg1!" for
// anna.berg@example.com.
func likeEmail(password, email string) bool {
	if email == "" {
		return false
	}
	key := emailKey(email)
	if strings.Contains(strings.ToLower(password), key) {
		return true
	}
	local, domain, _ := strings.Cut(key, "@")
	host, _, _ := strings.Cut(domain, ".")
	return !guessable(password) && guessable(password, key, local, host)
}

// guessable says whether the password would be among the first minGuesses of somebody who also tries these
// words.
func guessable(password string, words ...string) bool {
	runes := []rune(password)
	if len(runes) > estimated {
		password = string(runes[:estimated])
	}
	return zxcvbn.PasswordStrength(password, words).Guesses < minGuesses
}
