package auth

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

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
			held = append(held, heldSession{id: fmt.Sprintf("s%d", i), requestID: fmt.Sprintf("r%d", i), expiresAt: time.Unix(int64(i), 0)})
		}
		for _, i := range expired {
			held[i].expired = true
		}
		return held
	}
	for _, tt := range []struct {
		name      string
		held      []heldSession
		requestID string
		end       []string
	}{
		{"a first session needs no room", nil, "r", nil},
		{"the twentieth finds room", sessions(19), "r", nil},
		{"the twenty-first ends the oldest", sessions(20), "r", []string{"s0 too_many_sessions"}},
		{"too many, whyever, end down to nineteen", sessions(22), "r", []string{"s0 too_many_sessions", "s1 too_many_sessions", "s2 too_many_sessions"}},
		{"a repeat ends what it started before, and that is the room", sessions(20), "r7", []string{"s7 sign_in_repeated"}},
		{"expired ones ended when they expired", sessions(20, 3, 4), "r", []string{"s3 expired at 3", "s4 expired at 4"}},
		{"an expired one of the same request has ended already", sessions(2, 1), "r1", []string{"s1 expired at 1"}},
	} {
		var got []string
		for _, e := range makeRoom(tt.held, tt.requestID) {
			said := e.id + " " + e.why
			if !e.at.IsZero() {
				said += fmt.Sprintf(" at %d", e.at.Unix())
			}
			got = append(got, said)
		}
		if diff := cmp.Diff(tt.end, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}
