package notes

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
)

func newTokens(t testing.TB, key string) *pageTokens {
	t.Helper()
	tokens, err := newPageTokens(env.NewSecret(key))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// sealed makes the token of a place in Ann's list.
func sealed(t testing.TB, tokens *pageTokens, c *cursor) string {
	t.Helper()
	token, err := tokens.seal("ann", "list", c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenGivesItsPlaceBack(t *testing.T) {
	tokens := newTokens(t, testTokenKey)
	for _, place := range []*cursor{
		{ID: newID(), Updated: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)},
		{ID: newID(), Title: `"<>&` + strings.Repeat("🜁", 96), Back: true},
		{ID: newID()},
	} {
		token := sealed(t, tokens, place)
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,700}$`).MatchString(token) {
			t.Errorf("token is long or not fit for a URL: %q", token)
		}
		got, err := tokens.open("ann", "list", token)
		if diff := cmp.Diff(place, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
}

func TestNoTokenIsTheFirstPage(t *testing.T) {
	tokens := newTokens(t, testTokenKey)
	at, err := tokens.open("ann", "list", "")
	if at != nil || err != nil {
		t.Errorf("got %v, %v", at, err)
	}
	if token := sealed(t, tokens, nil); token != "" {
		t.Errorf("got %q", token)
	}
}

func TestATokenTellsNothing(t *testing.T) {
	token := sealed(t, newTokens(t, testTokenKey), &cursor{ID: newID(), Title: "my secret plan"})
	plain, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || strings.Contains(string(plain), "plan") {
		t.Errorf("got %q, %v", plain, err)
	}
}

func TestATokenIsGoodForItsOwnerListAndKeyOnly(t *testing.T) {
	tokens := newTokens(t, testTokenKey)
	token := sealed(t, tokens, &cursor{ID: newID()})
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	flipped := append([]byte{}, raw...)
	flipped[len(flipped)/2] ^= 1
	for name, open := range map[string]func() (*cursor, error){
		"another person": func() (*cursor, error) { return tokens.open("ben", "list", token) },
		"another list":   func() (*cursor, error) { return tokens.open("ann", "other", token) },
		"another key":    func() (*cursor, error) { return newTokens(t, testTokenKey+"2").open("ann", "list", token) },
		"a changed byte": func() (*cursor, error) {
			return tokens.open("ann", "list", base64.RawURLEncoding.EncodeToString(flipped))
		},
		"a byte less": func() (*cursor, error) {
			return tokens.open("ann", "list", base64.RawURLEncoding.EncodeToString(raw[1:]))
		},
		"padding":          func() (*cursor, error) { return tokens.open("ann", "list", token+"=") },
		"not base64":       func() (*cursor, error) { return tokens.open("ann", "list", "not a token") },
		"a line end":       func() (*cursor, error) { return tokens.open("ann", "list", token+"\n") },
		"a page's number":  func() (*cursor, error) { return tokens.open("ann", "list", "2") },
		"the empty sealed": func() (*cursor, error) { return tokens.open("ann", "list", "AAAA") },
	} {
		at, err := open()
		if at != nil || !fault.Is(err, fault.ReasonPageTokenInvalid) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, %v", name, at, err)
		}
	}
}

func TestAWeakKeyIsRefused(t *testing.T) {
	_, err := newPageTokens(env.NewSecret("short and guessable"))
	if err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("got %v", err)
	}
}

// Whatever a place holds, its token gives it back; one letter of it changed, cut or added does not, and nor does anything else that somebody sends.
func FuzzPageToken(f *testing.F) {
	tokens := newTokens(f, testTokenKey)
	f.Add("a title", "01a20a63-9ef8-766d-bf6e-d502b93896a7", true, uint16(3), "A", "AAAA")
	f.Add("\x00\u202e\"", "", false, uint16(70), "\n", "")
	f.Fuzz(func(t *testing.T, title, id string, back bool, at uint16, letter, foreign string) {
		if !utf8.ValidString(title) || !utf8.ValidString(id) {
			return // the database holds no such text
		}
		place := &cursor{ID: id, Title: title, Back: back}
		token := sealed(t, tokens, place)
		got, err := tokens.open("ann", "list", token)
		if err != nil || *got != *place {
			t.Fatalf("sealed %+v, opened %+v, %v", place, got, err)
		}
		i := int(at) % len(token)
		for _, other := range []string{token[:i] + letter + token[i:], token[:i] + letter + token[i+1:], token[:i], foreign} {
			if other == token || other == "" {
				continue
			}
			got, err := tokens.open("ann", "list", other)
			if got != nil || !fault.Is(err, fault.ReasonPageTokenInvalid) {
				t.Errorf("%q for %q: got %+v, %v", other, token, got, err)
			}
		}
	})
}

func TestAFilterIsConditionsOnThePadAndTheTime(t *testing.T) {
	id := newID()
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for filter, want := range map[string]list{
		"":                                     {},
		`pad = "pads/` + id + `"`:              {inPad: true, pad: id},
		` pad="pads/` + id + `"  `:             {inPad: true, pad: id},
		`pad = ""`:                             {inPad: true},
		`update_time > "2026-11-01T12:00:00Z"`: {since: noon},
		`update_time>"2026-11-01T13:00:00.0000019+01:00"`:                    {since: noon.Add(time.Microsecond)},
		`update_time > "2026-11-01T12:00:00Z" AND pad = ""`:                  {since: noon, inPad: true},
		`pad = "pads/` + id + `"  AND  update_time > "2026-11-01T12:00:00Z"`: {since: noon, inPad: true, pad: id},
	} {
		var got list
		ok := got.parseFilter(filter)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(list{}, order{})); !ok || diff != "" {
			t.Errorf("%s: %v\n%s", filter, ok, diff)
		}
	}
	for _, filter := range []string{
		" ", "pad", `pad = pads/` + id, `pad != ""`, `pad = "` + id + `"`, `pad = "notes/` + id + `"`, `title = "a"`,
		`pad = "" OR pad = ""`, `pad = "pads/` + id + `" --`, `pad = "pads/` + strings.ToUpper(id) + `"`, `pad = "\"`,
		`pad = "" AND pad = ""`, `update_time > "2026-11-01T12:00:00Z" AND update_time > "2026-11-02T12:00:00Z"`, `pad = "" AND`, `pad = ""AND pad = ""`,
		`update_time > "yesterday"`, `update_time > "2026-11-01"`, `update_time >= "2026-11-01T12:00:00Z"`, `update_time < "2026-11-01T12:00:00Z"`,
		`update_time > "0001-01-01T00:00:00Z"`, `update_time > "2026-02-30T00:00:00Z"`, `update_time > ""`, `pad > ""`,
		`pad = ""` + strings.Repeat(" ", maxFilter),
	} {
		if new(list).parseFilter(filter) {
			t.Errorf("%s was taken", filter)
		}
	}
}
