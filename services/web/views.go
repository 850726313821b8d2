package web

// View models: what each template of templates/ is given. They hold finished words and paths; templates decide nothing
// but how things look. Every page embeds Layout.

// Layout is what surrounds every page's content.
type Layout struct {
	Heading string // the <h1>, and the <title> before " · Notejam"

	Email     string // of the signed-in person; empty when nobody is or it is not known
	Anonymous bool   // nobody is signed in: offer to sign up and in
	Here      string // which page of the account navigation this is: "settings", "activity", "signin", …
	Nav       *Nav   // the column "My pads"; nil on pages without it
	ReadOnly  string // the sentence that nothing can be changed for now; empty when it can
	Flash     string // what the page before did, shown once

	Card  bool   // the content is one small card in the middle
	Width string // class of <main>: "", "narrow" or "wide"
}

// Nav is the column "My pads".
type Nav struct {
	AllCurrent bool // the page is the list of all notes
	Pads       []NavPad
}

// NavPad is one pad of the column.
type NavPad struct {
	Name    string
	Path    string
	Notes   int32
	Current bool
}

// When is a moment: Text for people, Exact for programs.
type When struct {
	Text  string // "Yesterday at 10:51"
	Exact string // RFC 3339 in UTC, to the millisecond
}

// Hidden holds the hidden fields of a form.
type Hidden struct {
	Token     string // proves that the form is ours and this browser's
	RequestID string // makes a second POST of the same form harmless
	ETag      string // which state of the note or pad was edited
}

// Field is one labelled input.
type Field struct {
	Name         string // of the input, and its id
	Label        string
	Type         string // "text", "email" or "password"
	Value        string
	Autocomplete string // a token of HTML's autofill list
	Hint         string
	Error        string // shown instead of the hint
	Focus        bool   // the caret starts here
}

// Option is one choice of a <select>.
type Option struct {
	Value, Label string
	Selected     bool
}

// ListView is home or a pad's page.
type ListView struct {
	Layout
	ShowPads       bool // with the column "Pad": home only
	ByName, ByTime Column
	Rows           []ListRow
	Empty, Lesson  string // shown instead of a table without rows
	NewNote        string // path
	PadSettings    string // path; empty on home
	Previous, Next string // paths; empty on the first and last page
}

// Column is a head of the list that sorts it.
type Column struct {
	Label  string
	Class  string
	Path   string // the list in this column's other order
	Sorted string // "ascending", "descending", or empty when another column sorts
}

// ListRow is one note of a list.
type ListRow struct {
	Name, Path       string
	PadName, PadPath string // empty: in no pad
	Changed          When
}

// NoteView is the page that shows a note.
type NoteView struct {
	Layout
	Text                 string
	PadName, PadPath     string
	Changed              When
	EditPath, DeletePath string
}

// NoteForm is the form for a new or a changed note.
type NoteForm struct {
	Layout
	Hidden          Hidden
	Action, Cancel  string // paths
	Notice          string // why the whole form was not accepted
	Guard           string // "changed": the form holds text that is stored nowhere; else "clean"
	Name, Text, Pad Field
	Pads            []Option
}

// ConflictView is a NoteForm with the person's text beside the note as somebody saved it meanwhile.
type ConflictView struct {
	NoteForm
	Saved SavedNote
}

// SavedNote is the note as it is stored now.
type SavedNote struct {
	Name, Text, PadName string
	Changed             When
}

// PadForm is the form for a new or a renamed pad.
type PadForm struct {
	Layout
	Hidden         Hidden
	Action, Cancel string // paths
	Notice         string
	Name           Field
	DeletePath     string // empty for a pad that is not there yet
}

// DeleteView asks before something is deleted.
type DeleteView struct {
	Layout
	Hidden         Hidden
	Action, Cancel string // paths
	Question       string
	Consequence    string
	Submit         string // the button's words
}

// AccountForm is a card with a form: sign up, sign in, sign out, forgotten password.
type AccountForm struct {
	Layout
	Hidden  Hidden
	Action  string // path
	Lead    string // a sentence below the heading
	Notice  string
	Account string // the address of a form without a field for it, for password managers; empty when it is not known
	Fields  []Field
	Submit  string  // the button's words
	Pending string  // the button's words while the form is on its way
	Asides  []Aside // ways out, below the card
}

// Aside is a link with a few words before it, or none.
type Aside struct {
	Text, Link, Path string
}

// SettingsView is the page "Account settings": links to the pages about the account, and the form for its password.
type SettingsView struct {
	AccountForm
	Links []SettingsLink
}

// SettingsLink leads to a page about the account.
type SettingsLink struct {
	Path, Name, About string
}

// SessionsView is the page "Sessions".
type SessionsView struct {
	Layout
	Hidden Hidden
	Rows   []SessionRow
	Others bool // there are sessions besides this one
}

// SessionRow is one signed-in browser or program.
type SessionRow struct {
	ID            string
	Device        string
	Network       string // empty when it is not known
	Started, Used When
	Current       bool
}

// TokensView is the page "Access tokens": the list, the form for a new one and, once, the secret of the one that was made.
type TokensView struct {
	Layout
	Hidden              Hidden
	Notice              string
	Secret, Curl        string // empty on all pages but the answer to the form
	Rows                []TokenRow
	Title, Scopes, Days Field
	ScopeOptions        []Option
	DayOptions          []Option
}

// TokenRow is one access token.
type TokenRow struct {
	Title, Scopes string
	DeletePath    string
	Created, Used When   // no text in Used: never
	Ends          string // a day
}

// ActivityView is the page "Activity".
type ActivityView struct {
	Layout
	Notice       string // the trail cannot be read right now: there is nothing else on the page
	Picture      *Picture
	Filter       ActivityFilter
	Rows         []ActivityRow
	Newest, Next string // paths; empty on the first and last page
}

// ActivityFilter is the form that chooses what is listed.
type ActivityFilter struct {
	Kinds    []Option
	From, To string // days as a form holds them; empty: any
	Any      bool   // nothing is chosen
}

// ActivityRow is one thing that happened: a sentence in three parts, the middle one a link if it has a path.
type ActivityRow struct {
	Before, Thing, After string
	Path                 string
	From                 string // device and network; empty when they are not known
	RequestID            string // empty when no request did it
	At                   When
}

// Picture is how many activities there were on each of the last days. Places and sizes are percentages.
type Picture struct {
	Sentence string
	Days     int
	Bars     []PictureBar // none for a day without
	Months   []PictureMonth
}

// PictureBar is one day.
type PictureBar struct {
	Left, Width, Top, Height string
	Words                    string
}

// PictureMonth stands where a month begins.
type PictureMonth struct {
	Left, Name string
}

// VerifyView is the page that says whether the trail is as it was recorded.
type VerifyView struct {
	Layout
	Notice string // the check could not be made, or not to its end

	Result        string // nothing is wrong, in how many entries
	Finding       string // what is wrong; then there is no result
	Advice        string // what to do about it
	Signed        When   // the newest signed statement that agrees; no text when there is none
	SignedEntries string // how many entries it covers: "1,200 entries"
	Unsigned      bool   // all is checked, and nothing was signed yet

	Next             string // where the check goes on; empty when it is at its end
	Entry, RequestID string // ids to tell whoever runs this
}

// ErrorView is the page for everything that has no page of its own.
type ErrorView struct {
	Layout
	Advice     string
	Path, Link string // the way on
	RequestID  string // what to tell whoever runs this
}
