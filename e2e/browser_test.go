package e2e_test

import (
	"context"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser is a headless Chromium with one tab, which collects what a
// developer's console would show.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("the browser tests need Chromium (make setup installs it): %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true))
	allocator, closeAllocator := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	b := &browser{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	var reading sync.WaitGroup
	reading.Go(func() { b.read(messages) })
	t.Cleanup(func() { cancel(); closeTab(); closeAllocator(); reading.Wait() })
	return b
}

// read keeps every error, exception and violation of the content security
// policy until the browser ends. That a page answered 422 or 409 is no problem
// of the browser's.
func (b *browser) read(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.Source == "network" || (m.Type != chromedp.ConsoleError && !m.IsException()) {
			continue
		}
		b.mu.Lock()
		b.problems = append(b.problems, m.String())
		b.mu.Unlock()
	}
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	err := chromedp.Do(b.ctx, actions...)
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(stack.URL() + path))
}

func (b *browser) typeInto(field, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS("[name="+field+"]"), text))
}

// follow clicks and waits for the next page.
func (b *browser) follow(xpath string) {
	b.t.Helper()
	_, err := chromedp.RunResponse(b.ctx, chromedp.Click(xpath))
	if err != nil {
		b.t.Fatalf("click %s: %v", xpath, err)
	}
}

func (b *browser) press(button string) {
	b.t.Helper()
	b.follow(`//main//button[contains(., "` + button + `")]`)
}

// look is how a page is looked at.
type look struct {
	name          string
	width, height int64
	dark          bool
}

var looks = []look{
	{"wide", 1280, 860, false},
	{"narrow", 320, 640, false},
	{"dark", 1280, 860, true},
}

// picture takes the page as it stands in every look, and checks that it never
// scrolls sideways.
func (b *browser) picture(dir, name string) {
	b.t.Helper()
	for _, l := range looks {
		scheme := "light"
		if l.dark {
			scheme = "dark"
		}
		b.do(chromedp.EmulateViewport(l.width, l.height))
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: "reduce"}, // else a picture shows the way from one scheme to the other
			},
		})
		if err != nil {
			b.t.Fatal(err)
		}
		overflow, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
		if err != nil {
			b.t.Fatal(err)
		}
		if overflow {
			b.t.Errorf("%s scrolls sideways at %d px", name, l.width)
		}
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		err = os.WriteFile(filepath.Join(dir, name+"-"+l.name+".png"), png, 0o600)
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// TestTheMainFlowWorksInABrowser also takes the pictures that `make
// screenshots` keeps.
func TestTheMainFlowWorksInABrowser(t *testing.T) {
	dir := os.Getenv("NOTEJAM_SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	const email = "browser@example.test"
	b := openBrowser(t)
	b.open("/signup/")
	b.picture(dir, "signup")
	b.typeInto("email", email)
	b.typeInto("password", password)
	b.typeInto("confirm_password", password)
	b.press("Sign up")
	b.picture(dir, "signin")
	b.typeInto("email", email)
	b.typeInto("password", "not this one")
	b.press("Sign in")
	b.picture(dir, "signin-failed")
	b.typeInto("password", password)
	b.press("Sign in")
	b.picture(dir, "home-empty")

	b.open("/notes/create/")
	b.typeInto("name", "Groceries")
	b.typeInto("text", "Milk\nBread\n\nAnd something sweet for Sunday.")
	b.picture(dir, "editor")
	b.press("Save")
	program := visitor(t, stack.URL()) // writes more to look at, by REST
	program.email = email
	for _, title := range []string{"Ideas for the garden", "Letter to the landlord", "A name so long that it has to find its place in a narrow window, somehow"} {
		pad := program.createPad("Pad of " + strings.ToLower(title[:12]))
		program.api(http.MethodPost, "/v1/notes", map[string]string{"title": title, "text": "x", "pad": "pads/" + pad})
	}
	program.settled(4)
	b.open("/")
	b.picture(dir, "home")
	b.follow(`//main//a[contains(., "Groceries")]`)
	b.picture(dir, "note")
	b.open("/settings/activity/")
	b.picture(dir, "activity")
	b.open("/nowhere/")
	b.picture(dir, "not-found")

	b.mu.Lock()
	defer b.mu.Unlock()
	for _, problem := range b.problems {
		t.Errorf("the browser's console: %s", problem)
	}
}
