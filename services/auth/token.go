package auth

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gitlab.com/notejam/notejam/platform/fault"
)

const (
	// tokenLife is how long a personal access token lives if nobody says otherwise, by the database's clock.
	tokenLife = 90 * 24 * time.Hour
	// maxTokenLife is a year that may be a leap year.
	maxTokenLife = 366 * 24 * time.Hour
	// maxTokens is how many live ones an account may have: more than anybody looks through, and one page.
	maxTokens = 50
	// maxTokenTitle is in characters: Unicode code points.
	maxTokenTitle = 100
)

// tokenScopes are what a token may be allowed, in the order in which they are kept. Whoever could write to the account
// could make tokens: that only a session may.
var tokenScopes = []string{"notes:read", "notes:write", "pads:read", "pads:write", "account:read", "activity:read"}

// Token is a personal access token: what a program signs in with.
type Token struct {
	ID         string // UUIDv7; no secret
	Title      string
	Scopes     []string
	CreatedAt  time.Time
	LastUsedAt time.Time // to within useInterval; zero before the first use
	ExpiresAt  time.Time
}

// TokenDraft is what a person decides about a token.
type TokenDraft struct {
	Title     string
	Scopes    []string
	ExpiresAt time.Time // zero: after tokenLife
}

// Why a token is deleted, as its event tells it; beside these, endedByChange, endedByReset and endedByTime.
const deletedByPerson = "deleted_by_person"

// Validate brings the draft into the form in which it is kept. When the token may end is another matter: see endAt.
func (d *TokenDraft) Validate() error {
	d.Title = strings.TrimSpace(d.Title)
	err := invalid(
		fault.Field{Name: "token.title", Sentence: checkTokenTitle(d.Title)},
		fault.Field{Name: "token.scopes", Sentence: checkScopes(d.Scopes)})
	if err != nil {
		return err
	}
	var ordered []string
	for _, scope := range tokenScopes {
		if slices.Contains(d.Scopes, scope) {
			ordered = append(ordered, scope)
		}
	}
	d.Scopes = ordered
	return nil
}

func checkTokenTitle(title string) string {
	switch {
	case utf8.RuneCountInString(title) > maxTokenTitle:
		return "Use at most 100 characters."
	case strings.ContainsFunc(title, isOdd):
		return "Do not use control characters."
	}
	return required(title)
}

// isOdd finds the characters that no title of a note may have either: controls, the separators of lines and paragraphs, and the marks that turn the
// direction of writing.
func isOdd(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

func checkScopes(scopes []string) string {
	if len(scopes) == 0 {
		return "Choose at least one."
	}
	seen := map[string]bool{}
	for _, scope := range scopes {
		if !slices.Contains(tokenScopes, scope) {
			return "Choose among " + strings.Join(tokenScopes, ", ") + "."
		}
		if seen[scope] {
			return "Name each scope once."
		}
		seen[scope] = true
	}
	return ""
}

// endAt says when a token that is made now ends.
func (d *TokenDraft) endAt(now time.Time) (time.Time, error) {
	end := d.ExpiresAt.UTC().Truncate(time.Microsecond)
	switch {
	case d.ExpiresAt.IsZero():
		return now.Add(tokenLife), nil
	case !end.After(now):
		return time.Time{}, invalid(fault.Field{Name: "token.expire_time", Sentence: "Choose a time in the future."})
	case end.After(now.Add(maxTokenLife)):
		return time.Time{}, invalid(fault.Field{Name: "token.expire_time", Sentence: "Choose a time within 366 days."})
	}
	return end, nil
}
