package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestNoSecretAndNoNoteIsWhereItDoesNotBelong(t *testing.T) {
	collector := startCollector(t)
	p := startProcessesWith(t, tracedTo(collector.URL(), "1"))
	errors := &overheard{}
	ann := visitor(t, p.stack.URL())
	ann.email, ann.http.Transport = canaryEmail, errors
	c := canaries{
		"the password": canaryPassword, "a wrong password": canaryWrong, "the title": canaryTitle, "the text": canaryText,
		"the address": canaryEmail, "an access token": canaryAccess,
	}
	t.Run("the pages", func(*testing.T) { ann.singsInPages(c) })
	t.Run("REST", func(*testing.T) { ann.singsInREST(c) })
	t.Run("a forgotten password", func(*testing.T) { ann.singsInMails(c, p) })
	t.Run("failures", func(*testing.T) { ann.singsInFailures(p) })
	if t.Failed() {
		return
	}
	if heard := len(errors.answers); heard < 40 {
		t.Errorf("there were %d errors: too few to say anything", heard)
	}
	err := errors.tell(c)
	if err != nil {
		t.Error(err)
	}
	p.settle()
	for _, name := range serviceNames { // what is left of the traces is sent at the end
		p.stop(name)
		p.start(name)
		p.waitReady(name)
	}
	s := newSearch(p.stack, c)
	s.traces(collector)
	err = s.everywhere(t.Context(), p.logs)
	if err != nil {
		t.Error(err)
	}
	for place, least := range map[string]int{
		"the log auth": 10, "the log notes": 10, "the log audit": 10, "the log web": 10, "the queue": 1,
		"the traces":  500,
		"auth.outbox": 1, "auth.idem": 1, "auth.tokens": 1, "notes.outbox": 1, "notes.idem": 1, "audit.events": 5,
	} {
		if s.looked[place] < least {
			t.Errorf("%s has %d of at least %d: too little to say anything", place, s.looked[place], least)
		}
	}
	for table, names := range atHome {
		for _, name := range names {
			if !s.isHome(table, name) {
				t.Errorf("%s does not hold %s", table, name)
			}
		}
	}
}

// settle waits until the trail has what was done.
func (p *processes) settle() {
	p.t.Helper()
	eventually(p.t, "events are on their way", 30*time.Second, func() error {
		s := newSearch(p.stack, nil)
		err := s.tables(p.t.Context())
		if n := s.looked["audit.events"]; err == nil && n < 5 {
			err = fmt.Errorf("%d events", n)
		}
		return err
	})
}

// canaryNote is a note in the person's own words.
func canaryNote() map[string]any { return map[string]any{"title": canaryTitle, "text": canaryText} }

// singsInPages does what people do in the pages, right and wrong.
func (p *person) singsInPages(c canaries) {
	p.t.Helper()
	account := url.Values{"email": {canaryEmail}, "password": {canaryPassword}, "confirm_password": {canaryPassword}}
	p.submit("/signup/", url.Values{"email": {canaryEmail}, "password": {canaryPassword}, "confirm_password": {canaryWrong}})
	p.submit("/signup/", url.Values{"email": {canaryEmail}, "password": {canaryEmail}, "confirm_password": {canaryEmail}})
	p.submit("/signup/", account).leadsTo("/signin/")
	p.submit("/signup/", account) // which is taken now
	p.submit("/signin/", url.Values{"email": {canaryEmail}, "password": {canaryWrong}})
	p.submit("/signin/", url.Values{"email": {canaryEmail}, "password": {canaryPassword}}).leadsTo("/")
	base, _ := url.Parse(p.base)
	for _, cookie := range p.http.Jar.Cookies(base) {
		c["the cookie "+cookie.Name] = cookie.Value
	}
	note := url.Values{"name": {canaryTitle}, "text": {canaryText}}
	p.submit("/notes/create/", note).leadsTo("/")
	p.submit("/notes/create/", url.Values{"name": {strings.Repeat(canaryTitle, 10)}, "text": {canaryText}})
	p.submit("/notes/create/", url.Values{"name": {canaryTitle}, "text": {canaryText}, "pad": {uuid.NewString()}})
	p.submit("/notes/create/", url.Values{"name": {canaryTitle}, "text": {strings.Repeat(canaryText, 6000)}})
	p.submit("/pads/create/", url.Values{"name": {strings.Repeat(canaryTitle, 10)}})
	p.post("/notes/create/", note) // without the form's token
	p.post("/notes/create/", url.Values{"name": {canaryTitle}, "text": {strings.Repeat(canaryText, 30000)}})
	p.get("/notes/" + canaryTitle + "/")
	p.get("/" + canaryText + "/?q=" + url.QueryEscape(canaryPassword))
	p.get("/?page=" + url.QueryEscape(canaryText))
	change := url.Values{"current_password": {canaryWrong}, "new_password": {canaryPassword}, "confirm_password": {canaryPassword}}
	p.submit("/settings/", change)
	p.submit("/pads/create/", url.Values{"name": {canaryTitle}})
	shown := p.submit("/settings/tokens/", url.Values{"title": {canaryTitle}, "scopes[]": {"notes:read"}, "days": {"30"}})
	p.singsWithToken(c, "the token of the page", shown.secret())
}

