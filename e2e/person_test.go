package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// password is everybody's: see choir.
const password = canaryPassword

// person drives the system as somebody with a browser and no script: opens
// pages, reads them, fills forms in and presses their buttons.
type person struct {
	t     *testing.T
	base  string
	email string
	http  *http.Client
	token string // of the REST door, once apiSignIn was called
}

// people counts those who were there, so that no two have one address.
var people atomic.Int32

// visitor is somebody who is not signed up.
func visitor(t *testing.T, base string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{
		t: t, base: base, email: fmt.Sprintf("p%d@example.test", people.Add(1)),
		http: &http.Client{
			Jar: jar, Timeout: 10 * time.Second, Transport: &heardByAll,
			// Redirects are part of what is tested: the person follows them.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// signedIn is somebody who signed up and in through the pages.
func signedIn(t *testing.T, base, name string) *person {
	t.Helper()
	p := visitor(t, base)
	p.email = name + "-" + p.email
	p.submit("/signup/", url.Values{"email": {p.email}, "password": {password}, "confirm_password": {password}}).leadsTo("/signin/")
	p.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).leadsTo("/")
	return p
}

// page is an answer as the person sees it.
type page struct {
	t        *testing.T
	what     string
	status   int
	header   http.Header
	location string
	body     string
	doc      *html.Node
}

func (p *person) do(req *http.Request) *page {
	p.t.Helper()
	got, err := p.try(req)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

func (p *person) try(req *http.Request) (*page, error) {
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return &page{
		t: p.t, what: req.Method + " " + req.URL.Path, status: resp.StatusCode, header: resp.Header,
		location: resp.Header.Get("Location"), body: string(body), doc: doc,
	}, nil
}

func (p *person) request(method, path string, body io.Reader) *http.Request {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	return req
}

// get opens a page.
func (p *person) get(path string) *page {
	p.t.Helper()
	return p.do(p.request(http.MethodGet, path, nil))
}

// submit opens a page, fills its form in and presses the button.
func (p *person) submit(path string, values url.Values) *page {
	p.t.Helper()
	return p.post(path, p.get(path).is(http.StatusOK).fill(values))
}

// post sends a form as a browser would.
func (p *person) post(path string, values url.Values) *page {
	p.t.Helper()
	return p.do(p.form(path, values))
}

func (p *person) form(path string, values url.Values) *http.Request {
	p.t.Helper()
	req := p.request(http.MethodPost, path, strings.NewReader(values.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", p.base)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return req
}

// createNote writes a note through the form and gives its id.
func (p *person) createNote(title, text, pad string) string {
	p.t.Helper()
	p.submit("/notes/create/", url.Values{"name": {title}, "text": {text}, "pad": {pad}}).is(http.StatusSeeOther)
	link := p.get("/").is(http.StatusOK).linkTo(strings.TrimSpace(title))
	return strings.TrimSuffix(strings.TrimPrefix(link, "/notes/"), "/")
}

// api calls the REST door with the person's session token, which it gets first
// if need be.
func (p *person) api(method, path string, body any) (int, map[string]any) {
	p.t.Helper()
	if p.token == "" {
		status, answer := p.call(http.MethodPost, "/v1/auth:signIn", map[string]string{"email": p.email, "password": password}, "")
		if status != http.StatusOK {
			p.t.Fatalf("sign in by REST: %d %v", status, answer)
		}
		p.token, _ = answer["sessionToken"].(string)
	}
	return p.call(method, path, body, p.token)
}

// call calls the REST door with a bearer token, or without any.
func (p *person) call(method, path string, body any, token string) (int, map[string]any) {
	p.t.Helper()
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	req := p.request(method, path, content)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	got := p.do(req)
	var answer map[string]any
	err := json.Unmarshal([]byte(got.body), &answer)
	if err != nil {
		p.t.Fatalf("%s answered no JSON: %d %q", got.what, got.status, got.body)
	}
	return got.status, answer
}

// is checks the status.
func (g *page) is(status int) *page {
	g.t.Helper()
	if g.status != status {
		g.t.Fatalf("%s: got status %d (location %q), want %d\n%s", g.what, g.status, g.location, status, g.text())
	}
	return g
}

// leadsTo checks that the answer is a redirect to the path.
func (g *page) leadsTo(path string) {
	g.t.Helper()
	g.is(http.StatusSeeOther)
	if g.location != path {
		g.t.Fatalf("%s leads to %q, want %q", g.what, g.location, path)
	}
}

// says checks that the page shows the sentence.
func (g *page) says(sentence string) *page {
	g.t.Helper()
	if !strings.Contains(g.text(), sentence) {
		g.t.Fatalf("%s does not say %q but:\n%s", g.what, sentence, g.text())
	}
	return g
}

// saysNot checks that the page does not show the words.
func (g *page) saysNot(words string) *page {
	g.t.Helper()
	if strings.Contains(g.body, words) {
		g.t.Fatalf("%s says %q:\n%s", g.what, words, g.text())
	}
	return g
}

// text gives what a person reads, on one line.
func (g *page) text() string {
	var b strings.Builder
	for n := range g.doc.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// fill gives the fields of the page's main form with the values put in.
func (g *page) fill(values url.Values) url.Values {
	g.t.Helper()
	filled := url.Values{}
	for n := range g.doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attribute(n, "type") == "hidden" {
			filled.Set(attribute(n, "name"), attribute(n, "value"))
		}
	}
	for name, value := range values {
		filled[name] = value
	}
	return filled
}

// linkTo gives where the first link with exactly that text leads.
func (g *page) linkTo(text string) string {
	g.t.Helper()
	for _, n := range g.all("a") {
		if textOf(n) == text {
			return attribute(n, "href")
		}
	}
	g.t.Fatalf("%s has no link %q:\n%s", g.what, text, g.text())
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// eventually waits for something that happens on its own clock, like an event
// on its way to the trail.
func eventually(t *testing.T, what string, within time.Duration, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v: %v", what, within, err)
		case <-tick.C:
		}
	}
}

// activities gives the types of what the person's trail shows, by REST, the
// newest first.
func (p *person) activities() []string {
	p.t.Helper()
	var types []string
	p.each("/v1/activities", "activities", func(a map[string]any) { types = append(types, fmt.Sprint(a["type"])) })
	return types
}
