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
// into notes in turn, and a sequence must be found that tells, or the history of
// the edits must. `make model-planted` runs them.
func TestTheModelNoticesEachPlantedBug(t *testing.T) {
	for _, c := range []struct{ bug, test, told string }{
		{planted.EtagIgnored, "RandomSequences", "[rapid] failed after"},
		{planted.CountKept, "RandomSequences", "[rapid] failed after"},
		{planted.PadForgotten, "RandomSequences", "[rapid] failed after"},
		{planted.RepeatUnheard, "RandomSequences", "[rapid] failed after"},
		{planted.EtagIgnored, "FiftyEditors", "two edits changed what etag"},
	} {
		t.Run(c.bug+" by "+c.test, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-tags", "planted", "-run", c.test, ".",
				"-rapid.nofailfile", "-rapid.shrinktime", "1s")
			cmd.Env = append(os.Environ(), "NOTEJAM_PLANTED_BUG="+c.bug)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.told) {
				t.Errorf("nothing was seen (%v):\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
