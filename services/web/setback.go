package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"gitlab.com/notejam/notejam/platform/fault"
)

// setback is a failed write as the form that asked for it shows it: the person keeps what was typed and can go on.
type setback struct {
	status int
	notice string            // about the whole form
	fields map[string]string // sentences by field, in the names of the request message
	renew  bool              // the form needs a new request id
}

// setback turns err into what the form shows; false if err is no matter of the form. It sets Retry-After where the answer
// asks to come back.
func (v *visit) setback(err error) (setback, bool) {
	known, ok := fault.As(err)
	if !ok {
		return setback{}, false
	}
	var back setback
	switch {
	case known.Reason == fault.ReasonRequestIDReused:
		back = setback{status: http.StatusUnprocessableEntity, renew: true, notice: "This form was already sent with other words. Look at them and save again."}
	case known.Kind == fault.Invalid && len(known.Fields) > 0:
		back = setback{status: http.StatusUnprocessableEntity, fields: map[string]string{}}
		for _, field := range known.Fields {
			back.fields[field.Name] = field.Sentence
		}
	case known.Reason == fault.ReasonReadOnly:
		back = setback{status: http.StatusServiceUnavailable, notice: readOnlyNotice}
	case known.Kind == fault.Unavailable, known.Kind == fault.Timeout,
		known.Kind == fault.Unimplemented: // as in refusalOf
		back = setback{status: http.StatusServiceUnavailable, notice: awayNotice}
	case known.Kind == fault.Exhausted && known.RetryAfter > 0:
		back = setback{status: http.StatusTooManyRequests, notice: tooMany(known)}
	case known.Kind == fault.Exhausted:
		back = setback{status: http.StatusUnprocessableEntity, notice: known.Sentence}
	case known.Kind == fault.Aborted:
		back = setback{status: http.StatusConflict, notice: known.Sentence}
	default:
		return setback{}, false
	}
	factsOf(v.r.Context()).cause = err
	v.retryAfter(back.status, err)
	return back, true
}

// take gives the sentence about a field, once. What is left at the end goes to rest.
func (b *setback) take(name string) string {
	sentence := b.fields[name]
	delete(b.fields, name)
	return sentence
}

// rest makes what no field took part of the notice: nothing that is wrong stays untold.
func (b *setback) rest() {
	if len(b.fields) == 0 {
		return
	}
	sentences := slices.Sorted(maps.Values(b.fields))
	b.notice = strings.Join(append([]string{b.notice}, sentences...), " ")
	b.fields = nil
}
