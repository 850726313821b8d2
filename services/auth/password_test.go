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

func enter(t *testing.T, h *Hasher) Place {
	t.Helper()
	place, err := h.Enter()
	if err != nil {
		t.Fatal(err)
	}
	return place
}

func TestTheShippedHashIsArgon2idWith19MiBAnd2Passes(t *testing.T) {
	h := enter(t, NewHasher(DefaultHashParams, prometheus.NewRegistry()))
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
	right, err := enter(t, h).Verify(t.Context(), stored, "blue kettle on the stove")
	if err != nil || !right {
		t.Errorf("got %v, %v", right, err)
	}
	if !h.Outdated(stored) {
		t.Error("other parameters are not outdated")
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	first, second := newPHC(cheap, goodPassword), newPHC(cheap, goodPassword)
	if first.String() == second.String() {
		t.Error("the salt is not fresh")
	}
}

func TestAStoredHashThatIsNotOursIsAnErrorAndNotAWrongPassword(t *testing.T) {
	good := newPHC(cheap, goodPassword).String()
	h := NewHasher(cheap, prometheus.NewRegistry())
	place := enter(t, h)
	for _, stored := range []string{
		"hunter2", "$2b$12$abcdefghijklmnopqrstuv", good[1:], good + "$", good + "AA", good[:len(good)-4],
		strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=8", "m=x", 1), strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "m=8,t=1", "m=08,t=1", 1), strings.Replace(good, "p=1", "p=1,x=2", 1),
	} {
		_, err := place.Verify(t.Context(), stored, goodPassword)
		if err == nil || strings.Contains(err.Error(), stored) {
			t.Errorf("%s: got %v, want an error that does not repeat it", stored, err)
		}
		if !h.Outdated(stored) {
			t.Errorf("%s: is not outdated", stored)
		}
	}
}

// inQueue runs a test on a hasher with one slot, which is taken until done, and two places, of which the test
// has one. Time stands still until everybody waits.
func inQueue(t *testing.T, name string, test func(t *testing.T, h *Hasher, place Place, done func())) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHasher(cheap, 1, 1, hashWait, prometheus.NewRegistry())
			other := enter(t, h)
			free, err := h.slot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			test(t, h, enter(t, h), func() { free(); other.Leave() })
		})
	})
}

func wantFull(t *testing.T, err error) {
	t.Helper()
	wantFault(t, err, fault.Exhausted, ReasonPasswordQueueFull)
	full, ok := fault.As(err)
	if ok && full.RetryAfter != time.Second {
		t.Errorf("retry after %v, want 1 s", full.RetryAfter)
	}
}

func TestHasherQueue(t *testing.T) {
	inQueue(t, "whoever waits for a slot gets it", func(t *testing.T, _ *Hasher, place Place, done func()) {
		time.AfterFunc(hashWait-time.Millisecond, done)
		_, err := place.Hash(t.Context(), goodPassword)
		if err != nil {
			t.Error(err)
		}
	})

	inQueue(t, "whoever waits for 750 ms is refused, with a time to try again", func(t *testing.T, _ *Hasher, place Place, done func()) {
		begin := time.Now()
		_, err := place.Hash(t.Context(), goodPassword)
		wantFull(t, err)
		if waited := time.Since(begin); waited != 750*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		done()
		_, err = place.Verify(t.Context(), "", goodPassword)
		if err != nil {
			t.Errorf("with the slot free again: %v", err)
		}
	})

	inQueue(t, "whoever finds no place is refused at once", func(t *testing.T, h *Hasher, place Place, _ func()) {
		begin := time.Now()
		_, err := h.Enter()
		wantFull(t, err)
		if time.Since(begin) != 0 {
			t.Errorf("waited %v", time.Since(begin))
		}
		place.Leave()
		enter(t, h)
	})

	inQueue(t, "whoever goes away waits no longer", func(t *testing.T, _ *Hasher, place Place, _ func()) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := place.Hash(ctx, goodPassword)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestHasher_TellsHowManyHashAndHowManyHavePlaces(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := newHasher(cheap, 1, 1, hashWait, registry)
	enter(t, h)
	enter(t, h)
	_, err := h.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[string]float64)
	for _, family := range families {
		told[family.GetName()] = family.GetMetric()[0].GetGauge().GetValue()
	}
	if told["auth_password_hashing"] != 1 || told["auth_password_places"] != 2 {
		t.Errorf("got %v, want one that hashes, and two places taken", told)
	}
}
