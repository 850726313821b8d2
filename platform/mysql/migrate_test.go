package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// steps makes migration files of their texts, in order.
func steps(texts ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i, text := range texts {
		files[fmt.Sprintf("%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

const (
	createNotes = "-- The notes.\nCREATE TABLE IF NOT EXISTS notes (id INT NOT NULL PRIMARY KEY, title VARCHAR(20) NOT NULL);\n"
	addColor    = `-- done-when: SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'notes' AND column_name = 'color'
ALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL`
	fillColor = `-- done-when: SELECT 1 FROM (SELECT COUNT(*) AS n FROM notes WHERE color IS NULL) AS missing WHERE n = 0
UPDATE notes SET color = 'white' WHERE color IS NULL`
)

func migrate(t *testing.T, database *mysqltest.Database, files fs.FS) error {
	t.Helper()
	return mysql.Migrate(t.Context(), database.Admin, files, discard)
}

// record reads what the schema says about its steps.
func record(t *testing.T, database *mysqltest.Database) string {
	t.Helper()
	rows, err := database.OpenAdmin(t).QueryContext(t.Context(), "SELECT version, dirty FROM schema_migrations ORDER BY version")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var found []string
	for rows.Next() {
		var version int
		var dirty bool
		err = rows.Scan(&version, &dirty)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%d dirty=%t", version, dirty))
	}
	err = rows.Err()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, ", ")
}

func version(t *testing.T, db *mysql.DB) int {
	t.Helper()
	v, err := mysql.SchemaVersion(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMigrateDoesEachStepOnce(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	db := database.Open(t)
	if got := version(t, db); got != 0 {
		t.Errorf("an empty schema has version %d", got)
	}
	for i, files := range []fstest.MapFS{steps(createNotes), steps(createNotes, addColor), steps(createNotes, addColor, fillColor)} {
		for range 2 {
			err := migrate(t, database, files)
			if err != nil {
				t.Fatal(err)
			}
		}
		latest, err := mysql.LatestMigration(files)
		if err != nil || latest != i+1 || version(t, db) != latest {
			t.Errorf("the schema has version %d of %d, %v", version(t, db), latest, err)
		}
	}
	var columns int
	err := db.QueryRow(t.Context(), "SELECT COUNT(color) FROM notes").Scan(&columns)
	if err != nil {
		t.Error(err)
	}
}

func TestMigratorsTakeTurns(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	// Whoever runs this step at the same time as another one fails: the column is there once.
	files := steps(createNotes, addColor)
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			err := migrate(t, database, files)
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if got := record(t, database); got != "1 dirty=false, 2 dirty=false" {
		t.Errorf("the record says %s", got)
	}
}

func TestAMigratorThatWaitsForAnotherOneObeysItsContext(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	slow := steps("-- done-when: SELECT 1 FROM (SELECT GET_LOCK('" + database.Config.Database + "', 20)) AS held\nDO 0")
	admin := database.OpenAdmin(t)
	holder, err := admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got int
	err = holder.QueryRowContext(t.Context(), "SELECT GET_LOCK(?, 0)", database.Config.Database).Scan(&got)
	if err != nil || got != 1 {
		t.Fatalf("got %d, %v", got, err)
	}
	first := make(chan error)
	go func() { first <- migrate(t, database, slow) }()
	eventually(t, "the first one is at work", func() bool {
		var busy int
		err := admin.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'schema_migrations'",
			database.Config.Database).Scan(&busy)
		return err == nil && busy == 1
	})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err = mysql.Migrate(ctx, database.Admin, slow, discard)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "other migrators") {
		t.Errorf("the second one: %v", err)
	}
	_, err = holder.ExecContext(t.Context(), "DO RELEASE_ALL_LOCKS()")
	err = errors.Join(err, holder.Close())
	if err != nil {
		t.Fatal(err)
	}
	err = <-first
	if err != nil {
		t.Errorf("the first one: %v", err)
	}
}

func TestAFailedStepStaysDirtyAndIsDoneAgain(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	broken := strings.Replace(addColor, "VARCHAR(20)", "VARCHARR(20)", 1)
	for range 2 {
		err := migrate(t, database, steps(createNotes, broken, fillColor))
		if err == nil || !strings.Contains(err.Error(), "0002_step.sql") {
			t.Errorf("got %v", err)
		}
		if got := record(t, database); got != "1 dirty=false, 2 dirty=true" {
			t.Errorf("the record says %s", got)
		}
	}
	db := database.Open(t)
	files := steps(createNotes, addColor, fillColor)
	if got := version(t, db); got != 1 {
		t.Errorf("the schema has version %d, want 1", got)
	}
	err := mysql.RequireSchema(t.Context(), db, files)
	if err == nil || !strings.Contains(err.Error(), "version 1") {
		t.Errorf("a service would start: %v", err)
	}
	err = errors.Join(migrate(t, database, files), mysql.RequireSchema(t.Context(), db, files))
	if err != nil {
		t.Error(err)
	}
}

func TestAStepThatWasInterruptedAfterItsStatementIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes))
	files := steps(createNotes, addColor)
	admin := database.OpenAdmin(t)
	_, err := admin.ExecContext(t.Context(), "ALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL")
	if err == nil {
		_, err = admin.ExecContext(t.Context(), "INSERT INTO schema_migrations (version, name, checksum, dirty, applied_at) VALUES (2, 'x', 'y', 1, UTC_TIMESTAMP(6))")
	}
	if err == nil {
		err = migrate(t, database, files)
	}
	if err != nil {
		t.Error(err)
	}
	if got := record(t, database); got != "1 dirty=false, 2 dirty=false" {
		t.Errorf("the record says %s", got)
	}
}

