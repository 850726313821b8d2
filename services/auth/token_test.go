package auth

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
)

// leaked is the expression of docs/tokens.md for scanners.
var leaked = regexp.MustCompile(`\bnj_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\b`)

func TestATokensTextHasOneSpellingThatScannersFind(t *testing.T) {
	for range 200 {
		id := newID()
		text, hash := newToken(id)
		if leaked.FindString("curl 'Bearer "+text+"'") != text {
			t.Fatalf("%s is not found", text)
		}
		gotID, gotHash, err := readToken(text)
		if err != nil || gotID != id || !bytes.Equal(gotHash, hash) {
			t.Fatalf("%s is read as %s (%v), want %s", text, gotID, err, id)
		}
	}
	text := tokenText("0198c0de-0000-7000-8000-000000000001", make([]byte, secretSize))
	for _, wrong := range []string{
		"", text[:len(text)-1], text + "0", strings.Replace(text, "nj_pat_", "nj_ses_", 1), text + "_", "_" + text,
		strings.Replace(text, "_0", "_1", 1), strings.ToLower(text), text[:len(text)-6] + "000000", tokenPrefix + "__",
		resigned(tokenPrefix + "zzzzzzzzzzzzzzzzzzzzzz_" + strings.Repeat("0", secretDigits)),
		resigned(tokenPrefix + strings.Repeat("0", idDigits) + "_" + strings.Repeat("z", secretDigits)),
		resigned(tokenPrefix + strings.Repeat("0", idDigits) + "_" + strings.Repeat("-", secretDigits)),
	} {
		_, _, err := readToken(wrong)
		if err == nil {
			t.Errorf("%q is read as a token", wrong)
		}
	}
}

// resigned is a text with its right checksum.
func resigned(text string) string { return text + "_" + checksum(text) }

func TestEveryMistypedCharacterOfATokenIsNoticed(t *testing.T) {
	text, _ := newToken(newID())
	for i := range text {
		for _, other := range []string{"0", "a", "Z", "_"} {
			typed := text[:i] + other + text[i+1:]
			_, _, err := readToken(typed)
			if typed != text && err == nil {
				t.Errorf("%s is taken for %s", typed, text)
			}
		}
	}
}

func TestATokensDraft(t *testing.T) {
	for _, tt := range []struct {
		name   string
		draft  TokenDraft
		fields []string
	}{
		{"needs a title", TokenDraft{Title: " ", Scopes: []string{"notes:read"}}, []string{"token.title: This field is required."}},
		{"has a short title", TokenDraft{Title: strings.Repeat("ü", 101), Scopes: []string{"notes:read"}}, []string{"token.title: Use at most 100 characters."}},
		{"has a plain title", TokenDraft{Title: "a\x00b", Scopes: []string{"notes:read"}}, []string{"token.title: Do not use control characters."}},
		{"reads as it is written", TokenDraft{Title: "a\u202eb", Scopes: []string{"notes:read"}}, []string{"token.title: Do not use control characters."}},
		{"needs a scope", TokenDraft{Title: "a"}, []string{"token.scopes: Choose at least one."}},
		{"names a scope once", TokenDraft{Title: "a", Scopes: []string{"notes:read", "notes:read"}}, []string{"token.scopes: Name each scope once."}},
		{
			"never may write to the account", TokenDraft{Title: "a", Scopes: []string{"account:write"}},
			[]string{"token.scopes: Choose among notes:read, notes:write, pads:read, pads:write, account:read, activity:read."},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantFault(t, tt.draft.Validate(), fault.Invalid, fault.ReasonFieldInvalid, tt.fields...)
		})
	}
	draft := TokenDraft{Title: " " + strings.Repeat("ü", 100) + "\n", Scopes: []string{"pads:read", "notes:read"}}
	err := draft.Validate()
	if err != nil || draft.Title != strings.Repeat("ü", 100) || strings.Join(draft.Scopes, " ") != "notes:read pads:read" {
		t.Errorf("got %+v (%v)", draft, err)
	}
}

func TestATokenEndsWithin366Days(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name       string
		asked, end time.Time
		sentence   string
	}{
		{"90 days if nobody says otherwise", time.Time{}, now.Add(90 * 24 * time.Hour), ""},
		{"in a moment", now.Add(time.Microsecond), now.Add(time.Microsecond), ""},
		{"not now", now, time.Time{}, "Choose a time in the future."},
		{"at the latest", now.Add(366 * 24 * time.Hour), now.Add(366 * 24 * time.Hour), ""},
		{"not later", now.Add(366*24*time.Hour + time.Microsecond), time.Time{}, "Choose a time within 366 days."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			end, err := (&TokenDraft{ExpiresAt: tt.asked}).endAt(now)
			if !end.Equal(tt.end) {
				t.Errorf("it ends %v, want %v", end, tt.end)
			}
			if tt.sentence != "" {
				wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "token.expire_time: "+tt.sentence)
			}
		})
	}
}
