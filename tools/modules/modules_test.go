package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	goWork   = "go 1.26.0\n\nuse (\n\t./platform\n\t./services/notes\n)\n"
	platform = "module example.com/platform\n\ngo 1.26.0\n\nrequire example.org/dep v1.2.0\n"
	notes    = "module example.com/services/notes\n\ngo 1.26.0\n\nrequire (\n\texample.com/platform v0.0.0\n\texample.org/dep v1.2.0\n)\n\n" +
		"replace example.com/platform => ../../platform\n"
)

func TestCheck_ModulesThatAgreeAreQuiet(t *testing.T) {
	lines := disagreements(t, platform, notes)
	if len(lines) != 0 {
		t.Errorf("disagreements = %q, want none", lines)
	}
}

func TestCheck_EachDisagreementIsNamed(t *testing.T) {
	tests := []struct{ name, platform, notes, want string }{
		{
			name:     "another go line",
			platform: strings.Replace(platform, "go 1.26.0", "go 1.25.0", 1), notes: notes,
			want: `example.com/platform: its go line is not "go 1.26.0", that of go.work`,
		},
		{
			name:     "a toolchain",
			platform: platform + "\ntoolchain go1.26.8\n", notes: notes,
			want: "example.com/platform: it names a toolchain; only the go line counts",
		},
		{
			name:     "two versions of one dependency",
			platform: platform, notes: strings.Replace(notes, "v1.2.0", "v1.3.0", 1),
			want: "example.org/dep has more than one version: v1.2.0 in example.com/platform; v1.3.0 in example.com/services/notes",
		},
		{
			name:     "a replaced dependency",
			platform: platform + "\nreplace example.org/dep => ../dep\n", notes: notes,
			want: "example.com/platform: it replaces example.org/dep, which is no sibling",
		},
		{
			name:     "a sibling replaced by a wrong folder",
			platform: platform, notes: strings.Replace(notes, "../../platform", "../platform", 1),
			want: "example.com/services/notes: it replaces example.com/platform by ../platform, which is not its folder",
		},
		{
			name:     "a sibling of a version",
			platform: platform, notes: strings.Replace(notes, "platform v0.0.0", "platform v0.1.0", 1),
			want: "example.com/services/notes: it requires its sibling example.com/platform as v0.1.0, not as v0.0.0",
		},
		{
			name:     "a sibling without a replace",
			platform: platform, notes: notes[:strings.Index(notes, "replace")],
			want: "example.com/services/notes: it requires its sibling example.com/platform without a replace",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := disagreements(t, test.platform, test.notes)
			if !slices.Equal(lines, []string{test.want}) {
				t.Errorf("disagreements = %q, want only %q", lines, test.want)
			}
		})
	}
}

func TestRead_AModuleThatIsNotThereIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "go.work")
	write(t, path, goWork)
	_, err := read(path)
	if err == nil {
		t.Error("read a workspace without its modules")
	}
}

func disagreements(t *testing.T, platform, notes string) []string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "go.work"), goWork)
	write(t, filepath.Join(root, "platform/go.mod"), platform)
	write(t, filepath.Join(root, "services/notes/go.mod"), notes)
	found, err := read(filepath.Join(root, "go.work"))
	if err != nil {
		t.Fatal(err)
	}
	return check(found)
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
