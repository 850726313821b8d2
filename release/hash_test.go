package release_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/release"
)

// repository is a small one; changed files are written last.
func repository(t *testing.T, changed map[string]string) map[string]string {
	root := t.TempDir()
	files := map[string]string{
		"Dockerfile": "FROM x", ".dockerignore": "*", "tools/build.sh": "go build", "platform/a.go": "package platform", "proto/a.go": "package proto",
		"local/go.mod": "module local", "local/go.sum": "", "local/setup/a.go": "package setup", "local/cmd/setup/main.go": "package main",
	}
	for _, service := range []string{"auth", "notes", "audit", "web"} {
		files["services/"+service+"/a.go"] = "package " + service
	}
	for name, text := range changed {
		files[name] = text
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	hashes := map[string]string{}
	for _, program := range release.Programs {
		hash, err := release.Hash(root, program)
		if err != nil {
			t.Fatal(err)
		}
		hashes[program] = hash
	}
	return hashes
}

func TestAFileChangesTheHashOfThosePrograms_AndOfNoOther(t *testing.T) {
	before := repository(t, nil)
	for name, want := range map[string]string{
		"Dockerfile":                   "setup auth notes audit web ",
		"tools/build.sh":               "setup auth notes audit web ",
		"platform/a.go":                "setup auth notes audit web ",
		"proto/new.go":                 "setup auth notes audit web ",
		"services/notes/a.go":          "notes ",
		"services/web/static/site.css": "web ",
		"local/setup/grants.sql":       "setup ",
		"services/notes/a_test.go":     "",
		"services/notes/testdata/x":    "",
		"docs/api.md":                  "",
	} {
		after := repository(t, map[string]string{name: "changed"})
		got := ""
		for _, program := range release.Programs {
			if before[program] != after[program] {
				got += program + " "
			}
		}
		if got != want {
			t.Errorf("%s changes %q, not %q", name, got, want)
		}
	}
}

func TestTheSameFilesHaveTheSameHashInAnotherFolder(t *testing.T) {
	first, second := repository(t, nil), repository(t, nil)
	for program, hash := range first {
		if second[program] != hash {
			t.Errorf("that of %s differs", program)
		}
	}
}

// It asks the compiler's own list, so a program that imports something else some day is noticed here.
func TestAllThatAProgramIsCompiledOfDecidesItsHash(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range release.Programs {
		module := "services/" + program
		if program == "setup" {
			module = "local"
		}
		list := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{if not .Module.Version}}{{.Dir}}{{end}}{{end}}", "./cmd/"+program)
		list.Dir = filepath.Join(root, module)
		list.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for folder := range strings.FieldsSeq(string(out)) {
			name, err := filepath.Rel(root, folder)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(release.Sources(program), func(s string) bool { return name == s || strings.HasPrefix(name, s+"/") }) {
				t.Errorf("%s is compiled of %s, which does not decide its hash", program, name)
			}
		}
	}
}
