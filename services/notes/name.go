package notes

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
)

// Resource names are a collection and an id, "notes/0198…". An id has one spelling: a UUID in lower case. A name in any other form names nothing,
// which callers answer as they answer a name that does not exist.
const (
	noteCollection = "notes/"
	padCollection  = "pads/"
)

func noteName(id string) string { return noteCollection + id }

// padName gives the resource name of a pad; "" for no pad.
func padName(id string) string {
	if id == "" {
		return ""
	}
	return padCollection + id
}

func noteID(name string) (id string, ok bool) { return parseName(noteCollection, name) }

func padID(name string) (id string, ok bool) { return parseName(padCollection, name) }

func parseName(collection, name string) (id string, ok bool) {
	id, ok = strings.CutPrefix(name, collection)
	if !ok {
		return "", false
	}
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.String() != id {
		return "", false
	}
	return id, true
}

// newID makes an id that sorts by the time of its making.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// newETag makes 16 random bytes, in hexadecimal.
func newETag() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
