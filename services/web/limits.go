package web

// How often this process answers one person or one address. It is the outer of two fences: it keeps floods from the services and costs no call. How often
// passwords may be tried is auth's to say, for all web processes together. docs/reliability.md has the table of all limits.

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/limit"
)

// Names of the limits, in the metric and in the RateLimit headers.
const (
	limitPerson   = "person"
	limitAddress  = "address"
	limitBadToken = "bad_token"
)

// limitRates are what the limits let through.
type limitRates struct {
	Calls     limit.Rate // REST calls and forms of one person; also those of nobody from one address
	BadTokens limit.Rate // REST calls with no or a wrong token from one address
}

// limits are those of this process.
type limits struct {
	person, address, badToken fence
}

// fence is one limit.
type fence struct {
	*limit.Memory
	name string
}

func newLimits(rates limitRates, now func() time.Time, registry prometheus.Registerer) limits {
	metrics := limit.NewMetrics(registry)
	fenceOf := func(name string, rate limit.Rate) fence {
		return fence{limit.NewMemory(limit.MemoryConfig{Name: name, Rate: rate, Now: now, Metrics: metrics}), name}
	}
	return limits{
		person:   fenceOf(limitPerson, rates.Calls),
		address:  fenceOf(limitAddress, rates.Calls),
		badToken: fenceOf(limitBadToken, rates.BadTokens),
	}
}

// pass lets somebody through once more, or says when to come again.
func (f fence) pass(key string) (limit.Answer, error) {
	answer := f.Take(key)
	return answer, refused(answer)
}

// refused is the error of an answer; nil for one that is no refusal.
func refused(answer limit.Answer) error {
	if answer.Allowed {
		return nil
	}
	return fault.New(fault.Exhausted, reasonRateLimited, waitSentence(answer.Retry)).RetryIn(answer.Retry)
}

// tell writes into the header of a REST answer what is left, as draft-ietf-httpapi-ratelimit-headers-11 has it: of q calls in w seconds r are left at
// once, and in t seconds as many as ever.
func (f fence) tell(header http.Header, answer limit.Answer) {
	rate := f.Rate()
	if rate.Off() {
		return
	}
	full := 0
	if answer.Full > 0 {
		full = limit.Seconds(answer.Full)
	}
	header.Set("RateLimit-Policy", fmt.Sprintf(`"%s";q=%d;w=%d`, f.name, rate.Count, limit.Seconds(rate.Per)))
	header.Set("RateLimit", fmt.Sprintf(`"%s";r=%d;t=%d`, f.name, answer.Remaining, full))
}

// passForm lets a form be sent that anybody may send. A device that is known to the account has a bucket of its own: what others do at the same address
// is nothing to it.
func (v *visit) passForm(device string) error {
	key := v.site.clients.host(v.r)
	if device != "" {
		key = "device " + device
	}
	_, err := v.site.limits.address.pass(key)
	return err
}

// passPerson lets a form of a person be sent, out of the same bucket as calls of REST. Nobody types so fast: an error page will do.
func (v *visit) passPerson() error {
	if v.person.ID == "" {
		return nil
	}
	_, err := v.site.limits.person.pass(v.person.ID)
	if err != nil {
		known := fault.Classify(err)
		return &refusal{http.StatusTooManyRequests, tooMany(known), "Go back: what you typed is still there.", err}
	}
	return nil
}
