package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestCheck_TwoEqualStaticBinariesAreQuiet(t *testing.T) {
	binary := program(t)
	lines := mistakes(t, runtime.GOARCH, binary, binary)
	if len(lines) != 0 {
		t.Errorf("mistakes = %q, want none", lines)
	}
}

func TestCheck_EachMistakeIsNamed(t *testing.T) {
	binary := program(t)
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	tests := []struct {
		name, arch    string
		first, second []byte
		want          string
	}{
		{"one byte differs", runtime.GOARCH, binary, flipped(binary, len(binary)-1), "two builds differ, first at byte "},
		{"one build is longer", runtime.GOARCH, binary, append(binary[:len(binary):len(binary)], 0), "two builds differ, first at byte "},
		{"another machine", other, binary, binary, "it is for "},
		{"the other machine's number in a header", runtime.GOARCH, flipped(binary, 18), flipped(binary, 18), "it is for "},
		{"a program that needs a loader", runtime.GOARCH, program(t, "-buildmode=pie"), nil, "it is not static, there is a segment PT_INTERP"},
		{"a script", runtime.GOARCH, []byte("#!/bin/sh 1.2.3 c0ffee"), nil, "it is no ELF file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := mistakes(t, test.arch, test.first, test.second)
			if !strings.Contains(strings.Join(lines, "\n"), test.want) {
				t.Errorf("mistakes = %q, want one that says %q", lines, test.want)
			}
		})
	}
}

func TestCheck_ABinaryThatDoesNotKnowItsCommitIsNamed(t *testing.T) {
	lines := mistakes(t, runtime.GOARCH, program(t, "-ldflags=-X main.Commit=another"), nil)
	if len(lines) != 1 || !strings.HasSuffix(lines[0], "it does not say that it is of c0ffee") {
		t.Errorf("mistakes = %q, want only the commit", lines)
	}
}

// The build script of this repository tells its folder: so do builds without -trimpath.
func TestRun_ABuildThatKnowsItsFolderIsFound(t *testing.T) {
	root, built := t.TempDir(), t.TempDir()
	write(t, filepath.Join(root, "tools/build.sh"), "#!/bin/sh\npwd >\"$2\"\ncat \"$(dirname \"$0\")/../proto/a.proto\" >>\"$2\"\n", 0o700)
	write(t, filepath.Join(root, "proto/a.proto"), "1.2.3 c0ffee", 0o600)
	write(t, filepath.Join(built, "linux-arm64/notes"), "another folder\n1.2.3 c0ffee", 0o600)
	command(t, root, "git", "init", "-q")
	lines, err := run(t.Context(), planted, root, built, []string{"linux-arm64/notes"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(lines, "\n"), "linux-arm64/notes: two builds differ") {
		t.Errorf("mistakes = %q, want that the builds differ", lines)
	}
}

// planted are the stamps of all binaries here.
var planted = stamps{version: "1.2.3", commit: "c0ffee"}

// mistakes checks two builds of a target for the machine; without a second it is the first.
func mistakes(t *testing.T, arch string, first, second []byte) []string {
	t.Helper()
	if second == nil {
		second = first
	}
	dir := t.TempDir()
	a, b := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	write(t, a, string(first), 0o600)
	write(t, b, string(second), 0o600)
	lines, err := target{name: "linux-" + arch + "/small", arch: arch}.check(planted, a, b)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// program builds a small static program that names its version and commit.
func program(t *testing.T, flags ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), "package main\n\nvar Commit = \"none\"\n\nfunc main() { println(\"1.2.3\", Commit) }\n", 0o600)
	t.Setenv("CGO_ENABLED", "0")
	t.Setenv("GOOS", "linux")
	command(t, dir, "go", append(append([]string{"build", "-ldflags=-X main.Commit=c0ffee"}, flags...), "-o", "small", "main.go")...)
	binary, err := os.ReadFile(filepath.Join(dir, "small"))
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// flipped returns a copy with one byte changed.
func flipped(binary []byte, at int) []byte {
	changed := append([]byte(nil), binary...)
	changed[at] ^= 1
	return changed
}

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o750)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(path, []byte(text), mode)
	if err != nil {
		t.Fatal(err)
	}
}
