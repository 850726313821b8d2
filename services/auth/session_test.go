package auth

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASessionTokenIs32RandomBytesInOneSpelling(t *testing.T) {
	token, stored := newSecret(sessionPrefix)
	again, other := newSecret(sessionPrefix)
	if len(token) != 50 || !strings.HasPrefix(token, "nj_ses_") || token == again || bytes.Equal(stored, other) {
		t.Errorf("got %s and %s", token, again)
	}
	hash, err := hashSecret(sessionPrefix, token)
	if err != nil || !bytes.Equal(hash, stored) {
		t.Errorf("got %x, %v, want %x", hash, err, stored)
	}
	if strings.Contains(token, string(stored)) {
		t.Error("the stored value is in the token")
	}
	for _, bad := range []string{
		"", "nj_ses_", token[7:], "NJ_SES_" + token[7:], token + "=", token + "A", token[:49], token[:49] + "\n", token + "\n",
		" " + token, token[:20] + "\r\n" + token[20:], token[:49] + "+", "nj_ses_" + strings.Repeat("A", 42) + "B",
	} {
		_, err := hashSecret(sessionPrefix, bad)
		if err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestMakeRoom(t *testing.T) {
	// sessions makes n of them, s0 the oldest; request ids are r0, r1 …
	sessions := func(n int, expired ...int) (held []heldSession) {
		for i := range n {
			held = append(held, heldSession{id: fmt.Sprintf("s%d", i), requestID: fmt.Sprintf("r%d", i)})
		}
		for _, i := range expired {
			held[i].expired = true
		}
		return held
	}
	for _, tt := range []struct {
		name        string
		held        []heldSession
		requestID   string
		end, remove []string
	}{
		{"a first session needs no room", nil, "r", nil, nil},
		{"the twentieth finds room", sessions(19), "r", nil, nil},
		{"the twenty-first ends the oldest", sessions(20), "r", []string{"s0"}, nil},
		{"too many, whyever, end down to nineteen", sessions(23), "r", []string{"s0", "s1", "s2", "s3"}, nil},
		{"a repeat ends what it started before, and that is the room", sessions(20), "r7", []string{"s7"}, nil},
		{"expired ones are no longer there", sessions(20, 3, 4), "r", nil, []string{"s3", "s4"}},
		{"an expired one of the same request has ended already", sessions(2, 1), "r1", nil, []string{"s1"}},
	} {
		end, remove := makeRoom(tt.held, tt.requestID)
		if diff := cmp.Diff([][]string{tt.end, tt.remove}, [][]string{end, remove}); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}
