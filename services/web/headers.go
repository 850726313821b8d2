package web

// Response headers for the browser's own defences (reliability.md C8). They are set before anything else happens, so
// that redirects, errors and static files carry them too; headers_test.go walks every route.

import (
	"net/http"
	"strings"
)

const (
	// pagePolicy allows nothing inline: no style attribute, no script in a page, no source but ourselves.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

	// dataPolicy is for answers that are no pages, in case a browser is made to show one.
	dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

	// noPowers switches off the browser features that a page of notes has no use for.
	noPowers = "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()"

	// oneYear of HTTPS only, in seconds, for this host and those below it.
	oneYear = "max-age=31536000; includeSubDomains"
)

// referrerPolicy lets nobody learn a path that holds a secret, not even ourselves.
func referrerPolicy(path string) string {
	if strings.HasPrefix(path, resetPath) {
		return "no-referrer"
	}
	return "same-origin"
}

// withHeaders sets what every answer carries. secure says that people reach us by HTTPS; over plain HTTP, which is for
// one's own machine only, HSTS must not be sent (RFC 6797, 7.2).
func withHeaders(secure bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", pagePolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", referrerPolicy(r.URL.Path))
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", noPowers)
		header.Set("Cache-Control", "no-store")
		if secure {
			header.Set("Strict-Transport-Security", oneYear)
		}
		next.ServeHTTP(w, r)
	})
}
