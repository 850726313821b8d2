package mysql_test

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
)

const dropColor = `-- needs-program: 2
-- done-when: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'color')
ALTER TABLE notes DROP COLUMN color`

// command runs "demo migrate …" of a program with these files, on the database.
func command(t *testing.T, database *mysqltest.Database, files fs.FS, args ...string) servicetest.Result {
	t.Helper()
	cfg := database.Admin
	settings := map[string]string{
		"DEMO_MYSQL_ADDR": cfg.Addr, "DEMO_MYSQL_DB": cfg.Database, "DEMO_MYSQL_USER": cfg.User, "DEMO_MYSQL_PASSWORD": cfg.Password.Reveal(),
	}
	program := service.Program{Name: "demo", Commands: []service.Command{mysql.MigrateCommand("DEMO", files)}}
	return servicetest.Run(t, program, settings, append([]string{"migrate"}, args...)...)
}

var schemaName = regexp.MustCompile("(?i)schema [a-z0-9_]+")

// said is what a command printed, with any schema's name.
func said(r servicetest.Result) string {
	text := schemaName.ReplaceAllString(r.Stdout, "schema demo")
	return regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`).ReplaceAllString(text, "TIME")
}

func TestMigrateStatusSaysWhatIsDoneAndWhatIsNot(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	files := steps(createNotes, addColor, fillColor)
	for _, c := range []struct {
		migrated fs.FS
		code     int
		want     string
	}{
		{nil, 1, "schema demo is at step 0, this program knows 3: 3 to do.\n\nSTEP           STATE    DONE AT\n" +
			"0001_step.sql  pending  \n0002_step.sql  pending  \n0003_step.sql  pending  \n"},
		{steps(createNotes, addColor), 1, "schema demo is at step 2, this program knows 3: 1 to do.\n\nSTEP           STATE    DONE AT\n" +
			"0001_step.sql  done     TIME\n0002_step.sql  done     TIME\n0003_step.sql  pending  \n"},
		{files, 0, "schema demo is at step 3, this program knows 3: it is up to date.\n\nSTEP           STATE  DONE AT\n" +
			"0001_step.sql  done   TIME\n0002_step.sql  done   TIME\n0003_step.sql  done   TIME\n"},
		{steps(createNotes, addColor, fillColor, "CREATE TABLE IF NOT EXISTS pads (id INT PRIMARY KEY)"), 0,
			"schema demo is at step 4, this program knows 3: it is newer than this program, which still runs on it.\n\nSTEP           STATE  DONE AT\n" +
				"0001_step.sql  done   TIME\n0002_step.sql  done   TIME\n0003_step.sql  done   TIME\n0004_step.sql  newer  TIME\n"},
	} {
		if c.migrated != nil {
			err := migrate(t, database, c.migrated)
			if err != nil {
				t.Fatal(err)
			}
		}
		got := command(t, database, files, "status")
		if got.Code != c.code {
			t.Errorf("exit code %d, want %d: %s", got.Code, c.code, got.Stderr)
		}
		if diff := cmp.Diff(c.want, said(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	asJSON := command(t, database, files, "status", "--json")
	if asJSON.Code != 0 || !strings.Contains(asJSON.Stdout, `"state": "newer"`) {
		t.Errorf("exit code %d, %s", asJSON.Code, asJSON.Stdout)
	}
}

func TestADryRunShowsTheStatementsAndDoesNothing(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes))
	files := steps(createNotes, addColor)
	got := command(t, database, files, "up", "--dry-run")
	want := "-- 0002_step.sql, pending, on schema demo\nALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL;\n\n"
	if got.Code != 0 || said(got) != want {
		t.Errorf("exit code %d, %s%s", got.Code, got.Stdout, got.Stderr)
	}
	if v := version(t, database.Open(t)); v != 1 {
		t.Errorf("the schema is at version %d", v)
	}
	for _, args := range [][]string{{"up"}, nil} { // twice the same
		done := command(t, database, files, args...)
		if done.Code != 0 || version(t, database.Open(t)) != 2 {
			t.Errorf("exit code %d, %s", done.Code, done.Stderr)
		}
	}
	got = command(t, database, files, "up", "--dry-run")
	if got.Code != 0 || said(got) != "Nothing is to be done on schema demo.\n" {
		t.Errorf("exit code %d, %s%s", got.Code, got.Stdout, got.Stderr)
	}
}

func TestAProgramThatIsTooOldForTheSchemaRefusesIt(t *testing.T) {
	t.Parallel()
	without := "-- The program of this step does without the color.\nCREATE TABLE IF NOT EXISTS colors (id INT PRIMARY KEY)"
	drop := strings.Replace(dropColor, "needs-program: 2", "needs-program: 3", 1)
	database := mysqltest.New(t, steps(createNotes, addColor, without, drop))
	db := database.Open(t)
	err := mysql.RequireSchema(t.Context(), db, steps(createNotes, addColor, without)) // the release before
	if err != nil {
		t.Error(err)
	}
	old := steps(createNotes, addColor)
	const want = "the schema needs a program of version 3 or newer and this one is of 2: run the release that migrated it, or a newer one"
	for what, err := range map[string]error{
		"a service": mysql.RequireSchema(t.Context(), db, old), "its migrator": migrate(t, database, old),
	} {
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	status := command(t, database, old, "status")
	if status.Code != 1 || !strings.Contains(status.Stdout, want) {
		t.Errorf("exit code %d, %s", status.Code, status.Stdout)
	}
}

func TestAStepThatTakesAwayIsRespectedWhileItIsUnderWay(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes, addColor))
	stuck := strings.Replace(dropColor, "ALTER TABLE notes DROP", "ALTER TABLE nothing DROP", 1)
	err := migrate(t, database, steps(createNotes, addColor, stuck))
	if err == nil {
		t.Fatal("a table that there is not was altered")
	}
	db := database.Open(t)
	before := mysql.RequireSchema(t.Context(), db, steps(createNotes, addColor))
	old := mysql.RequireSchema(t.Context(), db, steps(createNotes))
	if before != nil || old == nil {
		t.Errorf("the release before: %v; an older one: %v", before, old)
	}
}

func TestARecordOfBeforeIsGivenItsNewColumn(t *testing.T) {
	t.Parallel()
	files := steps(createNotes)
	database := mysqltest.New(t, files)
	db := database.Open(t)
	_, err := database.OpenAdmin(t).ExecContext(t.Context(), "ALTER TABLE schema_migrations DROP COLUMN needs_program")
	if err != nil {
		t.Fatal(err)
	}
	status := command(t, database, files, "status")
	if status.Code != 0 || !strings.Contains(status.Stdout, "at step 1") {
		t.Errorf("status: exit code %d, %s%s", status.Code, status.Stdout, status.Stderr)
	}
	err = mysql.RequireSchema(t.Context(), db, steps(createNotes, addColor))
	if err == nil || !strings.Contains(err.Error(), "the schema is at version 1 and this program needs 2: run its migrations first") {
		t.Errorf("before: %v", err)
	}
	err = errors.Join(migrate(t, database, files), migrate(t, database, files), mysql.RequireSchema(t.Context(), db, files))
	if err != nil {
		t.Error(err)
	}
}
