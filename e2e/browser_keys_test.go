package e2e_test

// A page driven by the keyboard alone. Whatever Tab reaches must show that it has the focus, in sight and not covered.

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// maxTabs is more than any page has stops.
const maxTabs = 60

// call sends one command of the browser's protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// stop is what has the focus.
type stop struct {
	Kind    string // "link", "button" or "field"; empty when nothing has it
	Name    string
	Problem string // with how the focus shows
}

// focus tells what has the focus, and what is wrong with how it shows.
const focus = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return {Kind: "", Name: "", Problem: ""};
	const kind = {A: "link", BUTTON: "button"}[e.tagName] || "field";
	const name = (e.labels && e.labels.length ? e.labels[0] : e).textContent.trim().replace(/\s+/g, " ");
	const ringed = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
	const box = e.getBoundingClientRect();
	const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
	const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
	let problem = "";
	if (!ringed(getComputedStyle(e)) && !ringed(getComputedStyle(e, "::after"))) problem = "shows no focus";
	else if (right - left < 1 || bottom - top < 1) problem = "is out of sight";
	else {
		const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
		if (!hit || !(e.contains(hit) || hit.contains(e))) problem = "is covered by " + (hit && hit.outerHTML.slice(0, 80));
	}
	return {Kind: kind, Name: name, Problem: problem};
})()`

// focused gives what has the focus.
func (b *browser) focused() stop {
	b.t.Helper()
	at := evaluate[stop](b, focus)
	if at.Problem != "" {
		b.t.Errorf("%s %q %s", at.Kind, at.Name, at.Problem)
	}
	return at
}

func (b *browser) keys(keys string, options ...chromedp.KeyOption) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, options...))
}

// tabTo presses Tab until what is asked for has the focus.
func (b *browser) tabTo(kind, name string) {
	b.t.Helper()
	var passed []string
	for range maxTabs {
		at := b.focused()
		if at.Kind == kind && strings.HasPrefix(at.Name, name) {
			return
		}
		passed = append(passed, at.Kind+" "+at.Name)
		b.keys(kb.Tab)
	}
	b.t.Fatalf("Tab does not reach the %s %q but %q", kind, name, passed)
}

// fill types into fields, one after the other; the first must have the focus already, as it does on every form.
func (b *browser) fill(fields ...[2]string) {
	b.t.Helper()
	for i, field := range fields {
		if i > 0 {
			b.keys(kb.Tab)
		}
		// A page's own focus comes with a frame of its own, some time after it is loaded.
		eventually(b.t, "the field "+field[0]+" has the focus", 5*time.Second, func() error {
			at := b.focused()
			if at.Kind != "field" || at.Name != field[0] {
				return fmt.Errorf("the focus is on the %s %q", at.Kind, at.Name)
			}
			return nil
		})
		b.write(field[1])
	}
}

// write puts a text in place of what the focused field holds.
func (b *browser) write(text string) {
	b.t.Helper()
	b.keys("a", chromedp.KeyModifiers(kb.ModifierCtrl))
	b.keys(text)
}

// enter presses Enter, waits for the page that it leads to and checks what has to hold on every page.
func (b *browser) enter(heading string) {
	b.t.Helper()
	_, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter))
	if err != nil {
		b.t.Fatalf("Enter, on the way to %q: %v", heading, err)
	}
	b.arrived(heading)
}

// arrived checks the page's heading, that it fits and, where scripts run as well, what axe says.
func (b *browser) arrived(heading string) {
	b.t.Helper()
	if got := evaluate[string](b, `document.querySelector("h1").textContent`); got != heading {
		b.t.Fatalf("the page is %q, want %q; it says: %s", got, heading, evaluate[string](b, `document.querySelector("main").innerText`))
	}
	b.fits(heading)
	if !b.look.noScripts {
		b.isAccessible(heading)
	}
}

// go to a link or a button, press Enter there and arrive.
func (b *browser) press(kind, name, heading string) {
	b.t.Helper()
	b.tabTo(kind, name)
	b.enter(heading)
}

// says checks that the page's content holds the words.
func (b *browser) says(words string) {
	b.t.Helper()
	text := evaluate[string](b, `document.querySelector("main").innerText`)
	if !strings.Contains(text, words) {
		b.t.Errorf("the page does not say %q but: %s", words, text)
	}
}
