package e2e_test

// Every page in every state, held to WCAG by axe-core and to HTML by html-validate. The states are services/web's golden pages,
// which its own tests hold to the templates; they are served with the stylesheet and the policy that ship. The pages
// of the running system are looked at on the way through it, in browser_flow_test.go.

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const (
	goldenPages = "../services/web/testdata/pages"
	staticFiles = "../services/web/static"
	npmModules  = "../.cache/npm/node_modules"
	htmlRules   = "../tools/npm/htmlvalidate.json"
)

// stateLooks: each state is checked in both; pictures are taken in one more.
var stateLooks = []look{
	wide,
	{name: "narrow-dark", width: 320, height: 640, dark: true},
}

var pictureLooks = append(stateLooks,
	look{name: "wide-dark", width: 1280, height: 860, dark: true}, look{name: "narrow", width: 320, height: 640})

// TestEveryStateOfEveryPageInABrowser also takes the pictures that `make screenshots` keeps.
func TestEveryStateOfEveryPageInABrowser(t *testing.T) {
	chromium := startChromium(t)
	site := serveStates(t, nil)
	names := make(chan string, 100)
	for _, name := range stateNames(t) {
		names <- name
	}
	close(names)
	for range 2 { // tabs side by side
		t.Run("tab", func(t *testing.T) {
			t.Parallel()
			b := chromium.open(t, site, stateLooks[0])
			for name := range names {
				b.visit("/states/" + name)
				for _, l := range stateLooks {
					b.become(l)
					b.fits(name)
					b.isAccessible(name)
				}
				b.pictures(name)
			}
		})
	}
}

// pictures takes the page as it stands in every look, into the folder of `make screenshots`, if there is one.
func (b *browser) pictures(name string) {
	b.t.Helper()
	dir := os.Getenv("NOTEJAM_SCREENSHOTS")
	if dir == "" {
		return
	}
	for _, l := range pictureLooks {
		b.become(l)
		b.fits(name)
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		err = os.WriteFile(filepath.Join(dir, strings.TrimSuffix(name, ".html")+"-"+l.name+".png"), png, 0o600)
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func stateNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenPages, "*.html"))
	if err != nil || len(files) < 22 {
		t.Fatalf("%d golden pages: %v", len(files), err)
	}
	for i, file := range files {
		files[i] = filepath.Base(file)
	}
	return files
}

// serveStates serves the golden pages under /states/, and what is planted beside them, as web would.
func serveStates(t *testing.T, planted map[string]string) string {
	t.Helper()
	policy := visitor(t, stack.URL()).get("/signin/").header.Get("Content-Security-Policy")
	if policy == "" {
		t.Fatal("pages have no policy")
	}
	files := http.NewServeMux()
	files.Handle("/states/", http.StripPrefix("/states/", http.FileServer(http.Dir(goldenPages))))
	files.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir(staticFiles))))
	for name, page := range planted {
		files.HandleFunc("/"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
			_, _ = w.Write([]byte(page))
		})
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// axe is the script of axe-core.
var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile(filepath.Join(npmModules, "axe-core", "axe.min.js"))
	return string(source), err
})

// runAxe runs all rules for WCAG 2.2 A and AA and good practice, also those that are off unless asked for. A contrast that
// axe cannot tell counts as too low, except for what is scrolled out of a strip's sight and for the letters in a picture,
// which it takes for being on an image; services/web's colours_test.go holds their colours.
const runAxe = `axe.run({
	resultTypes: ["violations", "incomplete"], preload: false,
	rules: {"target-size": {enabled: true}, "label-content-name-mismatch": {enabled: true}, "css-orientation-lock": {enabled: true},
		"p-as-heading": {enabled: true}, "td-has-header": {enabled: true}, "table-fake-caption": {enabled: true}},
}).then((found) => {
	for (const rule of found.incomplete.filter((r) => r.id === "color-contrast")) {
		const nodes = rule.nodes.filter((n) => n.any[0].data.messageKey !== "elmPartiallyObscured" && !n.html.startsWith("<text "));
		if (nodes.length) found.violations.push({...rule, nodes});
	}
	return found.violations.map((rule) => ({
		ID: rule.id, Help: rule.help, Nodes: rule.nodes.map((n) => n.html.slice(0, 300) + " " + n.failureSummary),
	}));
})`

// violation is one rule that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []string
}

