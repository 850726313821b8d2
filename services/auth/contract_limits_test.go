package auth

import (
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// limitsOf gives what a contract tells of a field, and its pattern.
func limitsOf(message proto.Message, field protoreflect.Name) (*policypb.Limits, *regexp.Regexp) {
	options := message.ProtoReflect().Descriptor().Fields().ByName(field).Options()
	limits, _ := proto.GetExtension(options, policypb.E_Limits).(*policypb.Limits)
	return limits, regexp.MustCompile("^(?:" + limits.GetPattern() + ")$")
}

func TestTheContractTellsPrograms_WhichAddressesAreTaken(t *testing.T) {
	limits, pattern := limitsOf(&authpb.SignUpRequest{}, "email")
	if limits.GetMaxLength() != maxEmailLength {
		t.Errorf("the contract says at most %d characters", limits.GetMaxLength())
	}
	for _, address := range []string{
		"", "a", "a@b", "a@b.c", "A.B@C.D", "a..b@c.d", ".a@b.c", "a.@b.c", "a@b..c", "a@-b.c", "a@b-.c", "a@b.c-d", "a b@c.d", "a@b.c ", "é@b.c", "a@é.c",
		"!#$%&'*+/=?^_`{|}~-@b.c", `"a"@b.c`, "a@[127.0.0.1]", "a@b.c.", "a@" + strings.Repeat("b", 63) + ".c", "a@" + strings.Repeat("b", 64) + ".c",
	} {
		if len(address) <= maxEmailLength && pattern.MatchString(address) != (checkEmail(address) == "") {
			t.Errorf("%q: the service says %q, and the contract the other", address, checkEmail(address))
		}
	}
}

func TestTheContractTellsPrograms_WhichTitlesOfTokensAreTaken(t *testing.T) {
	_, pattern := limitsOf(&authpb.Token{}, "title")
	samples := []string{
		"", " a ", "\ta\n", "a b", "\u202ea", "\u2028a\u2029", "\u3000a\u3000", "\u200ba", "a\u061c", "日本", "🜁",
		strings.Repeat("é", 100), strings.Repeat("é", 101), " " + strings.Repeat("🜁", 100) + "\u00a0\n", strings.Repeat("🜁", 101),
	}
	for r := range rune(0x3100) {
		samples = append(samples, string(r), "a"+string(r), "a"+string(r)+"b")
	}
	for _, sample := range samples {
		sentence := checkTokenTitle(strings.TrimSpace(sample))
		if pattern.MatchString(sample) != (sentence == "") {
			t.Errorf("title %+q: the service says %q, and the contract the other", sample, sentence)
		}
	}
}
