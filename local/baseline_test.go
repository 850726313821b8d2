package local

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
	"gitlab.com/notejam/notejam/services/audit"
	auditmigrations "gitlab.com/notejam/notejam/services/audit/migrations"
	authmigrations "gitlab.com/notejam/notejam/services/auth/migrations"
	notesmigrations "gitlab.com/notejam/notejam/services/notes/migrations"
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
	migrations := map[string]fs.FS{"auth": authmigrations.Files, "notes": notesmigrations.Files, "audit": auditmigrations.Files}
	for _, file := range files {
		t.Run(strings.TrimPrefix(file, "../baseline/"), func(t *testing.T) {
			dump, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			database := mysqltest.New(t, fstest.MapFS{"0001_nothing.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS nothing (id INT)")}})
			admin := database.OpenAdmin(t)
			_, err = admin.ExecContext(t.Context(), "DROP TABLE nothing, schema_migrations") // the dump brings its own
			if err != nil {
				t.Fatal(err)
			}
			for statement := range strings.SplitSeq(string(dump), ";\n") {
				if strings.TrimSpace(statement) == "" {
					continue
				}
				_, err = admin.ExecContext(t.Context(), statement)
				if err != nil {
					t.Fatalf("%v in %.200s", err, statement)
				}
			}
			own := migrations[strings.TrimSuffix(filepath.Base(file), ".sql")]
			err = mysql.Migrate(t.Context(), database.Admin, own, slog.New(slog.DiscardHandler))
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
