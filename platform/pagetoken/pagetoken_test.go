package pagetoken_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/pagetoken"
)

type cursor struct {
	Time time.Time `json:"t"`
	ID   string    `json:"i"`
}

var (
	tokens = pagetoken.New([]byte(strings.Repeat("k", pagetoken.MinKey)))
	sealed = cursor{Time: time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC), ID: "ünï/?&="}
)

func encode(t *testing.T, bound string) string {
	t.Helper()
	token, err := tokens.Encode(bound, sealed)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenGivesItsPayloadBack(t *testing.T) {
	token := encode(t, "mine")
	if url.QueryEscape(token) != token {
		t.Errorf("%s needs escaping in a URL", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || strings.Contains(string(raw), "2026") {
		t.Errorf("the payload can be read in the token (or not decoded: %v)", err)
	}
	var got cursor
	err = tokens.Decode("mine", token, &got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sealed, got); diff != "" {
		t.Errorf("sealed and opened differ:\n%s", diff)
	}
}

func TestATokenThatIsNotOursForThisListIsInvalid(t *testing.T) {
	good := encode(t, "mine")
	other, err := pagetoken.New([]byte("another key")).Encode("mine", sealed)
	if err != nil {
		t.Fatal(err)
	}
	notACursor, err := tokens.Encode("mine", "text")
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"empty":                 "",
		"of another list":       encode(t, "mine too"),
		"of another key":        other,
		"with another payload":  notACursor,
		"cut":                   good[:len(good)-1],
		"longer":                good + "A",
		"shorter than a seal":   base64.RawURLEncoding.EncodeToString([]byte("short")),
		"only a seal":           base64.RawURLEncoding.EncodeToString(make([]byte, 28)),
		"not base64":            "!!!",
		"in the other alphabet": "//" + good[2:],
		"with line breaks":      good[:8] + "\n" + good[8:],
		"of a megabyte":         strings.Repeat("A", 1<<20),
		"with SQL":              "' OR 1=1 --",
		"of zeros":              strings.Repeat("A", 200),
	} {
		var got cursor
		err := tokens.Decode("mine", token, &got)
		if !fault.Is(err, fault.ReasonPageTokenInvalid) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("a token %s: got %v", name, err)
		}
	}
}

func TestEveryChangedBitIsNoticed(t *testing.T) {
	raw, err := base64.RawURLEncoding.DecodeString(encode(t, "mine"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for bit := range 8 {
			changed := append([]byte(nil), raw...)
			changed[i] ^= 1 << bit
			var got cursor
			err := tokens.Decode("mine", base64.RawURLEncoding.EncodeToString(changed), &got)
			if err == nil {
				t.Fatalf("byte %d, bit %d changed and accepted: %+v", i, bit, got)
			}
		}
	}
}

// made is a token of Encode's for sealed, in the list "mine". It is written down,
// because each of the processes that fuzz would make another one.
const made = "KEk-1DlciOmRZIthNvU6f4kKhFqJtPvEjKjCPC3VnoqyYpM3RJY14Hm0jgMvSCCCuifVdcGndQrRyaPOuINncKHFnU0_B-2FT9itg6UIAbHsBhNR"

func FuzzDecodeAcceptsOnlyWhatEncodeMade(f *testing.F) {
	f.Add(made)
	f.Add("")
	f.Add("AAAA")
	f.Add(made + "=")
	f.Add(made[:40] + "\n" + made[40:])
	f.Fuzz(func(t *testing.T, token string) {
		var got cursor
		err := tokens.Decode("mine", token, &got)
		if token == made && (err != nil || got != sealed) || token != made && !fault.Is(err, fault.ReasonPageTokenInvalid) {
			t.Errorf("%q: got %+v, %v", token, got, err)
		}
	})
}
