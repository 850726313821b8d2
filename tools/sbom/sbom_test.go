package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made is what the service of these tests is made of.
func made() map[string]string {
	return map[string]string{ours + "services/notes": "", ours + "platform": "", "example.com/dep": "v1.2.0"}
}

const good = `{
	"bomFormat": "CycloneDX", "specVersion": "1.6",
	"metadata": {"component": {"bom-ref": "main", "type": "application", "name": "gitlab.com/notejam/notejam/services/notes"}},
	"components": [
		{"bom-ref": "platform", "name": "gitlab.com/notejam/notejam/platform", "version": "v0.0.0-1"},
		{"bom-ref": "dep", "name": "example.com/dep", "version": "v1.2.0", "purl": "pkg:golang/example.com/dep@v1.2.0?type=module",
			"hashes": [{"alg": "SHA-256"}], "evidence": {"licenses": [{"license": {"id": "MIT"}}]}},
		{"bom-ref": "std", "name": "std", "version": "go1.26.0"}
	],
	"dependencies": [{"ref": "main", "dependsOn": ["platform", "dep", "std"]}]
}`

func TestCheck_ABillThatIsRightIsQuiet(t *testing.T) {
	lines := check(t, good, made())
	if len(lines) != 0 {
		t.Errorf("mistakes = %q, want none", lines)
	}
}

func TestCheck_EachMistakeIsNamed(t *testing.T) {
	tests := []struct{ name, from, to, want string }{
		{"another format", "1.6", "1.1", `its format is "CycloneDX" "1.1"`},
		{"of another service", "services/notes", "services/auth", "it is about the application gitlab.com/notejam/notejam/services/auth"},
		{"an older version", "v1.2.0", "v1.1.0", "example.com/dep is v1.2.0, not v1.1.0"},
		{"another module", `"example.com/dep"`, `"example.com/other"`, "example.com/other v1.2.0 is not compiled in"},
		{"without it", `"example.com/dep"`, `"example.com/other"`, "example.com/dep v1.2.0 is missing"},
		{"without one of ours", `notejam/platform"`, `notejam/proto"`, "gitlab.com/notejam/notejam/platform  is missing"},
		{"without the standard library", `"name": "std"`, `"name": "stt"`, "the standard library is missing"},
		{"a licence that asks for more", "MIT", "AGPL-3.0", `example.com/dep v1.2.0: its licence is "AGPL-3.0"`},
		{"no licence", `{"license": {"id": "MIT"}}`, "", "example.com/dep v1.2.0: it has no licence"},
		{"no hash", `{"alg": "SHA-256"}`, "", "example.com/dep v1.2.0: it has no hash"},
		{"a wrong package URL", "pkg:golang/example.com/dep", "pkg:golang/example.com/deb", "its package URL is "},
		{"a dependency on nothing", `["platform"`, `["gone"`, "a dependency names gone"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := check(t, strings.ReplaceAll(good, test.from, test.to), made())
			if !strings.Contains(strings.Join(lines, "\n"), test.want) {
				t.Errorf("mistakes = %q, want one that says %q", lines, test.want)
			}
		})
	}
}

func TestCompiledIn_NotesIsMadeOfOursAndOfOthers(t *testing.T) {
	modules, err := compiledIn(t.Context(), "../..", "notes", "arm64")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ours + "services/notes", ours + "platform", ours + "proto"} {
		version, ok := modules[name]
		if !ok || version != "" {
			t.Errorf("%s is there: %v, in version %q; want it there without one", name, ok, version)
		}
	}
	if !strings.HasPrefix(modules["google.golang.org/grpc"], "v1.") {
		t.Errorf("gRPC's version is %q", modules["google.golang.org/grpc"])
	}
}

func TestReadBill_AFileThatIsNotThereIsAnError(t *testing.T) {
	_, err := readBill(filepath.Join(t.TempDir(), "notes.json"))
	if !os.IsNotExist(err) {
		t.Errorf("error = %v, want that there is none", err)
	}
}

func check(t *testing.T, text string, modules map[string]string) []string {
	t.Helper()
	var b bill
	err := json.Unmarshal([]byte(text), &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.check("notes", modules)
}
