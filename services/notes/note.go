// Package notes is the service that keeps people's notes and pads: note.go and pad.go are what they are and which rules they keep, store.go and its
// neighbours keep them in the database, server.go and its neighbours speak gRPC, run.go puts the parts together.
package notes

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gitlab.com/notejam/notejam/platform/fault"
)

// The limits of what a person writes. They are the same at every door.
const (
	maxTitle   = 100       // characters: Unicode code points
	maxText    = 256 << 10 // bytes of UTF-8, line ends counted as one byte
	maxSnippet = 200       // characters
	maxNotes   = 100_000   // live notes of one person
	maxPads    = 1_000     // live pads of one person
)

// Note is one note of one person.
type Note struct {
	ID      string // UUIDv7
	OwnerID string
	PadID   string // "" in no pad
	Title   string
	Text    string // "" in lists
	Snippet string // the beginning of the text on one line
	ETag    string // random, new on each write
	Version int64  // one more on each write
	Created time.Time
	Updated time.Time
	Deleted time.Time // zero while it is live
	Hidden  bool      // it is deleted because its pad is, and has no deletion of its own
}

// Draft is what a person decides about a note. In a new note every field is given; in an update a nil field stays as it is.
type Draft struct {
	Title *string
	Text  *string
	Pad   *string // resource name, or "" for no pad
}

// The sentences about wrong fields, as every door shows them.
const (
	sentenceRequired  = "This field is required."
	sentenceTitleLong = "Use at most 100 characters."
	sentenceTitleOdd  = "Do not use control characters."
	sentenceTextLong  = "Use at most 256 KB of text."
	sentencePad       = "Choose one of your pads."
)

// Validate brings the draft into the form in which it is kept, and gives everything that is wrong with it. Whether its pad is there only the store
// can tell.
func (d *Draft) Validate() (wrong []fault.Field) {
	if d.Title != nil {
		title, sentence := cleanTitle(*d.Title)
		wrong = appendWrong(wrong, "note.title", sentence)
		d.Title = &title
	}
	if d.Text != nil {
		text, sentence := cleanText(*d.Text)
		wrong = appendWrong(wrong, "note.text", sentence)
		d.Text = &text
	}
	if d.Pad != nil && *d.Pad != "" {
		_, ok := padID(*d.Pad)
		if !ok {
			wrong = append(wrong, wrongPad)
		}
	}
	return wrong
}

// wrongPad is the same for a pad of somebody else and for one that does not exist.
var wrongPad = fault.Field{Name: "note.pad", Sentence: sentencePad}

func appendWrong(wrong []fault.Field, name, sentence string) []fault.Field {
	if sentence == "" {
		return wrong
	}
	return append(wrong, fault.Field{Name: name, Sentence: sentence})
}

// padID gives the id of the draft's pad; "" for no pad, for one that is not decided, and for a name that can name none.
func (d *Draft) padID() string {
	if d.Pad == nil {
		return ""
	}
	id, _ := padID(*d.Pad)
	return id
}

// apply changes the note as the draft says and tells the names of the fields that are another now.
func (d *Draft) apply(n *Note) (changed []string) {
	if d.Title != nil && *d.Title != n.Title {
		n.Title = *d.Title
		changed = append(changed, fieldTitle)
	}
	if d.Text != nil && *d.Text != n.Text {
		n.Text = *d.Text
		n.Snippet = snippet(n.Text)
		changed = append(changed, fieldText)
	}
	if d.Pad != nil && d.padID() != n.PadID {
		n.PadID = d.padID()
		changed = append(changed, fieldPad)
	}
	return changed
}

// The names of fields that can be changed, in update masks and in events.
const (
	fieldTitle = "title"
	fieldText  = "text"
	fieldPad   = "pad"
)

// cleanTitle gives the title of a note or pad as it is kept, and the sentence about what is wrong with it.
func cleanTitle(title string) (kept, sentence string) {
	title = strings.TrimSpace(title)
	switch {
	case title == "":
		return title, sentenceRequired
	case utf8.RuneCountInString(title) > maxTitle:
		return title, sentenceTitleLong
	case strings.ContainsFunc(title, isOdd):
		return title, sentenceTitleOdd
	}
	return title, ""
}

// isOdd finds the characters that make a title look like something else: controls (NUL and line ends among them), the separators of lines and
// paragraphs, and the marks that turn the direction of writing.
func isOdd(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Bidi_Control, r)
}

// lineEnds makes every line end LF.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// cleanText gives a note's text as it is kept, and the sentence about what is wrong with it.
func cleanText(text string) (kept, sentence string) {
	text = lineEnds.Replace(text)
	switch {
	case strings.TrimSpace(text) == "":
		return text, sentenceRequired
	case len(text) > maxText:
		return text, sentenceTextLong
	}
	return text, ""
}

// snippet gives the first 200 characters of the text on one line: white space of any kind and length is one space.
func snippet(text string) string {
	var line strings.Builder
	written, gap := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) {
			gap = written > 0
			continue
		}
		if gap {
			line.WriteByte(' ')
			written++
		}
		if written >= maxSnippet {
			break
		}
		line.WriteRune(r)
		written++
		gap = false
	}
	return strings.TrimSuffix(line.String(), " ")
}
