package e2e_test

import "net/url"

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
