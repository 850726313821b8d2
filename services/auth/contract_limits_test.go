package auth

import (
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

func TestTheContractTellsPrograms_WhichAddressesAreTaken(t *testing.T) {
	options := (&authpb.SignUpRequest{}).ProtoReflect().Descriptor().Fields().ByName("email").Options()
	limits, _ := proto.GetExtension(options, policypb.E_Limits).(*policypb.Limits)
	pattern := regexp.MustCompile("^(?:" + limits.GetPattern() + ")$")
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
