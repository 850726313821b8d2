package e2e_test

// A browser for tests: headless Chromium, one tab for each test, which collects what a developer's console would show
// and every request that fails or leaves the site. browser_keys_test.go drives it, the other browser_*_test.go and
// accessibility_test.go say what must hold.

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is a running browser; tabs are opened in it.
type chromium struct{ ctx context.Context }

func startChromium(t *testing.T) chromium {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("the browser tests need Chromium (make setup installs it): %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(func() { closeBrowser(); end() })
	err = chromedp.Do(ctx)
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return chromium{ctx}
}

// look is how pages are looked at.
type look struct {
	name          string
	width, height int64
	dark          bool
	noScripts     bool
}

// browser is one tab, which shares no cookie with others.
type browser struct {
	t    *testing.T
	ctx  context.Context
	site string // "http://127.0.0.1:8000"
	look look

	mu       sync.Mutex
	problems []string
}

// tabTime bounds everything that one tab does.
const tabTime = 2 * time.Minute

// open opens a tab for a site. What its console says fails the test, at the end of it.
func (c chromium) open(t *testing.T, site string, l look) *browser {
	t.Helper()
	b := &browser{t: t, site: site}
	tab, closeTab := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.watch))
	ctx, cancel := context.WithTimeout(tab, tabTime)
	b.ctx = ctx
	t.Cleanup(func() {
		cancel()
		closeTab()
		for _, problem := range b.takeProblems() {
			t.Errorf("the browser's console: %s", problem)
		}
	})
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // tabs side by side each have their focus
	b.become(l)
	return b
}

// become changes the window, the colours and whether scripts run.
func (b *browser) become(l look) {
	b.t.Helper()
	b.look = l
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	b.do(chromedp.EmulateViewport(l.width, l.height))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // else a picture shows the way from one scheme to the other
	}})
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.noScripts})
}

// watch gets every event of the tab. That a page answers 422 or 409 is no problem; that a file of it does is one. An
// intervention is what Chromium does when a page is left that nobody has touched.
func (b *browser) watch(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork && e.Entry.Source != log.EntrySourceIntervention {
			b.problem("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.problem("console.%s with %d arguments", e.Type, len(e.Args))
		}
	case *runtime.EventExceptionThrown:
		b.problem("exception: %s %s:%d", e.ExceptionDetails.Text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber)
	case *network.EventRequestWillBeSent:
		target, err := url.Parse(e.Request.URL)
		if err != nil || (target.Scheme != "data" && target.Scheme+"://"+target.Host != b.site) {
			b.problem("a request leaves the site: %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type != network.ResourceTypeDocument && e.Response.Status >= 400 {
			b.problem("%s answers %d", e.Response.URL, e.Response.Status)
		}
	}
}

func (b *browser) problem(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

// takeProblems gives what was wrong since the last call.
func (b *browser) takeProblems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.problems
	b.problems = nil
	return taken
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	err := chromedp.Do(b.ctx, actions...)
	if err != nil {
		b.t.Fatal(err)
	}
}

// visit opens a page by its address.
func (b *browser) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site + path))
}

// evaluate runs a script in the page, as a developer's tools do: past the page's policy, and even where scripts are off.
func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// fits checks that the page never scrolls sideways.
func (b *browser) fits(name string) {
	b.t.Helper()
	if evaluate[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
		b.t.Errorf("%s scrolls sideways at %d px", name, b.look.width)
	}
}
