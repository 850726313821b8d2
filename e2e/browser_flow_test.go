package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// flowLooks are the ways in which somebody may go through the pages.
var flowLooks = []look{
	{name: "wide, with scripts", width: 1280, height: 860},
	{name: "narrow, dark, with scripts", width: 320, height: 640, dark: true},
	{name: "wide, dark, without scripts", width: 1280, height: 860, dark: true, noScripts: true},
	{name: "narrow, without scripts", width: 320, height: 640, noScripts: true},
}

func TestTheMainFlowWorksByKeyboardAlone(t *testing.T) {
	chromium := startChromium(t)
	for _, l := range flowLooks {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			b := chromium.open(t, stack.URL(), l)
			email := visitor(t, stack.URL()).email
			b.signUpAndIn(email)
			program := visitor(t, stack.URL()) // the same person in another place
			program.email = email
			b.padsAndNotes(program)
			b.changesThePassword(program)
			b.signsOut()
			b.forgetsThePassword(program)
			if scripts := evaluate[bool](b, `document.cookie.includes("nj_zone=")`); scripts == l.noScripts {
				t.Errorf("scripts ran: %v", scripts)
			}
		})
	}
}

func (b *browser) signUpAndIn(email string) {
	b.t.Helper()
	b.visit("/")
	b.arrived("Sign in")
	b.press("link", "Sign up", "Sign up")
	b.enter("Sign up")
	b.says("This field is required.")
	b.fill([2]string{"Email", email}, [2]string{"Password", password}, [2]string{"Confirm password", password})
	b.enter("Sign in")
	b.says("Account is created. Now you can sign in.")
	b.fill([2]string{"Email", email}, [2]string{"Password", "not this one"})
	b.enter("Sign in")
	b.says("Wrong email or password")
	b.tabTo("field", "Password")
	b.write(password)
	b.enter("All notes (0)")
	b.says("Create your first note.")
}

func (b *browser) padsAndNotes(program *person) {
	b.t.Helper()
	b.press("link", "New pad", "New pad")
	b.fill([2]string{"Name", "Kitchen"})
	b.enter("Kitchen (0)")
	b.says("Pad is successfully created")

	b.press("link", "New note", "New note")
	b.fill([2]string{"Name", "Groceries"}, [2]string{"Text", "Milk\nBread"})
	b.press("button", "Save", "Kitchen (1)") // the pad was chosen already
	b.says("Note is successfully created")
	b.press("link", "Groceries", "Groceries")
	b.says("Bread")

	b.press("link", "Edit", "Groceries")
	b.tabTo("field", "Text")
	b.write("Milk, from this tab")
	b.tabTo("field", "Pad")
	b.keys(kb.ArrowUp)
	program.changeOnlyNote("Milk, from elsewhere")
	b.press("button", "Save", "Groceries")
	b.says("This note was changed elsewhere since you opened it.")
	b.says("Milk, from elsewhere")
	b.tabTo("field", "Text")
	if kept := evaluate[string](b, `document.activeElement.value`); kept != "Milk, from this tab" {
		b.t.Errorf("the form keeps %q", kept)
	}
	b.press("button", "Save this text", "All notes (1)") // the note has left its pad
	b.says("Note is successfully updated")

	b.press("link", "Groceries", "Groceries")
	b.says("from this tab")
	b.press("link", "Delete it", "Groceries")
	b.says("Are you sure you want to delete Groceries?")
	b.press("button", "Delete it", "All notes (0)")
	b.says("Note is successfully deleted")

	b.press("link", "Kitchen", "Kitchen (0)")
	b.says("Create your first note in the pad.")
	b.press("link", "Pad settings", "Kitchen")
	b.tabTo("field", "Name")
	b.write("Larder")
	b.enter("Larder (0)")
	b.says("Pad is successfully updated")
	b.press("link", "Pad settings", "Larder")
	b.press("link", "Delete it", "Larder")
	b.says("Are you sure you want to delete Larder?")
	b.press("button", "Delete it", "All notes (0)")
	b.says("Pad is successfully deleted")
}

func (b *browser) changesThePassword(program *person) {
	b.t.Helper()
	program.settled(1)
	b.press("link", "Account settings", "Account settings")
	b.press("link", "Activity", "Activity")
	b.says("You deleted a pad.")
	b.tabTo("field", "Show")
	b.keys("p") // Pads
	b.press("button", "Filter", "Activity")
	b.says("You created a pad")
	b.press("button", "Verify", "Verify your activity")
	b.says("are as they were recorded.")
	b.press("link", "Account settings", "Account settings")
	b.tabTo("field", "Current password")
	b.fill([2]string{"Current password", "not this one"}, [2]string{"New password", changedPassword}, [2]string{"Confirm new password", changedPassword})
	b.enter("Account settings")
	b.says("This is not your current password.")
	b.fill([2]string{"Current password", password}, [2]string{"New password", changedPassword}, [2]string{"Confirm new password", changedPassword})
	b.enter("Account settings")
	b.says("Password is successfully changed")
	status, _ := program.api(http.MethodGet, "/v1/notes", nil)
	if status != http.StatusUnauthorized {
		b.t.Errorf("the other session goes on: %d", status)
	}
}

const changedPassword = "a wholly different password"

func (b *browser) signsOut() {
	b.t.Helper()
	b.press("link", "Sign out", "Sign out")
	b.press("button", "Sign out", "Sign in")
	b.says("You are signed out.")
}

func (b *browser) forgetsThePassword(program *person) {
	b.t.Helper()
	b.press("link", "Forgot password?", "Forgot password?")
	b.enter("Forgot password?")
	b.says("This field is required.")
	b.fill([2]string{"Email", program.email})
	b.enter("Sign in")
	b.says("If this address is signed up, a mail with a link is on its way.")
	link := program.mailedLink()
	b.visit(link)
	b.arrived("Choose a new password")
	b.fill([2]string{"New password", password}, [2]string{"Confirm new password", "another one"})
	b.enter("Choose a new password")
	b.says("Your passwords do not match.")
	b.tabTo("field", "New password")
	b.fill([2]string{"New password", password}, [2]string{"Confirm new password", password})
	b.enter("Sign in")
	b.says("Password is successfully changed. Now you can sign in.")
	b.fill([2]string{"Email", program.email}, [2]string{"Password", password})
	b.enter("All notes (0)")
	b.visit(link)
	b.arrived("There is nothing here.")
}

// changeOnlyNote gives the person's one note another text, by REST.
func (p *person) changeOnlyNote(text string) {
	p.t.Helper()
	_, list := p.api(http.MethodGet, "/v1/notes", nil)
	name, _ := list["notes"].([]any)[0].(map[string]any)["name"].(string)
	status, answer := p.api(http.MethodPatch, "/v1/"+name, map[string]string{"text": text})
	if status != http.StatusOK || !strings.HasPrefix(name, "notes/") {
		p.t.Fatalf("change %s: %d %v", name, status, answer)
	}
}
