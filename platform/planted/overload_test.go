//go:build overload

package planted_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/planted"
)

// Tests of overload that have never failed prove nothing: each of these bugs is
// built in, in turn, and the test that is named must notice it. `make
// overload-test` runs them.
func TestTheTestsOfOverloadNoticeEachPlantedBug(t *testing.T) {
	for _, c := range []struct{ bug, pkg, test string }{
		{planted.ShedNothing, "../admission", "TestNoMoreOfOneClassWaitThanMayBeInside"},
		{planted.ShedNothing, "../rpc", "TestListsAreShedWhileThereIsRoomForWrites"},
		{planted.ClassesEqual, "../admission", "TestWhileItFillsUpTheLowerClassesAreRefusedFirst"},
		{planted.ClassesEqual, "../rpc", "TestListsAreShedWhileThereIsRoomForWrites"},
		{planted.ShedIsRepeated, "../rpc", "TestACallThatFoundNoConnectionToTheDatabaseIsNotRepeated"},
		{planted.BreakerNeverOpens, "../rpc", "TestBreaker"},
		{planted.BreakerForShed, "../rpc", "TestBreaker"},
	} {
		t.Run(c.bug+" by "+c.test, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout", "1m", "-tags", "planted", "-run", "^"+c.test+"$", c.pkg) //nolint:gosec // named above
			cmd.Env = append(os.Environ(), "NOTEJAM_PLANTED_BUG="+c.bug)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: "+c.test) {
				t.Errorf("nothing was seen (%v):\n%s", err, out)
			}
		})
	}
}