// violations asks axe about the page. It comes through the tools' door, which leaves the page's policy in force.
func (b *browser) violations() []violation {
	b.t.Helper()
	source, err := axe()
	if err != nil {
		b.t.Fatalf("axe-core is missing (make test installs it): %v", err)
	}
	if b.look.noScripts {
		call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
		defer call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	if !evaluate[bool](b, `typeof axe === "object"`) {
		evaluate[chromedp.Void](b, source)
	}
	return evaluate[[]violation](b, runAxe)
}

// isAccessible fails the test for everything that axe finds.
func (b *browser) isAccessible(name string) {
	b.t.Helper()
	for _, v := range b.violations() {
		b.t.Errorf("%s, %s: %s (%s):\n%s", name, b.look.name, v.Help, v.ID, strings.Join(v.Nodes, "\n"))
	}
}

func TestEveryStateOfEveryPageIsValidHTML(t *testing.T) {
	files := make([]string, 0, 100)
	for _, name := range stateNames(t) {
		files = append(files, filepath.Join(goldenPages, name))
	}
	for _, mistake := range htmlMistakes(t, files...) {
		t.Error(mistake)
	}
}

// What the running system serves is what the golden pages show, and no page of the table is forgotten among them.
func TestEveryPageOfTheRunningSystemIsValidHTML(t *testing.T) {
	p := signedIn(t, stack.URL(), "reader")
	pad := p.createPad("Kitchen")
	note := p.createNote("Beans & <b>peas</b>", "Soak.\n\n<i>Cook.</i>", pad)
	nobody := visitor(t, stack.URL())
	edit := "/notes/" + note + "/edit/"
	old := p.get(edit)
	p.submit(edit, url.Values{"name": {"Beans"}, "text": {"Soak them."}}).is(http.StatusSeeOther)
	pages := []*page{
		nobody.get("/signup/"), nobody.get("/signin/?next=%2Fsettings%2F"), nobody.get("/forgot-password/"), nobody.get("/nowhere/"),
		nobody.submit("/signup/", nil), nobody.submit("/signin/", nil), nobody.submit("/forgot-password/", nil), nobody.post("/signin/", nil),
		nobody.get("/docs/"), p.get("/docs/"), p.get("/"), p.get("/?order=name"), p.get("/signout/"), p.get("/settings/"), p.get("/settings/sessions/"), p.get("/settings/tokens/"), p.get(activityPath),
		p.get(activityPath + "?kind=pads&from=2026-01-01&to=2026-12-31"), p.get(activityPath + "?to=2000-01-01"), p.get(activityPath + "verify/"),
		p.get("/notes/create/"), p.get("/notes/" + note + "/"), p.get(edit), p.get("/notes/" + note + "/delete/"),
		p.get("/pads/create/"), p.get("/pads/" + pad + "/"), p.get("/pads/" + pad + "/edit/"), p.get("/pads/" + pad + "/delete/"),
		p.submit("/notes/create/", nil), p.submit("/pads/create/", nil), p.submit("/settings/", nil), p.submit("/settings/tokens/", nil), p.submit("/settings/tokens/", aToken),
		p.post(edit, old.fill(url.Values{"name": {"Peas"}, "text": {"Shell them."}})).is(http.StatusConflict),
	}
	dir := t.TempDir()
	var files []string
	for i, page := range pages {
		file := filepath.Join(dir, fmt.Sprintf("%02d%s.html", i, strings.ReplaceAll(page.what, "/", "_")))
		err := os.WriteFile(file, []byte(page.body), 0o600)
		if err != nil || page.body == "" {
			t.Fatalf("%s: %d bytes, %v", page.what, len(page.body), err)
		}
		files = append(files, file)
	}
	for _, mistake := range htmlMistakes(t, files...) {
		t.Error(mistake)
	}
}

// htmlMistakes asks html-validate about files.
func htmlMistakes(t *testing.T, files ...string) []string {
	t.Helper()
	program := filepath.Join(npmModules, "html-validate", "bin", "html-validate.mjs")
	command := exec.CommandContext(t.Context(), "node", append([]string{program, "--config", htmlRules, "--formatter", "json"}, files...)...)
	output, err := command.Output()
	var failed *exec.ExitError
	if err != nil && (!errors.As(err, &failed) || len(output) == 0) {
		t.Fatalf("html-validate did not run (make test installs it): %v", err)
	}
	var report []struct {
		FilePath string
		Messages []struct {
			RuleID, Message string
			Line            int
		}
	}
	err = json.Unmarshal(output, &report)
	if err != nil {
		t.Fatalf("html-validate wrote %q: %v", output, err)
	}
	var mistakes []string
	for _, file := range report {
		for _, m := range file.Messages {
			mistakes = append(mistakes, filepath.Base(file.FilePath)+": "+m.RuleID+": "+m.Message)
		}
	}
	return mistakes
}
