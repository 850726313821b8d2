package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// The canaries: what nobody may find where it does not belong. Those of the
// person's own words and of the address may be seen by that person, and stand in
// their own tables; the rest is in no table at all.
const (
	canaryPassword = "canary-password-Zq7 and some more"
	canaryWrong    = "canary-wrong-password-Kd2"
	canaryTitle    = "canary-title-Xw9"
	canaryText     = "canary-text-Hb4, which is long enough to be one"
	canaryEmail    = "canary-email-Vn6@example.test"
	canaryAccess   = "eyJhbGciOiJFZERTQSIs" // how every access token begins
)

// canaries are texts with their names.
type canaries map[string]string

// in names the canaries that are in a text, in one spelling or another.
func (c canaries) in(text []byte) []string {
	var found []string
	for name, word := range c {
		for spelling, spelt := range map[string]string{
			"as it is":         word,
			"in capitals":      strings.ToUpper(word),
			"in small letters": strings.ToLower(word),
			"in a URL":         url.QueryEscape(word),
			"in hexadecimal":   hex.EncodeToString([]byte(word)),
			"in base64":        base64.RawStdEncoding.EncodeToString([]byte(word[:len(word)/3*3])),
		} {
			if bytes.Contains(text, []byte(spelt)) {
				found = append(found, name+" "+spelling)
				break
			}
		}
	}
	for name, shape := range shapes {
		if shape.Match(text) {
			found = append(found, name)
		}
	}
	return found
}

// shapes are of secrets that are made: whichever it is, it may be nowhere.
var shapes = map[string]*regexp.Regexp{
	"some reset link":              regexp.MustCompile(`nj_rst_[A-Za-z0-9_-]{43}`),
	"some session's secret":        regexp.MustCompile(`nj_ses_[A-Za-z0-9_-]{43}`),
	"some personal access token":   regexp.MustCompile(`nj_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}`),
	"some access token, or a part": regexp.MustCompile(canaryAccess),
}

// without gives those that may not even be where the others are at home.
func (c canaries) without(names ...string) canaries {
	rest := canaries{}
	for name, word := range c {
		rest[name] = word
	}
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

func TestTheCanaryIsSeenInEverySpelling(t *testing.T) {
	c := canaries{"the password": canaryPassword, "the address": canaryEmail}
	for _, text := range []string{
		`{"msg":"http","error":"` + canaryPassword + `"}`,
		"user=" + url.QueryEscape(canaryEmail),
		strings.ToLower(canaryEmail),
		fmt.Sprintf("%x", canaryPassword),
		base64.StdEncoding.EncodeToString([]byte(canaryPassword)),
		"token=nj_ses_" + strings.Repeat("x", 43),
		"token=nj_pat_" + strings.Repeat("x", 22) + "_" + strings.Repeat("y", 43) + "_abcdef",
	} {
		if len(c.in([]byte(text))) == 0 {
			t.Errorf("not seen in %s", text)
		}
	}
	if found := c.in([]byte("harmless")); len(found) > 0 {
		t.Errorf("seen in nothing: %v", found)
	}
}

// overheard keeps every answer that is an error.
type overheard struct {
	mu      sync.Mutex
	answers []heard
}

type heard struct {
	what string
	path string
	body []byte
}

// RoundTrip makes the request and keeps its answer, if that is an error.
func (o *overheard) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || resp.StatusCode < http.StatusBadRequest {
		return resp, err
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	resp.Body = readAgain{bytes.NewReader(body.Bytes())}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers = append(o.answers, heard{fmt.Sprintf("%s %s: %d", r.Method, r.URL.Path, resp.StatusCode), r.URL.Path, body.Bytes()})
	return resp, nil
}

type readAgain struct{ *bytes.Reader }

func (readAgain) Close() error { return nil }

// tell names the errors that tell a canary. A page may repeat what the person typed
// into its form, but no secret; REST repeats nothing.
func (o *overheard) tell(c canaries) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var wrong []error
	for _, answer := range o.answers {
		here := c
		if !strings.HasPrefix(answer.path, "/v1/") {
			here = c.without("the title", "the text", "the address")
		}
		body := answer.body
		if link, is := strings.CutPrefix(answer.path, "/reset-password/"); is {
			body = bytes.ReplaceAll(body, []byte(strings.Trim(link, "/")), nil) // a page may name its own address
		}
		if found := here.in(body); len(found) > 0 {
			wrong = append(wrong, fmt.Errorf("%s tells %v: %s", answer.what, found, answer.body))
		}
	}
	return errors.Join(wrong...)
}
