//go:build scan

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Scanners that nobody here wrote read what was written for Terraform, and the Dockerfile. `make infra-scan` brings
// their programs and says where they are. They tell all that they find, for no suppression of theirs is used:
// exceptions_list_test.go says what may be found.

func TestScannersFindWhatIsExceptedAndAllThatIsPlanted(t *testing.T) {
	root := t.TempDir()
	lay(t, root)
	found := append(checkov(t, root), trivy(t, root)...)

	var ours []finding
	for _, f := range found {
		if !strings.HasPrefix(f.Where, planted) {
			ours = append(ours, f)
		}
	}
	for _, fault := range unargued(ours, exceptions()) {
		t.Error(fault)
	}
	for i, m := range scanMistakes() {
		for _, check := range m.Checks {
			want := folderOf(i) + "/" + m.Where
			is := func(f finding) bool { return f.Check == check && f.Where == want }
			if !slices.ContainsFunc(found, is) {
				t.Errorf("%s: %s does not find it at %s", m.Says, check, want)
			}
			before := strings.Replace(want, folderOf(i), m.Stack, 1)
			if slices.ContainsFunc(found, func(f finding) bool { return f.Check == check && f.Where == before }) {
				t.Errorf("%s: %s finds something there anyway", m.Says, check)
			}
		}
	}
}

const planted, dockerfiles = "planted-", "image"

func folderOf(mistake int) string { return fmt.Sprintf("%s%d", planted, mistake) }

// lay gives each stack a folder, the Dockerfile one, and each planted mistake one with the stack that has it.
func lay(t *testing.T, root string) {
	t.Helper()
	for name, m := range load(t).Modules {
		layFile(t, filepath.Join(root, name, "main.tf"), []byte(hcl(m)))
	}
	dockerfile, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	layFile(t, filepath.Join(root, dockerfiles, "Dockerfile"), dockerfile)
	for i, m := range scanMistakes() {
		folder := filepath.Join(root, folderOf(i))
		if m.Stack == dockerfiles {
			layFile(t, filepath.Join(folder, "Dockerfile"), []byte(m.PlantText(string(dockerfile))))
			continue
		}
		w := load(t)
		m.Plant(w)
		layFile(t, filepath.Join(folder, "main.tf"), []byte(hcl(w.Modules[m.Stack])))
	}
}

func layFile(t *testing.T, path string, content []byte) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o750)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(path, content, 0o600)
	if err != nil {
		t.Fatal(err)
	}
}

// scanner gives what a scanner says. It has no settings but these, and no way to a registry of newer checks.
func scanner(t *testing.T, root, program string, arguments ...string) []byte {
	t.Helper()
	path := os.Getenv(program)
	if path == "" {
		t.Fatalf("%s is not set; `make infra-scan` sets it", program)
	}
	command := exec.CommandContext(t.Context(), path, arguments...)
	command.Dir = root
	command.Env = append(os.Environ(), "HOME="+t.TempDir())
	var complaints strings.Builder
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, complaints.String())
	}
	return output
}

// looked fails for a folder in which a scanner saw nothing that is well: there it has not looked.
func looked(t *testing.T, name, root string, passed map[string]int) {
	t.Helper()
	folders, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if passed[folder.Name()] == 0 {
			t.Errorf("%s has not looked at %s", name, folder.Name())
		}
	}
	t.Logf("%s: checks that pass: %v", name, passed)
}
