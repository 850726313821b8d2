// Package planted sees that the house rules of .golangci.yml bite. It writes a
// small module with the folders of ours, plants one violation of each rule in
// it, beside what the rule allows, and runs golangci-lint there. What is
// planted stands in plants_test.go.
package planted

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	ours   = "gitlab.com/notejam/notejam/"
	linter = "../../.cache/bin/golangci-lint"
	config = "../../.golangci.yml"
)

// plant is one Go file of the planted module.
type plant struct {
	file  string // its path; it gets a folder of its own there, so that no two plants meet
	code  string // what stands behind its package line
	finds string // part of what must be said about it; empty: nothing may be said
}

func TestHouseRules_EachPlantedViolationIsFoundAndNothingElse(t *testing.T) {
	root := t.TempDir()
	copyFile(t, config, filepath.Join(root, ".golangci.yml"))
	for i, p := range plants {
		write(t, filepath.Join(root, p.path(i)), "package plant\n\n"+p.code)
	}
	writeImported(t, root)

	found := lint(t, root)

	for i, p := range plants {
		said := found[p.path(i)]
		switch {
		case p.finds == "" && len(said) > 0:
			t.Errorf("allowed, but refused: %s in %s\n\t%s", p.code, p.file, strings.Join(said, "\n\t"))
		case p.finds != "" && (len(said) != 1 || !strings.Contains(said[0], p.finds)):
			t.Errorf("want one finding that says %q for\n%s in %s, got %q", p.finds, p.code, p.file, said)
		}
	}
}

func (p plant) path(number int) string {
	return filepath.Join(filepath.Dir(p.file), fmt.Sprintf("plant%d", number), filepath.Base(p.file))
}

// lint returns what depguard and forbidigo say about each file.
func lint(t *testing.T, root string) map[string][]string {
	t.Helper()
	program, err := filepath.Abs(linter)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "run", "--enable-only", "depguard,forbidigo",
		"--output.json.path", "stdout", "--show-stats=false", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off",
		"GOLANGCI_LINT_CACHE="+filepath.Join(t.TempDir(), "cache"))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if len(output) == 0 {
		t.Fatalf("%s (built by make test-tools): %v\n%s", linter, err, complaints.String())
	}
	var report struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct{ Filename string }
		}
	}
	err = json.Unmarshal(output, &report)
	if err != nil {
		t.Fatalf("%v in %s", err, output)
	}
	found := make(map[string][]string)
	for _, issue := range report.Issues {
		if issue.FromLinter != "depguard" && issue.FromLinter != "forbidigo" {
			t.Fatalf("the planted module is broken: %s: %s", issue.Pos.Filename, issue.Text)
		}
		found[issue.Pos.Filename] = append(found[issue.Pos.Filename], issue.Text)
	}
	return found
}

// writeImported writes the planted module's go.mod and an empty package for
// each one that the plants import, so that they compile.
func writeImported(t *testing.T, root string) {
	t.Helper()
	imports := regexp.MustCompile(`(?m)^import (?:_ )?"([^"]+)"$`)
	mod := "module " + strings.TrimSuffix(ours, "/") + "\n\ngo 1.26.0\n"
	written := make(map[string]bool)
	for _, p := range plants {
		for _, match := range imports.FindAllStringSubmatch(p.code, -1) {
			path := match[1]
			if written[path] {
				continue
			}
			written[path] = true
			folder, mine := strings.CutPrefix(path, ours)
			if mine {
				write(t, filepath.Join(root, folder, "empty.go"), "package "+filepath.Base(folder)+"\n")
				continue
			}
			if !strings.Contains(strings.Split(path, "/")[0], ".") {
				continue // the standard library's
			}
			stub := filepath.Join("stubs", path)
			mod += fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %s => ./%s\n", path, path, stub)
			write(t, filepath.Join(root, stub, "go.mod"), "module "+path+"\n\ngo 1.26.0\n")
			write(t, filepath.Join(root, stub, "stub.go"), stubs[path])
		}
	}
	write(t, filepath.Join(root, "go.mod"), mod)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(data))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o750)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(path, []byte(text), 0o600)
	if err != nil {
		t.Fatal(err)
	}
}
