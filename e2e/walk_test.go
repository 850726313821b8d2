package e2e_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// shellBlock is a part of docs/api.md that a reader types.
var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// said is the end of a command whose output the page tells.
var said = regexp.MustCompile(`(?m)   +# (.+)$`)

// TestTheWalkThroughTheAPI runs the commands of docs/api.md as they stand, and compares what they say with what the
// page tells.
func TestTheWalkThroughTheAPI(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	script := "set -euo pipefail\n"
	for _, block := range shellBlock.FindAllStringSubmatch(string(page), -1) {
		script += said.ReplaceAllString(block[1], "\necho '# $1'")
	}
	member(t) // once somebody could sign up, web has found the services
	command := exec.CommandContext(t.Context(), "bash", "-c", script)
	command.Env = append(os.Environ(), "URL="+stack.URL())
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	told, before := 0, ""
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSpace(line)
		want, isTold := strings.CutPrefix(line, "# ")
		if isTold {
			told++
			if before != want {
				t.Errorf("a command says %q, and the page %q", before, want)
			}
		}
		before = line
	}
	if told < 6 {
		t.Errorf("only %d commands were compared with the page:\n%s", told, output)
	}
}