// singsInREST makes every sort of mistake that a program can make, with the
// canaries in it.
func (p *person) singsInREST(c canaries) {
	p.t.Helper()
	status, in := p.call(http.MethodPost, "/v1/auth:signIn", map[string]string{"email": canaryEmail, "password": canaryPassword}, "")
	if status != http.StatusOK {
		p.t.Fatalf("sign in: %d %v", status, in)
	}
	p.token, _ = in["sessionToken"].(string)
	c["the session"] = p.token
	status, note := p.api(http.MethodPost, "/v1/notes", canaryNote())
	if status != http.StatusOK {
		p.t.Fatalf("create: %d %v", status, note)
	}
	name, _ := note["name"].(string)
	for _, body := range canaryBodies() {
		for _, call := range [][2]string{
			{http.MethodPost, "/v1/notes"}, {http.MethodPatch, "/v1/" + name}, {http.MethodPost, "/v1/auth:signIn"},
			{http.MethodPost, "/v1/auth:signUp"}, {http.MethodPost, "/v1/auth:changePassword"}, {http.MethodPost, "/v1/auth:confirmPasswordReset"},
		} {
			p.raw(call[0], call[1], body, "application/json", p.token)
		}
	}
	word := url.QueryEscape(canaryText)
	for _, path := range []string{
		"/v1/notes?page_token=" + word, "/v1/notes?page_token=" + p.token, "/v1/notes?filter=" + word, "/v1/notes?order_by=" + word,
		"/v1/notes?page_size=" + word, "/v1/notes?show_deleted=" + word, "/v1/notes?" + word + "=1", "/v1/notes/" + url.PathEscape(canaryTitle),
		"/v1/" + url.PathEscape(canaryText), "/v1/sessions/" + p.token, "/v1/activities?filter=" + word, "/v1/trail:verify?page_token=" + word,
	} {
		p.raw(http.MethodGet, path, "", "", p.token)
	}
	note["text"], note["etag"] = canaryText, "another"
	p.api(http.MethodPatch, "/v1/"+name, note)
	p.api(http.MethodPatch, "/v1/"+name+"?update_mask="+url.QueryEscape(canaryTitle), canaryNote())
	p.api(http.MethodPost, "/v1/notes?request_id="+url.QueryEscape(canaryText), canaryNote())
	p.raw(http.MethodPost, "/v1/notes", `{"title":"`+canaryTitle+`"}`, "text/"+canaryTitle, p.token)
	p.raw(http.MethodPut, "/v1/notes", `{"title":"`+canaryTitle+`"}`, "application/json", p.token)
	p.raw(http.MethodGet, "/v1/notes", "", "", p.token+"x")
	p.raw(http.MethodGet, "/v1/notes", "", "", canaryPassword)
	p.singsWithToken(c, "the token", p.tokenByREST())
}

// tokenByREST makes a personal access token, whose title is a canary, too.
func (p *person) tokenByREST() string {
	p.t.Helper()
	status, made := p.api(http.MethodPost, "/v1/tokens", map[string]any{"title": canaryTitle, "scopes": []string{"notes:read"}})
	secret, _ := made["secret"].(string)
	if status != http.StatusOK || secret == "" {
		p.t.Fatalf("make a token: %d %v", status, made["error"])
	}
	return secret
}

// singsWithToken uses a personal access token rightly once, and then wherever it does not belong.
func (p *person) singsWithToken(c canaries, name, token string) {
	p.t.Helper()
	c[name], c["the secret of "+name] = token, strings.Split(token, "_")[3]
	status, answer := p.call(http.MethodGet, "/v1/notes", nil, token)
	if status != http.StatusOK {
		p.t.Fatalf("list notes with %s: %d %v", name, status, answer)
	}
	p.call(http.MethodPost, "/v1/notes", canaryNote(), token) // beyond its scopes
	p.call(http.MethodGet, "/v1/notes", nil, token+"x")
	p.call(http.MethodGet, "/v1/notes", nil, strings.ToUpper(token))
	p.call(http.MethodDelete, "/v1/tokens/"+token, nil, p.token)
	for _, path := range []string{"/v1/notes?page_token=" + token, "/v1/notes?" + token + "=1", "/v1/" + token, "/v1/notes?filter=" + token} {
		p.call(http.MethodGet, path, nil, p.token)
	}
	p.api(http.MethodPost, "/v1/tokens", map[string]any{"title": token + token, "scopes": []string{token}})
	p.api(http.MethodPost, "/v1/auth:signIn", map[string]any{"email": token, "password": token, token: token})
	p.get("/" + token + "/?" + token)
	cookie := p.request(http.MethodGet, "/settings/", nil)
	cookie.Header.Set("Cookie", "nj_session="+token)
	p.do(cookie)
}

