//go:build model

package model_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/planted"
)

// A model that has never disagreed proves nothing: each of these bugs is built
// into notes in turn, and a sequence must be found that tells. `make
// model-planted` runs them.
func TestTheModelNoticesEachPlantedBug(t *testing.T) {
	for _, bug := range []string{planted.EtagIgnored, planted.CountKept, planted.PadForgotten, planted.RepeatUnheard} {
		t.Run(bug, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-tags", "planted", "-run", "RandomSequences", ".",
				"-rapid.nofailfile", "-rapid.shrinktime", "1s")
			cmd.Env = append(os.Environ(), "NOTEJAM_PLANTED_BUG="+bug)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "[rapid] failed after") {
				t.Errorf("the model saw nothing (%v):\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
