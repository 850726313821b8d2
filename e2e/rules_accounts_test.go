package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var accountRules = []rule{
	{"Signing up leads to sign in and says so", outside(func(p *person) {
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		p.get("/signin/").says("Account is created. Now you can sign in.")
	})},
	{"Each field of sign up that is missing has its own error", outside(func(p *person) {
		got := p.refuses("/signup/", url.Values{}, "This field is required.")
		if n := strings.Count(got.text(), "This field is required."); n != 3 {
			p.t.Errorf("%d errors", n)
		}
	})},
	{"An address must be well formed", outside(func(p *person) {
		for _, email := range []string{"plain", "a@", "@b.test", "a b@c.test", "a@b..test"} {
			p.refuses("/signup/", account(email, password, password), "Enter a valid email address.").isHolding("email", email)
		}
	})},
	{"An address has at most 75 characters", outside(func(p *person) {
		p.refuses("/signup/", account(strings.Repeat("a", 60)+"@"+strings.Repeat("b", 10)+".test", password, password), "Use an address of at most 75 characters.")
		p.submit("/signup/", account(strings.Repeat("a", 60)+"@"+strings.Repeat("b", 9)+".test", password, password)).leadsTo("/signin/")
	})},
	{"An address that is taken, in any case of its letters, is refused", outside(func(p *person) {
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		p.refuses("/signup/", account(strings.ToUpper(p.email), password, password), "This address is already signed up.")
	})},
	{"What was typed is kept, but never a password", outside(func(p *person) {
		p.refuses("/signup/", account("not-an-address", password, password), "Enter a valid email address.").
			isHolding("email", "not-an-address").isHolding("password", "").isHolding("confirm_password", "").saysNot(password)
	})},
	{"Each field of sign in that is missing has its own error", outside(func(p *person) {
		got := p.refuses("/signin/", url.Values{}, "This field is required.")
		if n := strings.Count(got.text(), "This field is required."); n != 2 {
			p.t.Errorf("%d errors", n)
		}
	})},
	{"A wrong password and an unknown address get the same answer", outside(func(p *person) {
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		wrong := p.refuses("/signin/", url.Values{"email": {p.email}, "password": {"wrong password"}}, "Wrong email or password")
		unknown := p.refuses("/signin/", url.Values{"email": {"x" + p.email[1:]}, "password": {"wrong password"}}, "Wrong email or password")
		if len(wrong.body) != len(unknown.body) {
			p.t.Errorf("the two pages have %d and %d bytes", len(wrong.body), len(unknown.body))
		}
	})},
	{"An address signs in whatever the case of its letters", outside(func(p *person) {
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		p.submit("/signin/", url.Values{"email": {strings.ToUpper(p.email)}, "password": {password}}).leadsTo("/")
	})},
	{"Signing in changes the session", with(func(p *person) {
		before := p.session()
		p.submit("/signout/", nil).leadsTo("/signin/")
		p.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).leadsTo("/")
		if before == "" || before == p.session() {
			p.t.Errorf("the cookie was %q and is %q", before, p.session())
		}
	})},
	{"GET /signout/ shows a button, POST ends the session and says so", with(func(p *person) {
		p.get("/signout/").is(http.StatusOK).says("Sign out")
		p.get("/").is(http.StatusOK)
		p.submit("/signout/", nil).leadsTo("/signin/")
		p.get("/signin/").says("You are signed out.")
		p.get("/").leadsTo("/signin/?next=%2F")
	})},
	{"Settings changes the password if the current one is right; this session goes on, the others end", with(func(p *person) {
		other := visitor(p.t, p.base)
		other.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).leadsTo("/")
		changed := url.Values{"current_password": {password}, "new_password": {"another good one"}, "confirm_password": {"another good one"}}
		p.refuses("/settings/", url.Values{"current_password": {"not this one"}, "new_password": {"another good one"}, "confirm_password": {"another good one"}},
			"This is not your current password.")
		p.submit("/settings/", changed).leadsTo("/settings/")
		p.get("/settings/").is(http.StatusOK).says("Password is successfully changed")
		eventuallyEnded(other)
		fresh := visitor(p.t, p.base)
		fresh.refuses("/signin/", url.Values{"email": {p.email}, "password": {password}}, "Wrong email or password")
		fresh.submit("/signin/", url.Values{"email": {p.email}, "password": {"another good one"}}).leadsTo("/")
	})},
	{"Each field of settings that is missing has its own error", with(func(p *person) {
		got := p.refuses("/settings/", url.Values{}, "This field is required.")
		if n := strings.Count(got.text(), "This field is required."); n != 3 {
			p.t.Errorf("%d errors", n)
		}
	})},
	{"Sessions lists where somebody is signed in, marks this session and ends one or all others", with(func(p *person) {
		p.get("/settings/").is(http.StatusOK).linkTo("Sessions")
		one, two := p.again(), p.again()
		list := p.get("/settings/sessions/").is(http.StatusOK).says("(this session)").says("Go 127.0.0.0/24, last used: Today at")
		ends := list.ends()
		if len(ends) != 3 || ends[2] != "others" {
			p.t.Fatalf("the buttons end %q", ends)
		}
		p.submit("/settings/sessions/", url.Values{"end": ends[:1]}).leadsTo("/settings/sessions/")
		p.get("/settings/sessions/").says("The session is ended.")
		eventuallyEnded(two) // the one that was used last
		one.get("/").is(http.StatusOK)
		p.submit("/settings/sessions/", url.Values{"end": {"others"}}).leadsTo("/settings/sessions/")
		p.get("/settings/sessions/").says("All other sessions are ended.").saysNot("End all other sessions")
		eventuallyEnded(one)
		p.get("/").is(http.StatusOK)
	})},
	{"Access tokens makes one for a program and shows it once; one that is deleted signs in no more", with(func(p *person) {
		p.get("/settings/").is(http.StatusOK).linkTo("Access tokens")
		got := p.refuses("/settings/tokens/", url.Values{"days": {"30"}}, "This field is required.")
		if len(got.all("legend")) != 1 {
			p.t.Error("the form is not shown again")
		}
		form := p.get("/settings/tokens/").is(http.StatusOK).fill(aToken)
		secret := p.post("/settings/tokens/", form).is(http.StatusOK).secret()
		p.post("/settings/tokens/", form).is(http.StatusConflict).says("its secret is shown only once").saysNot(secret)
		list := p.get("/settings/tokens/").says("Backup Read notes").says("never used").saysNot(secret)
		status, _ := p.call(http.MethodGet, "/v1/notes", nil, secret)
		if status != http.StatusOK {
			p.t.Errorf("the token gets %d", status)
		}
		remove := list.linkTo("Delete")
		p.get(remove).is(http.StatusOK).says("Are you sure you want to delete Backup?")
		p.submit(remove, nil).leadsTo("/settings/tokens/")
		p.get("/settings/tokens/").says("Token is successfully deleted").saysNot("Backup")
		eventually(p.t, "the token ends", 12*time.Second, func() error {
			status, _ := p.call(http.MethodGet, "/v1/notes", nil, secret)
			if status != http.StatusUnauthorized {
				return fmt.Errorf("status %d", status)
			}
			return nil
		})
	})},
	{"Asking for a reset link gets the same answer whether the address is known or not", outside(func(p *person) {
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		for _, email := range []string{p.email, "nobody-" + p.email} {
			p.submit("/forgot-password/", url.Values{"email": {email}}).leadsTo("/signin/")
			p.get("/signin/").says("If this address is signed up, a mail with a link is on its way.")
		}
		p.refuses("/forgot-password/", url.Values{"email": {"plain"}}, "Enter a valid email address.")
		p.refuses("/forgot-password/", url.Values{}, "This field is required.")
	})},
	{"The link of the mail works once: it shows a form, sets a new password and ends all sessions", with(func(p *person) {
		out := visitor(p.t, p.base)
		out.submit("/forgot-password/", url.Values{"email": {p.email}}).leadsTo("/signin/")
		link := p.mailedLink()
		out.get(link).is(http.StatusOK)
		out.get(link).is(http.StatusOK)
		out.refuses(link, url.Values{"new_password": {"short"}, "confirm_password": {"short"}}, "Use at least 10 characters.")
		out.submit(link, url.Values{"new_password": {"another good one"}, "confirm_password": {"another good one"}}).leadsTo("/signin/")
		out.get("/signin/").says("Password is successfully changed. Now you can sign in.")
		out.get(link).is(http.StatusNotFound)
		eventuallyEnded(p)
		out.refuses("/signin/", url.Values{"email": {p.email}, "password": {password}}, "Wrong email or password")
		out.submit("/signin/", url.Values{"email": {p.email}, "password": {"another good one"}}).leadsTo("/")
	})},
	{"A reset link that is wrong is a 404 page", outside(func(p *person) {
		p.get("/reset-password/" + strings.Repeat("A", 43) + "/").is(http.StatusNotFound).says("There is nothing here.")
		p.get("/reset-password/x/").is(http.StatusNotFound)
	})},
}