// canaryBodies are bodies that are wrong in one way each.
func canaryBodies() []string {
	secrets := `"email":"` + canaryEmail + `","password":"` + canaryWrong + `","currentPassword":"` + canaryWrong + `","token":"` + canaryWrong + `"`
	return []string{
		`{` + secrets + `}`,
		`{"title":"` + canaryTitle + `","text":"` + canaryText + `"`,
		`{"title":` + canaryTitle + `}`,
		`{"title":["` + canaryTitle + `"],"text":"` + canaryText + `"}`,
		`{"title":{"` + canaryTitle + `":1}}`,
		`{"` + canaryTitle + `":"` + canaryText + `"}`,
		`{"createTime":"` + canaryText + `"}`,
		`{"noteCount":"` + canaryText + `"}`,
		`{"requestId":"` + canaryText + `",` + secrets + `}`,
		`{"email":{"` + canaryEmail + `":1}}`,
		`{"password":["` + canaryPassword + `"]}`,
		`{"password":"` + canaryPassword + `","password":"` + canaryPassword + `"}`,
		`{"newPassword":"` + canaryPassword + `","` + canaryPassword + `":1}`,
		`{"title":"` + canaryTitle + "\u202e" + `","text":""}`,
		`{"title":"` + canaryTitle + `\ud800","text":"x"}`,
		`{"text":"` + strings.Repeat(canaryText, 6000) + `","title":"x"}`,
		`{"text":"` + strings.Repeat(canaryText, 30000) + `"}`,
	}
}

// raw sends a body as it is.
func (p *person) raw(verb, path, body, kind, token string) {
	p.t.Helper()
	req := p.request(verb, path, strings.NewReader(body))
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	p.do(req)
}

// singsInMails forgets the password and sets it anew.
func (p *person) singsInMails(c canaries, all *processes) {
	p.t.Helper()
	p.submit("/forgot-password/", url.Values{"email": {canaryEmail}})
	link := p.mailedLinkIn(all.stack.MailDir())
	c["the reset link"] = strings.Trim(strings.TrimPrefix(link, "/reset-password/"), "/")
	p.get(link).is(http.StatusOK)
	p.submit(link, url.Values{"new_password": {canaryPassword}, "confirm_password": {canaryWrong}})
	p.submit(link, url.Values{"new_password": {canaryPassword}, "confirm_password": {canaryPassword}}).is(http.StatusSeeOther)
	p.get(link) // which is used
	p.raw(http.MethodPost, "/v1/auth:confirmPasswordReset", `{"token":"`+c["the reset link"]+`","newPassword":"`+canaryWrong+` and more"}`, "application/json", "")
	p.submit("/signin/", url.Values{"email": {canaryEmail}, "password": {canaryPassword}}).leadsTo("/")
	status, in := p.call(http.MethodPost, "/v1/auth:signIn", map[string]string{"email": canaryEmail, "password": canaryPassword}, "")
	if status != http.StatusOK {
		p.t.Fatalf("sign in: %d %v", status, in)
	}
	p.token, _ = in["sessionToken"].(string)
	c["the second session"] = p.token
	p.singsWithToken(c, "the last token", p.tokenByREST()) // the others are deleted
}

// singsInFailures goes on while things are away.
func (p *person) singsInFailures(all *processes) {
	p.t.Helper()
	form := p.get("/notes/create/").fill(url.Values{"name": {canaryTitle}, "text": {canaryText}})
	write := func() {
		p.post("/notes/create/", form)
		p.api(http.MethodPost, "/v1/notes", canaryNote())
		p.api(http.MethodGet, "/v1/notes", nil)
		p.call(http.MethodPost, "/v1/auth:signIn", map[string]string{"email": canaryEmail, "password": canaryPassword}, "")
		p.call(http.MethodPost, "/v1/auth:signUp", map[string]string{"email": canaryEmail, "password": canaryPassword}, "")
		p.call(http.MethodPost, "/v1/auth:requestPasswordReset", map[string]string{"email": canaryEmail}, "")
	}
	all.stack.Queue.SetFaults(queuetest.Faults{Down: true})
	write()
	all.stack.Queue.SetFaults(queuetest.Faults{})
	for _, name := range []string{"audit", "notes", "auth"} {
		all.kill(name)
		write()
		all.start(name)
		all.waitReady(name)
	}
	all.killDatabase()
	write()
	all.restartDatabase()
	for _, name := range serviceNames[:3] {
		all.waitReady(name)
	}
}
