package local

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// writeEnvironments keeps the settings of each service in a file that a shell
// reads, so that its commands can be typed while it runs. They hold secrets, like
// the folder beside them.
func (s *Stack) writeEnvironments() error {
	for service, settings := range s.settings {
		var text strings.Builder
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			fmt.Fprintf(&text, "export %s=%s\n", name, quoted(settings[name]))
		}
		err := os.WriteFile(s.folder.path("env", service), []byte(text.String()), 0o600)
		if err != nil {
			return fmt.Errorf("keep the settings of %s: %w", service, err)
		}
	}
	return nil
}

// quoted is a word for the shell.
func quoted(value string) string {
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