var passwordRules = []rule{
	{"The two passwords must be equal; the error stands at the confirmation", outside(func(p *person) {
		p.refuses("/signup/", account(p.email, password, password+"x"), "Your passwords do not match.")
	})},
	{"A password has at least 10 characters, not bytes", outside(func(p *person) {
		p.refuses("/signup/", account(p.email, "äöüäöüäöü", "äöüäöüäöü"), "Use at least 10 characters.")
	})},
	{"A password has at most 256 characters", outside(func(p *person) {
		long := strings.Repeat("ab cd-", 43)[:257]
		p.refuses("/signup/", account(p.email, long, long), "Use at most 256 characters.")
	})},
	{"A common password is refused", outside(func(p *person) {
		p.refuses("/signup/", account(p.email, "password123", "password123"), "This password is too common.")
	})},
	{"The address is no password", outside(func(p *person) {
		p.refuses("/signup/", account(p.email, p.email, p.email), "Do not use your email address.")
	})},
	{"Any characters may be in a password, and it is taken as it was typed", outside(func(p *person) {
		const odd = "  ✎ paß\twört 🜁  "
		p.submit("/signup/", account(p.email, odd, odd)).leadsTo("/signin/")
		p.refuses("/signin/", url.Values{"email": {p.email}, "password": {strings.TrimSpace(odd)}}, "Wrong email or password")
		p.submit("/signin/", url.Values{"email": {p.email}, "password": {odd}}).leadsTo("/")
	})},
}

// session gives the secret in the session's cookie.
func (p *person) session() string {
	for _, c := range p.http.Jar.Cookies(mustURL(p.t, p.base)) {
		if c.Name == "nj_session" {
			return c.Value
		}
	}
	return ""
}
