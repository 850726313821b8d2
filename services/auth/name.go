package auth

import (
	"strings"

	"github.com/google/uuid"
)

// Resource names are a collection and an id, "sessions/0198…". An id has one spelling: a UUID in lower case.
// A name in any other form names nothing.
const (
	accountCollection = "accounts/"
	sessionCollection = "sessions/"
	tokenCollection   = "tokens/"
	keyCollection     = "signingkeys/"
	epochCollection   = "epochs/"
)

func accountName(id string) string { return accountCollection + id }

func sessionName(id string) string { return sessionCollection + id }

func tokenName(id string) string { return tokenCollection + id }

// keyName names a signing key. Its id, which every access token shows, is no UUID.
func keyName(id string) string { return keyCollection + id }

// epochName names a bump of everybody's epoch, of which the trail alone knows.
func epochName(id string) string { return epochCollection + id }

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
