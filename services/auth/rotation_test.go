package auth

import (
	"testing"
	"time"
)

// Two replicas look at the keys every minute for ten days, with an outage of all of them in between, and
// clocks that are a few seconds apart. Meanwhile every key that signs must have been public for 15 minutes,
// and stay so for 10 after its last signature.
func TestRotationKeepsEveryKeyPublicLongEnough(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var keys keyTimes
	publicSince, lastSigned, gone := map[int]time.Time{}, map[int]time.Time{}, map[int]time.Time{}
	for minute := range 10 * 24 * 60 {
		if minute > 4*24*60 && minute < 7*24*60 {
			continue // nothing runs
		}
		for _, skew := range []time.Duration{0, 4 * time.Second} {
			now := start.Add(time.Duration(minute)*time.Minute + skew)
			next, due := keys.due(now)
			if due {
				keys = append(keys, next)
			}
			public := map[int]bool{}
			for _, key := range keys[keys.public(now):] {
				public[key.seq] = true
				if publicSince[key.seq].IsZero() {
					publicSince[key.seq] = now
				}
			}
			signing := keys[keys.current(now)].seq
			lastSigned[signing] = now
			if !public[signing] {
				t.Fatalf("%v: key %d signs and is not public", now, signing)
			}
			if signing > 1 && now.Sub(publicSince[signing]) < 15*time.Minute {
				t.Fatalf("%v: key %d signs %v after it became public", now, signing, now.Sub(publicSince[signing]))
			}
			for seq := range publicSince {
				if !public[seq] && gone[seq].IsZero() {
					gone[seq] = now
				}
			}
			if len(public) > 3 {
				t.Fatalf("%v: %d keys are public", now, len(public))
			}
		}
	}
	if len(lastSigned) != 8 { // a day each, but for the one of the outage, which went on until the next was public
		t.Errorf("%d keys have signed, want 8", len(lastSigned))
	}
	for seq, at := range gone {
		if kept := at.Sub(lastSigned[seq]); kept < 10*time.Minute {
			t.Errorf("key %d was public for only %v after its last signature", seq, kept)
		}
	}
}

func TestAKeySignsAlthoughTheClockWasSetBackToBeforeIt(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	keys := keyTimes{{1, start}, {2, start.Add(keyPeriod)}}
	if at := keys.current(start.Add(-time.Hour)); at != 0 {
		t.Errorf("key %d signs, want the first one", at)
	}
}
