package web

// The cookies of this site. Over HTTPS they have the prefix __Host-, which browsers accept only with Secure, Path=/ and
// without Domain, so that no other host can plant one. The zone cookie, which a script sets, is in dates.go.

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"regexp"
	"time"
)

const (
	sessionCookie = "nj_session" // the session's secret
	formCookie    = "nj_form"    // random; forms of people without a session are bound to it
	flashCookie   = "nj_flash"   // a flash code for the next page

	// sessionLife is how long a session can last at most; auth ends it earlier when it is not used.
	sessionLife = 30 * 24 * time.Hour
	// flashLife is how long the next page may take to come.
	flashLife = 5 * time.Minute
)

// sessionShape is what auth's session secrets look like: 32 bytes in base64url. Anything else is not sent to auth.
var sessionShape = regexp.MustCompile(`^nj_ses_[A-Za-z0-9_-]{43}$`)

// tokenShape is what auth's personal access tokens look like. They are for REST: as a cookie one is nothing.
var tokenShape = regexp.MustCompile(`^nj_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$`)

// formShape is what our own form cookie looks like.
var formShape = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// cookies reads and writes them; secure says that people reach us by HTTPS.
type cookies struct{ secure bool }

func (c cookies) name(base string) string {
	if c.secure {
		return "__Host-" + base
	}
	return base
}

// value gives a cookie's value; empty when there is none or more than one, since then somebody else planted one.
func (c cookies) value(r *http.Request, base string) string {
	found := r.CookiesNamed(c.name(base))
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// set writes a cookie that scripts cannot read. A life of 0 keeps it until the browser closes; a negative one ends it.
func (c cookies) set(w http.ResponseWriter, base, value string, life time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // Secure is off only on http://, which config.go allows on loopback alone
		Name:     c.name(base),
		Value:    value,
		Path:     "/",
		Secure:   c.secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
		MaxAge:   int(life / time.Second),
	}
	http.SetCookie(w, cookie)
}

func (c cookies) end(w http.ResponseWriter, base string) { c.set(w, base, "", -time.Second) }

// session gives the session secret that came with the request; empty when there is none.
func (c cookies) session(r *http.Request) string {
	value := c.value(r, sessionCookie)
	if !sessionShape.MatchString(value) {
		return ""
	}
	return value
}

// form gives the form cookie's value, and gives the browser one first if it has none.
func (c cookies) form(w http.ResponseWriter, r *http.Request) string {
	value := c.value(r, formCookie)
	if formShape.MatchString(value) {
		return value
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	value = base64.RawURLEncoding.EncodeToString(random[:])
	c.set(w, formCookie, value, 0)
	return value
}
