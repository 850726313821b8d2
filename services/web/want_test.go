package web

// Reading pages and saying what they must hold.

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/net/html"
)

// formOf reads the fields of a page's form as a browser would send them.
func formOf(t *testing.T, page string) url.Values {
	t.Helper()
	document := parse(t, page)
	form := url.Values{}
	for node := range document.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		switch node.Data {
		case "input":
			form.Set(attribute(node, "name"), attribute(node, "value"))
		case "textarea":
			form.Set(attribute(node, "name"), textOf(node))
		case "select":
			form.Set(attribute(node, "name"), "")
		case "option":
			if _, selected := attributes(node)["selected"]; selected {
				form.Set(attribute(node.Parent, "name"), attribute(node, "value"))
			}
		}
	}
	return form
}

func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func attributes(node *html.Node) map[string]string {
	found := map[string]string{}
	for _, a := range node.Attr {
		found[a.Key] = a.Val
	}
	return found
}

func attribute(node *html.Node, name string) string { return attributes(node)[name] }

func textOf(node *html.Node) string {
	var text strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data)
		}
	}
	return text.String()
}

// element gives the first element of a kind, nil if there is none.
func element(t *testing.T, page, kind string) *html.Node {
	t.Helper()
	document := parse(t, page)
	for node := range document.Descendants() {
		if node.Type == html.ElementNode && node.Data == kind {
			return node
		}
	}
	return nil
}

// heading gives a page's <h1>.
func heading(t *testing.T, page string) string {
	t.Helper()
	found := element(t, page, "h1")
	if found == nil {
		t.Fatalf("no <h1> in:\n%s", page)
	}
	return textOf(found)
}

func wantStatus(t *testing.T, a answered, want int) {
	t.Helper()
	if a.status != want {
		t.Fatalf("status is %d, want %d; the page says: %s", a.status, want, a.body)
	}
}

func wantRedirect(t *testing.T, a answered, to string) {
	t.Helper()
	wantStatus(t, a, http.StatusSeeOther)
	if location := a.header.Get("Location"); location != to {
		t.Errorf("leads to %q, want %q", location, to)
	}
}

func wantText(t *testing.T, a answered, text string) {
	t.Helper()
	if !strings.Contains(a.body, text) {
		t.Errorf("the page lacks %q:\n%s", text, a.body)
	}
}

func wantNoText(t *testing.T, a answered, text string) {
	t.Helper()
	if strings.Contains(a.body, text) {
		t.Errorf("the page holds %q:\n%s", text, a.body)
	}
}

// wantErrors compares all errors that stand beside fields.
func wantErrors(t *testing.T, a answered, want map[string]string) {
	t.Helper()
	document := parse(t, a.body)
	got := map[string]string{}
	for node := range document.Descendants() {
		name, isError := strings.CutSuffix(attribute(node, "id"), "-error")
		if isError {
			got[name] = strings.TrimSpace(textOf(node))
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("errors beside fields (-want +got):\n%s", diff)
	}
}

// linkTo gives where the first link with exactly that text leads; empty if there is none.
func linkTo(t *testing.T, page, text string) string {
	t.Helper()
	for node := range parse(t, page).Descendants() {
		if node.Type == html.ElementNode && node.Data == "a" && textOf(node) == text {
			return attribute(node, "href")
		}
	}
	return ""
}
