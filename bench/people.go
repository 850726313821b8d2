package bench

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// person is somebody with an account and an open session.
type person struct {
	email   string
	id      string // the account's
	session string // the secret in the cookie
	token   string // for forms of this session
}

const password = "a long enough password"

// cookies are what the person's browser sends. The zone is what static/zone.js sets in every browser that runs scripts.
func (p person) cookies() string { return "nj_session=" + p.session + "; nj_zone=Europe/Vienna" }

// fill signs people up and in, and gives them notes.
func (r *rig) fill(ctx context.Context) error {
	enlist := func(name string) (person, error) {
		p, err := signUp(ctx, r.pages.url, name+"@bench.test")
		if err != nil {
			return person{}, fmt.Errorf("sign %s up: %w", name, err)
		}
		p.id, err = r.rows.accountID(ctx, p.email)
		return p, err
	}
	for _, owner := range []struct {
		into  *person
		name  string
		notes int
	}{
		{&r.reader, "reader", r.extent.notes},
		{&r.many, "many", r.extent.many},
		{&r.few, "few", r.extent.few},
	} {
		p, err := enlist(owner.name)
		if err != nil {
			return err
		}
		ids, err := r.rows.seed(ctx, p.id, owner.notes, time.Now())
		if err != nil {
			return err
		}
		*owner.into = p
		if owner.into == &r.reader {
			r.noteIDs = ids[:min(len(ids), 100)]
		}
	}
	for i := range r.extent.connections {
		p, err := enlist(fmt.Sprintf("writer-%d", i))
		if err != nil {
			return err
		}
		r.writers = append(r.writers, p)
	}
	return nil
}

// browser goes through forms as a person without scripts does.
type browser struct {
	base   string
	client *http.Client
}

// signUp makes an account and signs it in, through the pages.
func signUp(ctx context.Context, base, email string) (person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return person{}, fmt.Errorf("make a cookie jar: %w", err)
	}
	client := *direct
	client.Jar = jar
	b := browser{base: base, client: &client}
	err = b.submit(ctx, "/signup/", url.Values{"email": {email}, "password": {password}, "confirm_password": {password}})
	if err != nil {
		return person{}, err
	}
	err = b.submit(ctx, "/signin/", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		return person{}, err
	}
	p := person{email: email}
	at, err := url.Parse(base)
	if err != nil {
		return person{}, fmt.Errorf("read the address: %w", err)
	}
	for _, cookie := range jar.Cookies(at) {
		if cookie.Name == "nj_session" {
			p.session = cookie.Value
		}
	}
	p.token, err = b.formToken(ctx, "/notes/create/")
	if p.session == "" {
		err = errors.Join(err, errors.New("signing in gave no session cookie"))
	}
	return p, err
}

// submit opens a page and sends its form, which must lead on.
func (b browser) submit(ctx context.Context, path string, fields url.Values) error {
	token, err := b.formToken(ctx, path)
	if err != nil {
		return err
	}
	fields.Set("form_token", token)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+path, strings.NewReader(fields.Encode()))
	if err != nil {
		return fmt.Errorf("send the form: %w", err)
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	status, body, err := b.do(req)
	if err != nil {
		return err
	}
	if status != http.StatusSeeOther {
		return fmt.Errorf("%s answers %d and not 303: %s", path, status, body)
	}
	return nil
}

const formType = "application/x-www-form-urlencoded"

var formToken = regexp.MustCompile(`name="form_token" value="([^"]+)"`)

func (b browser) formToken(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+path, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	status, body, err := b.do(req)
	if err != nil {
		return "", err
	}
	found := formToken.FindStringSubmatch(body)
	if found == nil {
		return "", fmt.Errorf("%s answers %d without a form: %s", path, status, body)
	}
	return html.UnescapeString(found[1]), nil
}

func (b browser) do(req *http.Request) (status int, body string, err error) {
	resp, err := b.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, "", fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	return resp.StatusCode, string(text), nil
}
