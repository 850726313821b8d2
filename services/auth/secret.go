package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// secretSize is in bytes: nobody guesses 256 random bits.
const secretSize = 32

// newSecret makes a secret that a person holds, and the hash that is stored of it. A plain hash is enough: there
// is nothing to guess. The prefix says what it is for, to people and to scanners for leaks.
func newSecret(prefix string) (text string, hash []byte) {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: it ends the process instead
	sum := sha256.Sum256(secret)
	return prefix + base64.RawURLEncoding.EncodeToString(secret), sum[:]
}

var errNoSecret = errors.New("text is no secret of this kind")

// hashSecret gives the hash to look a secret up by. Every secret has exactly one spelling.
func hashSecret(prefix, text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, prefix)
	secret, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(secret) != secretSize || strings.ContainsAny(encoded, "\r\n") {
		return nil, errNoSecret
	}
	sum := sha256.Sum256(secret)
	return sum[:], nil
}
