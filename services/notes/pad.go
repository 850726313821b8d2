package notes

import (
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
)

// Pad is a named group of notes of one person.
type Pad struct {
	ID        string // UUIDv7
	OwnerID   string
	Title     string
	NoteCount int    // live notes in it
	Hidden    int    // notes that it hides, being deleted: those that come back with it without having been marked
	ETag      string // random, new on each write to the pad itself; notes that come and go leave it
	Version   int64  // one more on each write to the pad itself
	Created   time.Time
	Updated   time.Time
	Deleted   time.Time // zero while it is live
}

// cleanPadTitle gives the title as it is kept, or the error that says what is wrong with it.
func cleanPadTitle(title string) (string, error) {
	title, sentence := cleanTitle(title)
	if sentence != "" {
		return "", fault.InvalidFields(fault.Field{Name: "pad.title", Sentence: sentence})
	}
	return title, nil
}
