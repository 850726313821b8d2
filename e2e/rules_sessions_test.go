package e2e_test

import (
	"net/url"
	"strings"
)

// aToken fills in the form for an access token.
var aToken = url.Values{"title": {"Backup"}, "scopes[]": {"notes:read"}, "days": {"30"}}

// again is the same person in another browser.
func (p *person) again() *person {
	p.t.Helper()
	other := visitor(p.t, p.base)
	other.email = p.email
	other.submit("/signin/", url.Values{"email": {p.email}, "password": {password}}).leadsTo("/")
	return other
}

// ends gives what the page's buttons that end sessions would send.
func (g *page) ends() []string {
	var values []string
	for _, field := range g.all("input") {
		if attribute(field, "name") == "end" {
			values = append(values, attribute(field, "value"))
		}
	}
	return values
}

// secret gives the access token that the page shows.
func (g *page) secret() string {
	g.t.Helper()
	for _, field := range g.all("input") {
		if value := attribute(field, "value"); strings.HasPrefix(value, "nj_pat_") {
			return value
		}
	}
	g.t.Fatalf("%s shows no token", g.what)
	return ""
}
