package notes

import (
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gitlab.com/notejam/notejam/proto/notespb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// patternOf gives the pattern that a contract tells of a field.
func patternOf(t *testing.T, message proto.Message, field protoreflect.Name) *regexp.Regexp {
	t.Helper()
	options := message.ProtoReflect().Descriptor().Fields().ByName(field).Options()
	limits, _ := proto.GetExtension(options, policypb.E_Limits).(*policypb.Limits)
	if limits.GetPattern() == "" {
		t.Fatalf("%s has no pattern", field)
	}
	return regexp.MustCompile("^(?:" + limits.GetPattern() + ")$")
}

func TestTheContractTellsPrograms_WhichTitlesAndTextsAreTaken(t *testing.T) {
	note, pad := patternOf(t, &notespb.Note{}, "title"), patternOf(t, &notespb.Pad{}, "title")
	text := patternOf(t, &notespb.Note{}, "text")
	samples := []string{
		"", " ", "\t\r\n", "a", " a ", "\ta\n", "a b", "a\tb", "a\x00", "\x00a", "a\u202eb", "\u202ea", "a\u2028b", "\u2028a\u2029", "\u0085a\u0085", "\u0085",
		"\u3000a\u3000", "\u3000", "a\u3000b", "\u180e", "\ufeffa", "\u200ba", "\u200fa", "a\u061c", "\x7f", "é", "日本", "🜁",
		strings.Repeat("é", 99), strings.Repeat("é", 100), strings.Repeat("é", 101), " " + strings.Repeat("🜁", 100) + "\u00a0\n", strings.Repeat("🜁", 101),
		"a" + strings.Repeat(" ", 98) + "b", "a" + strings.Repeat(" ", 99) + "b", strings.Repeat("\u1680", 300) + "a",
	}
	for r := range rune(0x3100) {
		samples = append(samples, string(r), "a"+string(r), string(r)+"a", "a"+string(r)+"b")
	}
	for _, sample := range samples {
		_, wrong := cleanTitle(sample)
		if note.MatchString(sample) != (wrong == "") || pad.MatchString(sample) != (wrong == "") {
			t.Errorf("title %+q: the service says %q, and the contract the other", sample, wrong)
		}
		_, wrong = cleanText(sample)
		if text.MatchString(sample) != (wrong == "") {
			t.Errorf("text %+q: the service says %q, and the contract the other", sample, wrong)
		}
	}
}
