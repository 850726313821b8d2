package local

import (
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/service/servicetest"
	"gitlab.com/notejam/notejam/services/notes"
)

// TestTheRunbookShowsWhatMigrateSays is about a schema as release 0.2.0 left it.
func TestTheRunbookShowsWhatMigrateSays(t *testing.T) {
	cfg := load(t, filepath.Join("..", "baseline", "0.2.0", "notes.sql")).Admin
	settings := map[string]string{
		"NOTES_MYSQL_ADDR": cfg.Addr, "NOTES_MYSQL_DB": cfg.Database, "NOTES_MYSQL_USER": cfg.User, "NOTES_MYSQL_PASSWORD": cfg.Password.Reveal(),
	}
	for line, code := range map[string]int{"migrate status": 1, "migrate up --dry-run": 0} {
		result := servicetest.Run(t, notes.Program(), settings, strings.Fields(line)...)
		if result.Code != code {
			t.Errorf("%s: exit code %d, %s", line, result.Code, result.Stderr)
		}
		servicetest.WantSample(t, "../docs/runbook.md", "notes "+line, strings.ReplaceAll(result.Stdout, cfg.Database, "notejam_notes"))
	}
}
