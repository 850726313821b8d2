package web

// Devices that have signed in to an account before. Each holds a cookie for a year, also after it has signed out, by which it has tries of its own:
// whoever guesses the password elsewhere does not make its owner wait. The cookie signs nobody in and names nobody.

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"time"
)

const (
	deviceCookie = "nj_device"
	deviceLife   = 365 * 24 * time.Hour
)

// deviceShape is what a device's id looks like: 16 random bytes.
var deviceShape = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

// devices makes and checks the cookies. It needs no store, and every web process with the same key knows them.
type devices struct{ key []byte }

// proof binds a device to an account's address, which it does not tell.
func (d devices) proof(id, email string) string {
	mac := hmac.New(sha256.New, d.key)
	_, _ = mac.Write([]byte("device\x00" + id + "\x00" + strings.ToLower(email))) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// known gives the id in a cookie if it was given to this account; else "".
func (d devices) known(cookie, email string) string {
	id, proof, _ := strings.Cut(cookie, ".")
	if !deviceShape.MatchString(id) || !hmac.Equal([]byte(proof), []byte(d.proof(id, email))) {
		return ""
	}
	return id
}

// remember makes a device known to the account that it has just signed in to, or knows it for another year.
func (s *site) remember(w http.ResponseWriter, id, email string) {
	if id == "" {
		var random [16]byte
		_, _ = rand.Read(random[:]) // never fails
		id = base64.RawURLEncoding.EncodeToString(random[:])
	}
	s.cookies.set(w, deviceCookie, id+"."+s.devices.proof(id, email), deviceLife)
}
