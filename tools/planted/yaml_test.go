package planted

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// yamllint is built by make test-tools.
const (
	yamllint       = "../../.cache/venv/bin/yamllint"
	yamllintConfig = "../../.yamllint"
)

func TestYAML_EachPlantedMistakeIsFoundAndNothingElse(t *testing.T) {
	for _, planted := range []struct{ text, finds string }{
		{"env:\n  shell: bash\n", ""},
		{"environment:\n  TAKEN_FROM_THE_SHELL:\n", ""},
		{"key: 1 # gofmt's distance\n", ""},
		{"commands: [one]\ncommands: [two]\n", "duplication of key"},
		{"mode: 0644\n", "forbidden implicit octal"},
		{"enabled: yes\n", "truthy value"},
		{"phases:\n  build: a\n  test:\n     install: b\n", "wrong indentation"},
		{"phases:\n\tbuild: a\n", "syntax error"},
		{"line: \"" + strings.Repeat("a b ", 50) + "\"\n", "line too long"},
	} {
		file := filepath.Join(t.TempDir(), "planted.yml")
		write(t, file, planted.text)
		output, err := exec.CommandContext(t.Context(), yamllint, "--strict", "--format", "parsable", "-c", yamllintConfig, file).Output()
		said := string(output)
		switch {
		case planted.finds == "" && (err != nil || said != ""):
			t.Errorf("allowed, but refused: %q: %s%v", planted.text, said, err)
		case planted.finds != "" && (err == nil || strings.Count(said, "\n") != 1 || !strings.Contains(said, planted.finds)):
			t.Errorf("want one finding that says %q for %q, got %q: %v", planted.finds, planted.text, said, err)
		}
	}
}
