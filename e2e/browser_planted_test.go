package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const plantedHead = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Planted</title>` +
	`<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/static/icon.svg"><link rel="stylesheet" href="/static/app.css"></head><body><main><h1>Planted</h1>`

// The checks of the other tests are worth nothing unless they find what is wrong.
func TestTheBrowsersChecksFindWhatIsPlanted(t *testing.T) {
	planted := map[string]struct {
		page      string
		violation string // of axe
		console   string
		focus     string // what is wrong when Tab was pressed
	}{
		"good":             {page: `<a href="/x">A link</a>`},
		"image":            {page: `<img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>">`, violation: "image-alt"},
		"unlabelled-field": {page: `<input name="x">`, violation: "label"},
		"pale-text":        {page: `<p><font color="#cccccc">Who reads this?</font></p>`, violation: "color-contrast"},
		"small-targets":    {page: `<link rel="stylesheet" href="/small.css"><a href="/x">a</a><a href="/y">b</a>`, violation: "target-size"},
		"inline-script":    {page: `<script>document.title = "x"</script>`, console: "Content Security Policy"},
		"inline-style":     {page: `<p style="color: red">Red</p>`, console: "Content Security Policy"},
		"foreign-image":    {page: `<img alt="x" src="http://127.0.0.2:9/x.png">`, console: "Content Security Policy"},
		"missing-file":     {page: `<img alt="x" src="/static/nothing.png">`, console: "answers 404"},
		"broken-script":    {page: `<script src="/broken.js"></script>`, console: "exception"},
		"hidden-focus":     {page: `<link rel="stylesheet" href="/focus.css"><a href="/x">A link</a>`, focus: "shows no focus"},
		"covered-focus":    {page: `<link rel="stylesheet" href="/cover.css"><a href="/x">A link</a><div class="cover">Over it</div>`, focus: "is covered by"},
	}
	pages := map[string]string{
		"broken.js": `throw new Error("broken")`,
		"focus.css": `a:focus-visible { outline: none }`,
		"small.css": `a { display: block; width: 1rem; font-size: .5rem; line-height: 1 }`,
		"cover.css": `.cover { position: fixed; inset: 0; background: #fff; color: #000 }`,
	}
	for name, p := range planted {
		pages[name+".html"] = plantedHead + p.page + `</main></body></html>`
	}
	b := startChromium(t).open(t, serveStates(t, pages), wide)
	for name, p := range planted {
		b.visit("/" + name + ".html")
		var found []string
		for _, v := range b.violations() {
			found = append(found, v.ID)
		}
		if got := strings.Join(found, " "); got != p.violation {
			t.Errorf("%s: axe finds %q, want %q", name, got, p.violation)
		}
		b.keys(kb.Tab)
		if got := evaluate[stop](b, focus).Problem; !matches(got, p.focus) {
			t.Errorf("%s: the focus %q, want %q", name, got, p.focus)
		}
		if got := strings.Join(b.takeProblems(), "\n"); !matches(got, p.console) {
			t.Errorf("%s: the console says %q, want %q", name, got, p.console)
		}
	}
}

// matches says whether words are in the text; no words match no text only.
func matches(text, words string) bool {
	return (text == "") == (words == "") && strings.Contains(text, words)
}

func TestTheHTMLCheckFindsWhatIsPlanted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "planted.html")
	page := plantedHead + `<img src="/x"><p>An open paragraph<div></div></p><button>x</button></main></body></html>`
	err := os.WriteFile(file, []byte(page), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	mistakes := strings.Join(htmlMistakes(t, file), "\n")
	for _, rule := range []string{"wcag/h37", "no-implicit-close", "no-implicit-button-type"} {
		if !strings.Contains(mistakes, rule) {
			t.Errorf("%s is not found in:\n%s", rule, mistakes)
		}
	}
}
