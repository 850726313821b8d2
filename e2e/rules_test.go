package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write docs/rules.md again")

// rule is one line of what the product promises, with the check that holds it,
// through the pages.
type rule struct {
	says  string
	check func(t *testing.T)
}

// chapter is a group of rules, in the order of docs/rules.md.
type chapter struct {
	name  string
	rules []rule
}

func chapters() []chapter {
	return []chapter{
		{"Pages", pageRules}, {"Accounts", accountRules}, {"Passwords", passwordRules}, {"Notes", noteRules},
		{"Lists", listRules}, {"Pads", padRules}, {"Activity", activityRules}, {"Who may do what", accessRules},
		{"Limits", limitRules}, {"Tokens", tokenRules}, {"Read-only", readOnlyRules},
	}
}

// TestTheProduct/<chapter>/<rule> is every rule.
func TestTheProduct(t *testing.T) {
	for _, c := range chapters() {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range c.rules {
				t.Run(r.says, r.check)
			}
		})
	}
}

// TestTheListOfRulesIsWhatIsTested holds docs/rules.md; `go test ./e2e -run
// ListOfRules -update` writes it.
func TestTheListOfRulesIsWhatIsTested(t *testing.T) {
	const file = "../docs/rules.md"
	var b strings.Builder
	b.WriteString("# Rules\n\nWhat the product promises, each with a test through the pages: `go test ./e2e -run 'TestTheProduct/<chapter>/<rule>'`, with `_` for\n" +
		"each blank. This page is made from the tests: `go test ./e2e -run ListOfRules -update`.\n")
	seen := map[string]bool{}
	for _, c := range chapters() {
		fmt.Fprintf(&b, "\n## %s\n\n", c.name)
		for _, r := range c.rules {
			if seen[r.says] {
				t.Errorf("two rules say %q", r.says)
			}
			seen[r.says] = true
			fmt.Fprintf(&b, "* %s\n", r.says)
		}
	}
	if *update {
		err := os.WriteFile(file, []byte(b.String()), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), b.String()); diff != "" {
		t.Errorf("docs/rules.md does not list what is tested:\n%s", diff)
	}
}

// with makes a check of a story about one person who is signed in.
func with(story func(p *person)) func(*testing.T) {
	return func(t *testing.T) { story(signedIn(t, stack.URL(), "p")) }
}

// outside makes a check of a story about somebody who is not signed in.
func outside(story func(p *person)) func(*testing.T) {
	return func(t *testing.T) { story(visitor(t, stack.URL())) }
}

// refuses checks that a form with these values is shown again with the
// sentence and what was typed.
func (p *person) refuses(path string, values url.Values, sentence string) *page {
	p.t.Helper()
	return p.submit(path, values).is(http.StatusUnprocessableEntity).says(sentence)
}

func account(email, one, two string) url.Values {
	return url.Values{"email": {email}, "password": {one}, "confirm_password": {two}}
}

func note(name, text, pad string) url.Values {
	return url.Values{"name": {name}, "text": {text}, "pad": {pad}}
}

// all gives the elements with the name.
func (g *page) all(name string) []*html.Node {
	var found []*html.Node
	for n := range g.doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

// headline checks the one h1 and the title that goes with it.
func (g *page) headline(want string) *page {
	g.t.Helper()
	h1 := g.all("h1")
	if len(h1) != 1 || textOf(h1[0]) != want {
		g.t.Fatalf("%s has %d h1, the first %q, want %q", g.what, len(h1), textOf(h1[0]), want)
	}
	if title := textOf(g.all("title")[0]); title != want+" · Notejam" {
		g.t.Fatalf("%s has the title %q", g.what, title)
	}
	return g
}

// value gives what stands in a form's field.
func (g *page) value(field string) string {
	g.t.Helper()
	for n := range g.doc.Descendants() {
		if n.Type != html.ElementNode || attribute(n, "name") != field {
			continue
		}
		if n.Data == "textarea" {
			return strings.TrimPrefix(textOf(n), "\n")
		}
		return attribute(n, "value")
	}
	g.t.Fatalf("%s has no field %s", g.what, field)
	return ""
}

// chosen gives the value of the option that is selected; empty for none.
func (g *page) chosen() string {
	for _, n := range g.all("option") {
		for _, a := range n.Attr {
			if a.Key == "selected" {
				return attribute(n, "value")
			}
		}
	}
	return ""
}

// isHolding checks that a field kept what was typed.
func (g *page) isHolding(field, want string) *page {
	g.t.Helper()
	if got := g.value(field); got != want {
		g.t.Fatalf("%s: field %s holds %q, want %q", g.what, field, got, want)
	}
	return g
}
