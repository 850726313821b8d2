package e2e_test

// What the scripts add to pages that work without them, and what paper shows.

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var wide = look{name: "wide", width: 1280, height: 860}

// takeSession signs the tab in as somebody who is signed in elsewhere.
func (b *browser) takeSession(p *person) {
	b.t.Helper()
	for _, cookie := range p.http.Jar.Cookies(mustURL(b.t, p.base)) {
		call(b, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: b.site})
	}
}

func TestScriptsMakePagesKinder(t *testing.T) {
	chromium := startChromium(t)
	open := func(t *testing.T, name string) (*browser, *person) {
		t.Parallel()
		p := signedIn(t, stack.URL(), name)
		b := chromium.open(t, stack.URL(), wide)
		b.takeSession(p)
		return b, p
	}
	t.Run("a note with unsaved changes asks before the page is left", func(t *testing.T) {
		b, _ := open(t, "unsaved")
		b.visit("/notes/create/")
		b.press("link", "Cancel", "All notes (0)") // nothing was typed: nothing is asked
		b.visit("/notes/create/")
		b.fill([2]string{"Name", "Precious"}, [2]string{"Text", "Nowhere else"})
		b.tabTo("link", "Cancel")
		b.staysWhenAsked()
		b.tabTo("field", "Name")
		b.write(" ")
		b.enter("New note")
		b.says("This field is required.")
		b.keys(kb.End) // a browser asks only on pages that somebody touched
		b.tabTo("link", "Cancel")
		b.staysWhenAsked() // what was sent back is stored nowhere
		b.tabTo("field", "Name")
		b.write("Precious")
		b.press("button", "Save", "All notes (1)") // saving is not leaving
	})
	t.Run("a form that is on its way says so and is sent once", func(t *testing.T) {
		b, _ := open(t, "twice")
		b.visit("/notes/create/")
		b.fill([2]string{"Name", "Once"}, [2]string{"Text", "Only"})
		b.tabTo("button", "Save")
		evaluate[chromedp.Void](b, keepButton) // Chromium answers no question while a page is on its way
		posts := b.holdPosts()
		b.keys(kb.Enter)
		first := posts.next()
		b.keys(kb.Enter)
		posts.release(first)
		b.arrived("All notes (1)")
		if got := evaluate[string](b, `sessionStorage.getItem("button")`); !strings.Contains(got, `aria-disabled="true"`) || !strings.Contains(got, ">Saving…<") {
			t.Errorf("the button was %s", got)
		}
		if n := posts.count(); n != 1 {
			t.Errorf("%d requests were sent", n)
		}
	})
	t.Run("dates are in the person's zone from the second page on", func(t *testing.T) {
		b, p := open(t, "far")
		call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kathmandu"})
		p.createNote("Now", "x", "")
		b.visit("/")
		b.visit("/")
		got := evaluate[struct{ Text, Exact string }](b, `(({textContent, dateTime}) => ({Text: textContent, Exact: dateTime}))(document.querySelector("time"))`)
		exact, err := time.Parse(time.RFC3339, got.Exact)
		if err != nil {
			t.Fatal(err)
		}
		kathmandu, err := time.LoadLocation("Asia/Kathmandu")
		if err != nil {
			t.Fatal(err)
		}
		want := exact.In(kathmandu).Format("15:04")
		if got.Text != "Today at "+want && got.Text != "Yesterday at "+want {
			t.Errorf("the page says %q of %s", got.Text, got.Exact)
		}
	})
}

// keepButton keeps what becomes of the focused button, for the next page to tell.
const keepButton = `{
	const button = document.activeElement;
	new MutationObserver(() => sessionStorage.setItem("button", button.outerHTML)).observe(button, {attributes: true, childList: true});
}`

// staysWhenAsked presses Enter, is asked whether to leave the page, and stays.
func (b *browser) staysWhenAsked() {
	b.t.Helper()
	before := evaluate[string](b, `document.querySelector("textarea").value`)
	dialogs := chromedp.Events(b.ctx, cdppage.JavascriptDialogOpening)
	var pressing sync.WaitGroup
	pressing.Go(func() { _ = chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Enter)) }) // it waits for the answer
	for dialog, err := range dialogs {
		if err != nil || dialog.Type != cdppage.DialogTypeBeforeunload {
			b.t.Fatalf("asked %v, %v", dialog, err)
		}
		break
	}
	call(b, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{Accept: false})
	pressing.Wait()
	if after := evaluate[string](b, `document.querySelector("textarea").value`); after != before || before == "" {
		b.t.Errorf("the page holds %q, it held %q", after, before)
	}
}

// heldPosts are requests that the browser wants to send and does not yet.
type heldPosts struct {
	b    *browser
	held chan fetch.RequestID

	mu   sync.Mutex
	seen int
}

// holdPosts stops every POST of the tab from now on.
func (b *browser) holdPosts() *heldPosts {
	b.t.Helper()
	h := &heldPosts{b: b, held: make(chan fetch.RequestID, 10)}
	err := chromedp.Listen(b.ctx, func(event any) {
		paused, ok := event.(*fetch.EventRequestPaused)
		if ok && paused.Request.Method == "POST" {
			h.mu.Lock()
			h.seen++
			h.mu.Unlock()
			h.held <- paused.RequestID
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	call(b, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/notes/create/", ResourceType: network.ResourceTypeDocument}}})
	return h
}

func (h *heldPosts) next() fetch.RequestID {
	h.b.t.Helper()
	select {
	case id := <-h.held:
		return id
	case <-h.b.ctx.Done():
		h.b.t.Fatal("no request was sent")
		return ""
	}
}

// release lets the request go and waits for the page that it leads to.
func (h *heldPosts) release(id fetch.RequestID) {
	h.b.t.Helper()
	_, err := chromedp.Run(h.b.ctx, chromedp.WaitEvent(cdppage.LoadEventFired, nil, func(ctx context.Context, tab *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, tab, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
	}))
	if err != nil {
		h.b.t.Fatalf("release the request: %v", err)
	}
}

func (h *heldPosts) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen
}

func TestPaperShowsTheNoteAndNothingToPress(t *testing.T) {
	p := signedIn(t, stack.URL(), "printer")
	id := p.createNote("Recipe", "Soak the beans.", p.createPad("Kitchen"))
	b := startChromium(t).open(t, stack.URL(), look{name: "wide, dark", width: 1280, height: 860, dark: true})
	b.takeSession(p)
	b.visit("/notes/" + id + "/")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	shown := evaluate[string](b, `document.body.innerText.trim().replace(/\s+/g, " ")`)
	minute := evaluate[string](b, `document.querySelector("time").textContent`)
	if want := "Notejam Recipe Last edited " + minute + " in Kitchen Soak the beans."; shown != want {
		t.Errorf("paper shows %q, want %q", shown, want)
	}
	colours := evaluate[string](b, `getComputedStyle(document.querySelector("article")).color + " on " + getComputedStyle(document.body).backgroundColor`)
	if colours != "rgb(0, 0, 0) on rgba(0, 0, 0, 0)" {
		t.Errorf("paper is printed %s", colours)
	}
}
