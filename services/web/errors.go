package web

// Errors as people see them: a page of its own for each, or a notice in the form that failed. Every error page shows the
// request's id; what exactly went wrong is in the log only.

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/rpc"
)

// refusal is an error page.
type refusal struct {
	status  int
	heading string
	advice  string
	cause   error // for the log
}

// The pages for what is no fault of a service.
var (
	errNothingHere = &refusal{status: http.StatusNotFound, heading: "There is nothing here.", advice: "The address is wrong, or what was here is gone."}
	errForged      = &refusal{status: http.StatusForbidden, heading: "This form has expired. Go back and try again."}
	errUnreadable  = &refusal{status: http.StatusBadRequest, heading: "This request cannot be read.", advice: "Go back and try again."}
	errMethod      = &refusal{status: http.StatusMethodNotAllowed, heading: "This page cannot do that.", advice: "Go back and try again."}
	errTooLarge    = &refusal{status: http.StatusRequestEntityTooLarge, heading: "This is too much at once.", advice: "Go back: what you typed is still there. A note holds at most 256 KB of text."}
	errBroken      = &refusal{status: http.StatusInternalServerError, heading: "Something went wrong.", advice: "It is our fault, not yours. Go back and try again; what you saved before is safe."}
	errBusy        = &refusal{status: http.StatusServiceUnavailable, heading: "Notejam is busy right now.", advice: "Try again in a moment. If you were writing, go back: what you typed is still there."}
	errAway        = &refusal{status: http.StatusServiceUnavailable, heading: "Notejam is not available right now.", advice: "Your notes are safe. Try again in a moment."}
)

// awayNotice stands in a form that could not be stored.
const awayNotice = "Notejam is not available right now. Your text is kept in this page; try again."

// retryAway is the Retry-After of an answer that says we are not available: a restart takes about this long.
const retryAway = 2 * time.Second

// Error is for the log.
func (r *refusal) Error() string {
	if r.cause == nil {
		return r.heading
	}
	return r.heading + " " + r.cause.Error()
}

// Unwrap gives the cause.
func (r *refusal) Unwrap() error { return r.cause }

func (r *refusal) with(cause error) *refusal {
	c := *r
	c.cause = cause
	return &c
}

// refusalOf gives the page for any error.
func refusalOf(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	known := fault.Classify(err)
	if known.Reason == fault.ReasonOverloaded {
		return errBusy.with(err)
	}
	if isReadOnly(known) {
		return errReadOnly.with(err)
	}
	switch known.Kind {
	case fault.NotFound:
		return errNothingHere.with(err)
	case fault.Unavailable, fault.Timeout, fault.Canceled, fault.Unauthenticated, fault.Unimplemented:
		// Unauthenticated: auth gave us a token that the service does not take, for example while clocks differ.
		// Unimplemented: in the middle of a deployment the service may be of the release before.
		return errAway.with(err)
	case fault.Aborted, fault.Precondition:
		return &refusal{http.StatusConflict, known.Sentence, "Go back, look at what is there now, and try again.", err}
	case fault.Exhausted:
		return &refusal{http.StatusTooManyRequests, tooMany(known), "", err}
	case fault.Denied:
		return &refusal{http.StatusForbidden, known.Sentence, "", err}
	default:
		return errBroken.with(err)
	}
}

// fail answers with the error's page.
func (v *visit) fail(err error) {
	refused := refusalOf(err)
	factsOf(v.r.Context()).cause = err
	if fault.KindOf(err) == fault.Unauthenticated {
		v.site.sessions.forget(v.site.cookies.session(v.r), forAuth, forNotes, forAudit)
	}
	v.retryAfter(refused.status, err)
	view := ErrorView{
		Layout:    v.layout(refused.heading),
		Advice:    refused.advice,
		Path:      "/",
		Link:      "All notes",
		RequestID: rpc.RequestID(v.r.Context()),
	}
	view.Width = "narrow"
	if view.Anonymous {
		view.Path, view.Link = "/signin/", "Sign in"
	}
	err = v.show(refused.status, pageError, view)
	if err != nil {
		plainError(v.r.Context(), v.w, errors.Join(refused, err))
	}
}

// internalError is the last resort, after a panic: the page without anything that would have to be asked for.
func (s *site) internalError(w http.ResponseWriter, r *http.Request) {
	view := ErrorView{
		Layout:    Layout{Heading: errBroken.heading, Width: "narrow"},
		Advice:    errBroken.advice,
		Path:      "/",
		Link:      "All notes",
		RequestID: rpc.RequestID(r.Context()),
	}
	err := s.renderer.write(w, errBroken.status, pageError, view)
	if err != nil {
		plainError(r.Context(), w, err)
	}
}

// plainError is for when even the error page does not render.
func plainError(ctx context.Context, w http.ResponseWriter, err error) {
	factsOf(ctx).cause = err
	http.Error(w, errBroken.heading+" Request "+rpc.RequestID(ctx), errBroken.status)
}

// retryAfter says when to come back, on answers that ask to come back.
func (v *visit) retryAfter(status int, err error) {
	known := fault.Classify(err)
	wait := known.RetryAfter
	if wait == 0 && status == http.StatusServiceUnavailable {
		wait = retryAway
	}
	if wait > 0 && (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) {
		v.w.Header().Set("Retry-After", comeAgain(status, wait))
	}
}

// seconds writes a duration as HTTP wants it: whole seconds, at least one.
func seconds(d time.Duration) string { return strconv.Itoa(limit.Seconds(d)) }

// comeAgain writes a Retry-After. Those who were too many do not all come again at once.
func comeAgain(status int, wait time.Duration) string {
	if status == http.StatusTooManyRequests {
		return strconv.Itoa(limit.Spread(wait))
	}
	return seconds(wait)
}

// tooMany is the sentence for a limit: how long to wait, if waiting helps.
func tooMany(known *fault.Error) string {
	if known.RetryAfter > 0 {
		return waitSentence(known.RetryAfter)
	}
	return known.Sentence
}

func waitSentence(wait time.Duration) string {
	unit := " seconds"
	if seconds(wait) == "1" {
		unit = " second"
	}
	return "Too many tries. Wait " + seconds(wait) + unit + " and try again."
}

// cut ends an answer of which a part was sent already: whoever reads it sees that it broke off.
func (v *visit) cut(err error) {
	factsOf(v.r.Context()).cause = err
	panic(http.ErrAbortHandler)
}

func (s *site) notFound(*visit) error { return errNothingHere }
