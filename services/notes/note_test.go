package notes

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
)

func TestATitleIsKeptTrimmedOrRefusedWithASentence(t *testing.T) {
	for name, c := range map[string]struct{ in, kept, sentence string }{
		"plain":                           {"Shopping", "Shopping", ""},
		"space around it is dropped":      {" \t\r\n\u00a0\u2003a b\u3000\n", "a b", ""},
		"space inside it is kept":         {"a  b", "a  b", ""},
		"empty":                           {"", "", sentenceRequired},
		"nothing but space":               {" \t\u2003 ", "", sentenceRequired},
		"100 characters of four bytes":    {strings.Repeat("🜁", 100), strings.Repeat("🜁", 100), ""},
		"101 characters":                  {strings.Repeat("a", 101), strings.Repeat("a", 101), sentenceTitleLong},
		"100 characters and space around": {" " + strings.Repeat("é", 100) + " ", strings.Repeat("é", 100), ""},
		"long and odd says long":          {strings.Repeat("\x00", 101), strings.Repeat("\x00", 101), sentenceTitleLong},
		"combining marks count each":      {strings.Repeat("e\u0301", 51), strings.Repeat("e\u0301", 51), sentenceTitleLong},
		"NUL":                             {"a\x00b", "a\x00b", sentenceTitleOdd},
		"line end inside":                 {"a\nb", "a\nb", sentenceTitleOdd},
		"C1 control":                      {"a\u0085b", "a\u0085b", sentenceTitleOdd},
		"delete":                          {"a\x7fb", "a\x7fb", sentenceTitleOdd},
		"line separator":                  {"a\u2028b", "a\u2028b", sentenceTitleOdd},
		"right-to-left override":          {"a\u202egpj.exe", "a\u202egpj.exe", sentenceTitleOdd},
		"isolate":                         {"a\u2066b", "a\u2066b", sentenceTitleOdd},
		"right-to-left mark":              {"a\u200fb", "a\u200fb", sentenceTitleOdd},
		"joiners and Hebrew are fine":     {"שלום 👨‍👩‍👧", "שלום 👨‍👩‍👧", ""},
		"SQL and HTML are text":           {`'; DROP TABLE notes; -- <b>&"\`, `'; DROP TABLE notes; -- <b>&"\`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			kept, sentence := cleanTitle(c.in)
			if kept != c.kept || sentence != c.sentence {
				t.Errorf("got %q, %q", kept, sentence)
			}
		})
	}
}

func TestATextIsKeptWithLineFeedsOrRefusedWithASentence(t *testing.T) {
	full := strings.Repeat("a", maxText)
	for name, c := range map[string]struct{ in, kept, sentence string }{
		"plain":                            {"a", "a", ""},
		"every line end becomes LF":        {"a\r\nb\rc\nd\r\r\n\n", "a\nb\nc\nd\n\n\n", ""},
		"space around it is kept":          {"  a \n", "  a \n", ""},
		"empty":                            {"", "", sentenceRequired},
		"nothing but space":                {" \r\n\t\u2003", " \n\t\u2003", sentenceRequired},
		"256 KiB":                          {full, full, ""},
		"256 KiB after line ends are made": {strings.Repeat("a\r\n", maxText/2), strings.Repeat("a\n", maxText/2), ""},
		"a byte more":                      {full + "a", full + "a", sentenceTextLong},
		"bytes count, not characters":      {strings.Repeat("é", maxText/2) + "a", strings.Repeat("é", maxText/2) + "a", sentenceTextLong},
	} {
		t.Run(name, func(t *testing.T) {
			kept, sentence := cleanText(c.in)
			if kept != c.kept || sentence != c.sentence {
				t.Errorf("got %d bytes, %q; want %d bytes, %q", len(kept), sentence, len(c.kept), c.sentence)
			}
		})
	}
}

func TestCleaningTwiceIsCleaningOnce(t *testing.T) {
	// A transaction that runs again cleans what it has cleaned before.
	for _, in := range []string{" a ", "\r\r\n", "a\r\n\rb", "\u00a0\x00"} {
		title, sentence := cleanTitle(in)
		again, sentenceAgain := cleanTitle(title)
		if title != again || sentence != sentenceAgain {
			t.Errorf("title %q: %q, then %q", in, title, again)
		}
		text, sentence := cleanText(in)
		again, sentenceAgain = cleanText(text)
		if text != again || sentence != sentenceAgain {
			t.Errorf("text %q: %q, then %q", in, text, again)
		}
	}
}

func TestASnippetIsTheBeginningOfTheTextOnOneLine(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"short":                             {"a b", "a b"},
		"space of any kind is one":          {"\n a\n\n\tb\u2003 c \n", "a b c"},
		"200 characters":                    {strings.Repeat("é", 200), strings.Repeat("é", 200)},
		"the 201st is cut off":              {strings.Repeat("é", 201), strings.Repeat("é", 200)},
		"it does not end in a space":        {strings.Repeat("a", 199) + " b", strings.Repeat("a", 199)},
		"space at the end of 200 is no gap": {strings.Repeat("a", 200) + " ", strings.Repeat("a", 200)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := snippet(c.text); got != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestADraftSaysEverythingThatIsWrongWithItAtOnce(t *testing.T) {
	empty, long, pad := "", strings.Repeat("a", 101), "pads/1"
	got := (&Draft{Title: &long, Text: &empty, Pad: &pad}).Validate()
	want := []fault.Field{
		{Name: "note.title", Sentence: "Use at most 100 characters."},
		{Name: "note.text", Sentence: "This field is required."},
		{Name: "note.pad", Sentence: "Choose one of your pads."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestADraftChangesOnlyWhatItDecides(t *testing.T) {
	pad, title, text := "pads/"+newID(), "New", "new\ntext"
	before := Note{Title: "Old", Text: "old", Snippet: "old", PadID: newID()}
	for name, c := range map[string]struct {
		draft  Draft
		want   Note
		fields []string
	}{
		"nothing":        {Draft{}, before, nil},
		"the title":      {Draft{Title: &title}, Note{Title: title, Text: "old", Snippet: "old", PadID: before.PadID}, []string{"title"}},
		"the text":       {Draft{Text: &text}, Note{Title: "Old", Text: text, Snippet: "new text", PadID: before.PadID}, []string{"text"}},
		"the pad":        {Draft{Pad: &pad}, Note{Title: "Old", Text: "old", Snippet: "old", PadID: pad[5:]}, []string{"pad"}},
		"no pad":         {Draft{Pad: new(string)}, Note{Title: "Old", Text: "old", Snippet: "old"}, []string{"pad"}},
		"the same again": {Draft{Title: &before.Title, Text: &before.Text}, before, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := before
			fields := c.draft.apply(&got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.fields, fields); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestANameHasOneSpelling(t *testing.T) {
	id := newID()
	for _, name := range []string{
		"", "notes/", id, "pads/" + id, "notes/1", "notes/" + strings.ToUpper(id), "notes/" + id + " ", "Notes/" + id, "/notes/" + id,
		"notes/" + strings.ReplaceAll(id, "-", ""), "notes/{" + id + "}", "notes/urn:uuid:" + id, "notes/" + id + "/text", "notes//" + id,
	} {
		if got, ok := noteID(name); ok {
			t.Errorf("%q names %q", name, got)
		}
	}
	got, ok := noteID(noteName(id))
	if !ok || got != id {
		t.Errorf("got %q, %v", got, ok)
	}
}