func TestANewerSchemaIsLeftAlone(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, steps(createNotes, addColor))
	before := steps(createNotes)
	err := errors.Join(migrate(t, database, before), mysql.RequireSchema(t.Context(), database.Open(t), before))
	if err != nil {
		t.Error(err)
	}
}

func TestMigrateRefusesFilesThatContradictTheSchema(t *testing.T) {
	t.Parallel()
	t.Run("a step that was changed after it was done", func(t *testing.T) {
		t.Parallel()
		err := migrate(t, mysqltest.New(t, steps(createNotes)), steps(createNotes+"-- better\n"))
		if err == nil || !strings.Contains(err.Error(), "0001_step.sql was changed") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a step that is missing below others", func(t *testing.T) {
		t.Parallel()
		database := mysqltest.New(t, steps(createNotes, addColor))
		_, err := database.OpenAdmin(t).ExecContext(t.Context(), "DELETE FROM schema_migrations WHERE version = 1")
		if err != nil {
			t.Fatal(err)
		}
		err = migrate(t, database, steps(createNotes, addColor))
		if err == nil || !strings.Contains(err.Error(), "0001_step.sql is missing") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a guard that does not see what its statement did", func(t *testing.T) {
		t.Parallel()
		wrong := strings.Replace(addColor, "'color'", "'colour'", 1)
		err := migrate(t, mysqltest.New(t, nil), steps(createNotes, wrong))
		if err == nil || !strings.Contains(err.Error(), "still finds no row") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("two statements in one step", func(t *testing.T) {
		t.Parallel()
		err := migrate(t, mysqltest.New(t, nil), steps(createNotes+"CREATE TABLE IF NOT EXISTS pads (id INT PRIMARY KEY);"))
		if err == nil {
			t.Error("both ran")
		}
	})
}

func TestMigrationFilesAreChecked(t *testing.T) {
	t.Parallel()
	file := func(names ...string) fstest.MapFS {
		files := fstest.MapFS{}
		for _, name := range names {
			files[name] = &fstest.MapFile{Data: []byte(createNotes)}
		}
		return files
	}
	got := make(map[string]string)
	for name, files := range map[string]fs.FS{
		"none":            fstest.MapFS{"README.md": {}},
		"bad name":        file("1_notes.sql"),
		"a gap":           file("0001_notes.sql", "0003_pads.sql"),
		"a number twice":  file("0001_notes.sql", "0001_pads.sql"),
		"no statement":    steps("-- later\n;"),
		"no guard":        steps("ALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL"),
		"no guard either": steps("CREATE TABLE notes (id INT PRIMARY KEY)"),
		"two guards":      steps("-- done-when: SELECT 1\n-- done-when: SELECT 2\nDO 0"),
		"needs no step":   steps(createNotes, "-- needs-program: soon\n-- done-when: SELECT 1\nDO 0"),
		"needs itself":    steps(createNotes, "-- needs-program: 2\n-- done-when: SELECT 1\nDO 0"),
	} {
		_, err := mysql.LatestMigration(files)
		got[name] = fmt.Sprint(err)
	}
	guard := `its statement needs a "-- done-when:" line above it, see migration_files.go`
	want := map[string]string{
		"none":            "no migration files: want 0001_….sql at the top of the file system",
		"bad name":        "migration file 1_notes.sql: want a name like 0001_create_notes.sql",
		"a gap":           "migration file 0003_pads.sql: want number 0002 next",
		"a number twice":  "migration file 0001_pads.sql: want number 0002 next",
		"no statement":    "migration file 0001_step.sql: has no statement",
		"no guard":        "migration file 0001_step.sql: " + guard,
		"no guard either": "migration file 0001_step.sql: " + guard,
		"two guards":      "migration file 0001_step.sql: has two done-when queries",
		"needs no step":   `migration file 0002_step.sql: "-- needs-program: soon" must name an earlier step`,
		"needs itself":    `migration file 0002_step.sql: "-- needs-program: 2" must name an earlier step`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}
