package web

// Flash messages: what was just done, shown once on the next page. The cookie holds a code and never the text, so that
// nobody can put words into our mouth.

import "net/http"

type flash string

const (
	flashSignedUp    flash = "signed-up"
	flashSignedOut   flash = "signed-out"
	flashNoteCreated flash = "note-created"
	flashNoteUpdated flash = "note-updated"
	flashNoteDeleted flash = "note-deleted"
	flashPadCreated  flash = "pad-created"
	flashPadUpdated  flash = "pad-updated"
	flashPadDeleted  flash = "pad-deleted"

	flashPasswordChanged flash = "password-changed"
	flashResetAsked      flash = "reset-asked"
	flashResetDone       flash = "reset-done"

	flashSessionEnded flash = "session-ended"
	flashOthersEnded  flash = "others-ended"
	flashTokenDeleted flash = "token-deleted"
)

var flashTexts = map[flash]string{
	flashSignedUp:    "Account is created. Now you can sign in.",
	flashSignedOut:   "You are signed out.",
	flashNoteCreated: "Note is successfully created",
	flashNoteUpdated: "Note is successfully updated",
	flashNoteDeleted: "Note is successfully deleted",
	flashPadCreated:  "Pad is successfully created",
	flashPadUpdated:  "Pad is successfully updated",
	flashPadDeleted:  "Pad is successfully deleted",

	flashPasswordChanged: "Password is successfully changed",
	flashResetAsked:      "If this address is signed up, a mail with a link is on its way.",
	flashResetDone:       "Password is successfully changed. Now you can sign in.",

	flashSessionEnded: "The session is ended.",
	flashOthersEnded:  "All other sessions are ended.",
	flashTokenDeleted: "Token is successfully deleted",
}

// setFlash leaves a message for the next page.
func (c cookies) setFlash(w http.ResponseWriter, f flash) {
	c.set(w, flashCookie, string(f), flashLife)
}

// takeFlash gives the message left for this page, empty when there is none, and ends it.
func (c cookies) takeFlash(w http.ResponseWriter, r *http.Request) string {
	_, err := r.Cookie(c.name(flashCookie))
	if err != nil {
		return ""
	}
	c.end(w, flashCookie)
	return flashTexts[flash(c.value(r, flashCookie))]
}
