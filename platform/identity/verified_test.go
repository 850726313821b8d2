package identity_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
)

func TestVerify_AGoodTokenIsRememberedForTenSecondsAndNotPastItsEnd(t *testing.T) {
	r := newRig(t)
	token := r.token()
	verify := func() error {
		principal, err := r.Verify(t.Context(), token)
		if err == nil {
			if diff := cmp.Diff(somebody, principal); diff != "" {
				t.Errorf("signed and verified differ:\n%s", diff)
			}
		}
		return err
	}
	err := verify()
	if err != nil {
		t.Fatal(err)
	}
	// Without its key, only memory knows the token.
	r.forgetKeys()
	for range 3 {
		err = verify()
		if err != nil {
			t.Errorf("after a moment: %v", err)
		}
		r.advance(3 * time.Second)
	}
	r.advance(time.Second)
	err = verify()
	if err == nil {
		t.Error("after ten seconds it is still remembered")
	}
}

func TestVerify_ARememberedTokenEndsWhenItExpires(t *testing.T) {
	r := newRig(t)
	token := r.token()
	r.advance(time.Minute - time.Second)
	_, err := r.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	r.advance(7 * time.Second) // past the end and the leeway, and within the ten seconds
	_, err = r.Verify(t.Context(), token)
	if fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestVerify_ABadTokenIsNeverRemembered(t *testing.T) {
	r := newRig(t)
	good := r.token()
	_, err := r.Verify(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = r.Verify(t.Context(), good[:len(good)-2]+"AA")
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("got %v", err)
		}
	}
}
