package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
)

var cheap = HashParams{MemoryKiB: 8, Passes: 1, Lanes: 1}

func TestTheShippedHashIsArgon2idWith19MiBAnd2Passes(t *testing.T) {
	h := NewHasher(DefaultHashParams, prometheus.NewRegistry())
	stored, err := h.Hash(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("got %s", stored)
	}
	right, err := h.Verify(t.Context(), stored, goodPassword)
	if err != nil || !right {
		t.Errorf("the right password: %v, %v", right, err)
	}
	right, err = h.Verify(t.Context(), stored, goodPassword+" ")
	if err != nil || right {
		t.Errorf("a wrong password: %v, %v", right, err)
	}
}

// The hash is one that the reference implementation made (argon2-cffi 25.1): passwords outlive this code.
func TestAHashFromElsewhereIsVerified(t *testing.T) {
	const stored = "$argon2id$v=19$m=64,t=3,p=2$bm90ZWphbS1yZWZlcmVuYw$5RfQ3gyIrwcuLOevtoGWG9M9qJfiSzhzWhzAqwgUgqg"
	h := NewHasher(cheap, prometheus.NewRegistry())
	right, err := h.Verify(t.Context(), stored, "blue kettle on the stove")
	if err != nil || !right {
		t.Errorf("got %v, %v", right, err)
	}
	if !h.Outdated(stored) {
		t.Error("other parameters are not outdated")
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	if newPHC(cheap, goodPassword).String() == newPHC(cheap, goodPassword).String() {
		t.Error("the salt is not fresh")
	}
}

func TestAStoredHashThatIsNotOursIsAnErrorAndNotAWrongPassword(t *testing.T) {
	good := newPHC(cheap, goodPassword).String()
	h := NewHasher(cheap, prometheus.NewRegistry())
	for _, stored := range []string{
		"hunter2", "$2b$12$abcdefghijklmnopqrstuv", good[1:], good + "$", good + "AA", good[:len(good)-4],
		strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=8", "m=x", 1), strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "m=8,t=1", "m=08,t=1", 1), strings.Replace(good, "p=1", "p=1,x=2", 1),
	} {
		_, err := h.Verify(t.Context(), stored, goodPassword)
		if err == nil || strings.Contains(err.Error(), stored) {
			t.Errorf("%s: got %v, want an error that does not repeat it", stored, err)
		}
		if !h.Outdated(stored) {
			t.Errorf("%s: is not outdated", stored)
		}
	}
}

// inQueue runs a test on a hasher with one slot, which is taken, and room for one to wait. Time stands still until everybody waits.
func inQueue(t *testing.T, name string, test func(t *testing.T, h *Hasher, leave func())) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHasher(cheap, 1, 1, hashWait, prometheus.NewRegistry())
			leave, err := h.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			test(t, h, leave)
		})
	})
}

func wantFull(t *testing.T, err error) {
	t.Helper()
	wantFault(t, err, fault.Exhausted, ReasonPasswordQueueFull)
	if e, _ := fault.As(err); e.RetryAfter != time.Second {
		t.Errorf("retry after %v, want 1 s", e.RetryAfter)
	}
}

func TestHasherQueue(t *testing.T) {
	inQueue(t, "whoever waits for a slot gets it", func(t *testing.T, h *Hasher, leave func()) {
		time.AfterFunc(hashWait-time.Millisecond, leave)
		_, err := h.Hash(t.Context(), goodPassword)
		if err != nil {
			t.Error(err)
		}
	})

	inQueue(t, "whoever waits for 750 ms is refused, with a time to try again", func(t *testing.T, h *Hasher, leave func()) {
		begin := time.Now()
		_, err := h.Hash(t.Context(), goodPassword)
		wantFull(t, err)
		if waited := time.Since(begin); waited != 750*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		leave()
		_, err = h.Hash(t.Context(), goodPassword)
		if err != nil {
			t.Errorf("with the slot free again: %v", err)
		}
	})

	inQueue(t, "whoever finds the queue full is refused at once", func(t *testing.T, h *Hasher, leave func()) {
		waiting := make(chan error)
		go func() {
			_, err := h.Verify(t.Context(), "", goodPassword)
			waiting <- err
		}()
		synctest.Wait()
		begin := time.Now()
		_, err := h.Verify(t.Context(), "", goodPassword)
		wantFull(t, err)
		if time.Since(begin) != 0 {
			t.Errorf("waited %v", time.Since(begin))
		}
		leave()
		err = <-waiting
		if err != nil {
			t.Errorf("the one that waited: %v", err)
		}
	})

	inQueue(t, "whoever goes away gives the place back", func(t *testing.T, h *Hasher, leave func()) {
		defer leave()
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := h.Hash(ctx, goodPassword)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
	})
}
