package e2e_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

var limitRules = []rule{
	{"After three wrong passwords the next try has to wait, and the form says how long", outside(func(p *person) {
		p.submit("/signup/", account(p.email, password, password)).leadsTo("/signin/")
		p.guessThreeTimes(p.email)
		got := p.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).is(http.StatusTooManyRequests).
			says("Too many tries. Wait 1 second and try again.").isHolding("email", p.email)
		if after := got.header.Get("Retry-After"); after != "1" {
			p.t.Errorf("again after %q s", after)
		}
	})},
	{"An address without an account makes wait as well", outside(func(p *person) {
		p.guessThreeTimes(p.email)
		p.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).is(http.StatusTooManyRequests).
			says("Too many tries. Wait 1 second and try again.")
	})},
	{"Whoever guesses a password makes nobody wait in a browser that has signed in before", with(func(p *person) {
		p.submit("/signout/", nil).leadsTo("/signin/")
		guesser := visitor(p.t, p.base)
		guesser.guessThreeTimes(p.email)
		guesser.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).is(http.StatusTooManyRequests)
		p.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).leadsTo("/")
	})},
	{"In Settings a wrong current password makes wait as at sign in", with(func(p *person) {
		change := url.Values{"current_password": {"not this one"}, "new_password": {"another good one"}, "confirm_password": {"another good one"}}
		for range 3 {
			p.refuses("/settings/", change, "This is not your current password.")
		}
		p.submit("/settings/", change).is(http.StatusTooManyRequests).says("Too many tries. Wait 1 second and try again.")
	})},
	{"A program is told how many calls it has left", with(func(p *person) {
		_, _ = p.api(http.MethodGet, "/v1/notes", nil) // signs in
		req := p.request(http.MethodGet, "/v1/notes", nil)
		req.Header.Set("Authorization", "Bearer "+p.token)
		got := p.do(req).is(http.StatusOK)
		if policy, left := got.header.Get("RateLimit-Policy"), got.header.Get("RateLimit"); policy != `"person";q=1000000;w=60` || len(left) < len(`"person";r=1;t=1`) {
			p.t.Errorf("it is told %q and %q", policy, left)
		}
	})},
	{"A program that tries too many passwords is told when to come again", outside(func(p *person) {
		wrong := map[string]string{"email": p.email, "password": "not this one"}
		for range 3 {
			status, answer := p.call(http.MethodPost, "/v1/auth:signIn", wrong, "")
			if status != http.StatusUnauthorized {
				p.t.Fatalf("got %d %v", status, answer)
			}
		}
		status, answer := p.call(http.MethodPost, "/v1/auth:signIn", wrong, "")
		problem, _ := answer["error"].(map[string]any)
		details, _ := problem["details"].([]any)
		if status != http.StatusTooManyRequests || problem["status"] != "RESOURCE_EXHAUSTED" || len(details) != 2 ||
			details[0].(map[string]any)["reason"] != "TOO_MANY_TRIES" || details[1].(map[string]any)["retryDelay"] != "1s" {
			p.t.Errorf("got %d %v", status, answer)
		}
	})},
}

// guessThreeTimes tries passwords that are wrong, as often as costs nothing.
func (p *person) guessThreeTimes(email string) {
	p.t.Helper()
	for range 3 {
		p.refuses("/signin/", url.Values{"email": {email}, "password": {"not this one"}}, "Wrong email or password")
	}
}

// settingOfLimit is a row of docs/configuration.md.
var settingOfLimit = regexp.MustCompile("(?m)^\\| `([A-Z]+_LIMIT_[A-Z_]+)` \\| [a-z]+ \\| `([0-9]+)m?` ")

// TestTheTableOfLimitsHasEverySettingOfOne holds docs/reliability.md.
func TestTheTableOfLimitsHasEverySettingOfOne(t *testing.T) {
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	table := strings.Split(read("../docs/reliability.md"), "\n")
	settings := settingOfLimit.FindAllStringSubmatch(read("../docs/configuration.md"), -1)
	if len(settings) < 8 {
		t.Fatalf("only %d settings were found: the test looks in the wrong place", len(settings))
	}
	for _, setting := range settings {
		name, value := setting[1], setting[2]
		if name == "AUTH_LIMIT_MAX_DELAY" {
			value = "60 s"
		}
		found := false
		for _, row := range table {
			found = found || strings.HasPrefix(row, "| ") && strings.Contains(row, "`"+name+"`") && strings.Contains(row, " "+value)
		}
		if !found {
			t.Errorf("the table of limits lacks %s, %s", name, value)
		}
	}
}
