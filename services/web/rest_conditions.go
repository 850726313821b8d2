package web

// Conditions of REST (RFC 9110, 13.1): If-Match keeps a write from what its caller has not seen, If-None-Match saves the
// answer that its caller has. A condition that a method cannot hold is refused, for a call must not seem to be guarded.

import (
	"net/http"
	"strings"

	"gitlab.com/notejam/notejam/platform/fault"
)

// conditions reads both headers into the call.
func (call *restCall) conditions(r *http.Request, route *restRoute) error {
	var err error
	call.ifMatch, err = ifMatch(r)
	if err != nil {
		return err
	}
	call.ifNoneMatch = strings.Join(r.Header.Values("If-None-Match"), ",")
	switch {
	case len(r.Header.Values("If-Match")) > 0 && !route.conditional:
		return fault.New(fault.Invalid, fault.ReasonRequestMalformed, "This method takes no If-Match.")
	case call.ifNoneMatch != "" && route.verb != http.MethodGet:
		return fault.New(fault.Invalid, fault.ReasonRequestMalformed, "Only GET takes If-None-Match.")
	}
	return nil
}

// ifMatch reads the header If-Match: one strong etag, or "*", which every existing thing matches.
func ifMatch(r *http.Request) (string, error) {
	value := r.Header.Get("If-Match")
	if value == "" || value == "*" {
		return "", nil
	}
	etag := strings.Trim(value, `"`)
	if value != `"`+etag+`"` || etag == "" || len(r.Header.Values("If-Match")) != 1 {
		return "", fault.New(fault.Invalid, fault.ReasonRequestMalformed, "If-Match must be one etag in double quotes.")
	}
	return etag, nil
}

// unlessHad writes an answer, or 304 in its place when the caller has it already.
type unlessHad struct {
	http.ResponseWriter
	had           string // If-None-Match
	begun, silent bool
}

// WriteHeader sees the etag of the answer.
func (w *unlessHad) WriteHeader(status int) {
	w.begun = true
	if status == http.StatusOK && anyEtag(w.had, w.Header().Get("ETag")) {
		w.silent = true
		w.Header().Del("Content-Type")
		w.Header().Del("Content-Length")
		status = http.StatusNotModified
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write drops what a 304 must not have.
func (w *unlessHad) Write(data []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.silent {
		return len(data), nil
	}
	return w.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *unlessHad) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// anyEtag compares the list of If-None-Match with a quoted etag. The comparison is the weak one: a proxy that compressed
// the answer may have made the etag weak.
func anyEtag(list, etag string) bool {
	if etag == "" {
		return false
	}
	for had := range strings.SplitSeq(list, ",") {
		had = strings.TrimSpace(had)
		if had == "*" || strings.TrimPrefix(had, "W/") == etag {
			return true
		}
	}
	return false
}
