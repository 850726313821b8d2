package local

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
	"gitlab.com/notejam/notejam/services/audit"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// TestEveryBaselineLoadsAndMigrates is what a baseline is for: what a release
// left behind is where the next one begins.
func TestEveryBaselineLoadsAndMigrates(t *testing.T) {
	files, err := filepath.Glob("../baseline/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there is no baseline: make baseline VERSION= makes one")
	}
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, "../baseline/"), func(t *testing.T) {
			database := load(t, file)
			own := migrations[strings.TrimSuffix(filepath.Base(file), ".sql")]
			err := mysql.Migrate(t.Context(), database.Admin, own, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			err = mysql.RequireSchema(t.Context(), database.Open(t), own)
			if err != nil {
				t.Error(err)
			}
			if file == "../baseline/0.1.0/audit.sql" {
				adoptAndVerify(t, database.Config)
			}
		})
	}
}

// adoptAndVerify is what an operator does with a trail that is older than chains.
func adoptAndVerify(t *testing.T, cfg mysql.Config) {
	t.Helper()
	settings := map[string]string{
		"AUDIT_MYSQL_ADDR": cfg.Addr, "AUDIT_MYSQL_DB": cfg.Database, "AUDIT_MYSQL_USER": cfg.User, "AUDIT_MYSQL_PASSWORD": cfg.Password.Reveal(),
	}
	for _, command := range []string{"adopt", "verify"} {
		result := servicetest.Run(t, audit.Program(), settings, command)
		if result.Code != 0 || strings.HasPrefix(result.Stdout, "0 ") {
			t.Errorf("audit %s: exit code %d\n%s%s", command, result.Code, result.Stdout, result.Stderr)
		}
	}
}
