//go:build apply

package apply_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// standIn answers Terraform's provider in the place of AWS: moto does, and gaps make good what it lacks or gets wrong.
// It is the provider's proxy for every host, so that no call leaves the machine.
type standIn struct {
	Proxy string
	moto  string
	gaps  []gap

	mu     sync.Mutex
	needed map[string]bool // gaps, by what they say
	failed []string        // the last answers that are errors, to explain an apply that fails
}

// call is one to AWS.
type call struct {
	Service, Action string
	Body            []byte
	request         *http.Request
}

// reply is an answer to one.
type reply struct {
	Status int
	Header http.Header
	Body   []byte
}

func startStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{moto: startMoto(t), gaps: gaps(), needed: map[string]bool{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.Proxy = server.URL
	return s
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := readCall(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := s.answer(c)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	for name, values := range answer.Header {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // who no longer listens needs none
}

// answer asks moto first, always: a gap is only one while moto's own answer shows it.
func (s *standIn) answer(c call) (reply, error) {
	answer, err := s.ask(c)
	if err != nil {
		return reply{}, err
	}
	for _, g := range s.gaps {
		mend := g.of(c)
		if mend == nil {
			continue
		}
		mended, was := mend(c, answer, s.ask)
		s.mu.Lock()
		s.needed[g.Says] = s.needed[g.Says] || was
		s.mu.Unlock()
		if was {
			answer = mended
		}
	}
	if answer.Status >= http.StatusInternalServerError || answer.Status == http.StatusBadRequest {
		s.mu.Lock()
		s.failed = append(s.failed, fmt.Sprintf("%s %s %d %.300s %.200s", c.Service, c.Action, answer.Status, c.Body, answer.Body))
		s.mu.Unlock()
	}
	return answer, nil
}

func (s *standIn) ask(c call) (reply, error) {
	request, err := http.NewRequestWithContext(c.request.Context(), c.request.Method, s.moto+c.request.URL.RequestURI(), bytes.NewReader(c.Body))
	if err != nil {
		return reply{}, err
	}
	request.Header, request.Host = c.request.Header.Clone(), c.request.Host
	if c.Service == "s3" && !strings.Contains(request.Host, "s3-control") {
		request.Host = "s3.amazonaws.com" // of any other name moto takes the first word for a bucket
	}
	request.Header.Del("Accept-Encoding")
	return do(request)
}

func do(request *http.Request) (reply, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, fmt.Errorf("ask moto: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return reply{Status: response.StatusCode, Header: response.Header, Body: body}, err
}

var signedFor = regexp.MustCompile(`Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request`)

// readCall finds out by the signature which service is called, and what of it: an action, or a method and path.
func readCall(r *http.Request) (call, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return call{}, fmt.Errorf("read a call: %w", err)
	}
	c := call{Body: body, request: r, Action: r.Method + " " + r.URL.Path}
	service := signedFor.FindStringSubmatch(r.Header.Get("Authorization"))
	if service == nil {
		return call{}, fmt.Errorf("%s is not signed for a service", c.Action)
	}
	c.Service = service[1]
	target := r.Header.Get("X-Amz-Target")
	switch {
	case target != "":
		c.Action = target[strings.LastIndex(target, ".")+1:]
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return call{}, fmt.Errorf("read a form: %w", err)
		}
		c.Action = form.Get("Action")
	}
	return c, nil
}
