//go:build storm

package storm

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/planted"
)

// A storm that has never found anything proves nothing: each of these bugs is
// built into the services in turn, and the verdict must name it. `make
// storm-planted` runs them, one after the other, for they need the machine.
func TestStorm_NoticesEachPlantedBug(t *testing.T) {
	work := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for bug, seen := range map[string]func(Verdict) int{
		planted.MarkBeforeSend:     func(v Verdict) int { return v.Lost },
		planted.CursorRelay:        func(v Verdict) int { return v.Lost },
		planted.BatchWhollySent:    func(v Verdict) int { return v.Lost },
		planted.InsertWithout:      func(v Verdict) int { return v.Lost },
		planted.DeleteBeforeRecord: func(v Verdict) int { return v.Lost },
		planted.DedupByMessage:     func(v Verdict) int { return v.Doubled },
		planted.EffectTwice:        func(v Verdict) int { return v.Doubled },
		planted.ChainEdited:        func(v Verdict) int { return len(v.Broken) },
	} {
		t.Run(bug, func(t *testing.T) {
			v, err := Run(t.Context(), Options{
				Seed: 1, Work: work, Root: root, Out: os.Stderr, Rage: 5 * time.Second, Outage: time.Second, Patience: 2 * time.Second,
				Settle: 12 * time.Second, Bug: bug,
			})
			if err != nil {
				t.Fatal(err)
			}
			if seen(v) == 0 {
				t.Errorf("the storm saw nothing: %v", v)
			}
			t.Log(v)
		})
	}
}
