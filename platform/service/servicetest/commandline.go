// Package servicetest runs a program's command line in a test, and holds the samples in the documentation to what it really says.
package servicetest

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// Result is what a command line said, and its exit code.
type Result struct {
	Code           int
	Stdout, Stderr string
}

// Run runs the program with these settings and arguments, until the end of the test at the latest.
func Run(t testing.TB, p service.Program, settings map[string]string, args ...string) Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := service.RunArgs(t.Context(), p, args, env.Map(settings), &stdout, &stderr)
	return Result{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
}

// WantSample fails the test unless the page shows the output under a line "$ command", apart from ids, times and ages.
func WantSample(t testing.TB, page, command, output string) {
	t.Helper()
	text, err := os.ReadFile(page) //nolint:gosec // the test names the page
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n$ "+command+"\n")
	if !found {
		t.Errorf("%s shows no\n$ %s\n%s", page, command, output)
		return
	}
	sample := after
	for _, end := range []string{"\n$ ", "\n```"} {
		sample, _, _ = strings.Cut(sample, end)
	}
	want, got := plain(strings.TrimSpace(sample)), plain(strings.TrimSpace(output))
	if want != got {
		t.Errorf("%s shows for %q\n%s\n\nand it says\n%s", page, command, want, got)
	}
}

// What differs from run to run, and what stands for it. The columns of tables stay where they are.
var differing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "YYYY-MM-DDThh:mm:ssZ"},
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+s\b`), "AGE"},
}

func plain(text string) string {
	for _, d := range differing {
		text = d.pattern.ReplaceAllString(text, d.with)
	}
	return text
}
