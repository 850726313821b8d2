package main

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// repository has a release of two steps, and a third one with this text.
func repository(text string) fstest.MapFS {
	record := "INSERT INTO `schema_migrations` (`version`, `name`) VALUES ('1', 'a');\nINSERT INTO `schema_migrations` (`version`, `name`) VALUES ('2', 'b');\n"
	return fstest.MapFS{
		"baseline/0.9.0/notes.sql":                   {Data: []byte("INSERT INTO `schema_migrations` (`version`) VALUES ('1', 'a');\n")},
		"baseline/0.10.0/notes.sql":                  {Data: []byte(record)},
		"services/notes/migrations/0001_notes.sql":   {Data: []byte("DROP TABLE IF EXISTS released_as_it_is")},
		"services/notes/migrations/0002_pads.sql":    {Data: []byte("DROP TABLE IF EXISTS released_too")},
		"services/notes/migrations/0003_planted.sql": {Data: []byte(text)},
	}
}

func judge(t *testing.T, text string) string {
	t.Helper()
	steps, err := unreleased(repository(text))
	if err != nil || len(steps) != 1 {
		t.Fatalf("found %d steps, %v", len(steps), err)
	}
	return strings.Join(steps[0].mistakes(), "\n")
}

const online = ", ALGORITHM = INPLACE, LOCK = NONE"

func TestWhatTheReleaseBeforeWouldNotSurviveIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"ALTER TABLE notes DROP COLUMN color" + online:                                      "drops the column color",
		"ALTER TABLE notes DROP color" + online:                                             "drops the column color",
		"ALTER TABLE notes RENAME COLUMN color TO colour" + online:                          "renames the column color",
		"ALTER TABLE notes RENAME TO papers" + online:                                       "renames the table",
		"ALTER TABLE notes MODIFY title VARCHAR(10) NOT NULL" + online:                      "changes the type of the column title",
		"ALTER TABLE notes CHANGE title heading VARCHAR(100)" + online:                      "changes the type of the column heading",
		"ALTER TABLE notes DROP PRIMARY KEY" + online:                                       "drops the primary key",
		"ALTER TABLE notes ADD UNIQUE KEY k (title)" + online:                               "adds a rule",
		"ALTER TABLE notes ADD CONSTRAINT c CHECK (title <> '')" + online:                   "adds a rule",
		"ALTER TABLE notes ADD COLUMN color VARCHAR(20) NOT NULL, ALGORITHM = INSTANT":      "adds the column color, which is NOT NULL",
		"DROP TABLE IF EXISTS notes":                                                        "drops a table",
		"RENAME TABLE notes TO papers":                                                      "renames a table",
		"TRUNCATE TABLE notes":                                                              "empties a table",
		"UPDATE notes SET color = 'white'":                                                  "changes rows",
		"DELETE FROM notes":                                                                 "changes rows",
		"ALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL":                               "may lock the table",
		"ALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL, ALGORITHM = INPLACE":          "may lock the table",
		"ALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL, ALGORITHM = COPY":             "may lock the table",
		"CREATE INDEX k ON notes (title)":                                                   "is neither",
		"ALTER TABLE notes ADD COLUMN":                                                      "is not understood",
		"-- needs-program: 3\nALTER TABLE notes DROP COLUMN color" + online:                 "release 0.10.0, which still runs meanwhile, is of step 2",
		"-- needs-program: 2\nALTER TABLE notes DROP COLUMN color, DROP COLUMN title":       "may lock the table",
		"-- needs-program: soon\nALTER TABLE notes DROP COLUMN color" + online:              "say in a line -- needs-program: N",
		"ALTER TABLE notes ADD KEY k (title), DROP COLUMN color, ADD COLUMN n INT" + online: "drops the column color",
	} {
		if got := judge(t, text); !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestWhatItSurvivesIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"CREATE TABLE IF NOT EXISTS colors (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL)",
		"-- done-when: SELECT 1\nALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL, ALGORITHM = INSTANT",
		"ALTER TABLE notes ADD COLUMN color VARCHAR(20) NOT NULL DEFAULT 'white', ALGORITHM = INSTANT",
		"ALTER TABLE notes ADD COLUMN l INT GENERATED ALWAYS AS (CHAR_LENGTH(title)) VIRTUAL NOT NULL, ALGORITHM = INSTANT",
		"ALTER TABLE notes ADD KEY k (title), DROP KEY j" + online,
		"-- Nobody reads it since 0.10.0.\n-- needs-program: 2\nALTER TABLE notes DROP COLUMN color" + online,
	} {
		if got := judge(t, text); got != "" {
			t.Errorf("%s\ngot %s", text, got)
		}
	}
}

func TestTheStepsOfThisRepositoryAreFound(t *testing.T) {
	steps, err := unreleased(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d steps are not released yet", len(steps))
	for _, broken := range []fstest.MapFS{
		{},
		{"baseline/0.1.0/notes.sql": {}},
		{"baseline/readme/notes.sql": {}, "services/notes/migrations/0001_notes.sql": {}},
		{"baseline/0.1.0/notes.sql": {Data: []byte("nothing")}, "services/notes/migrations/0001_notes.sql": {}},
		{"baseline/0.1.0/auth.sql": {}, "services/notes/migrations/one_notes.sql": {}},
	} {
		_, err = unreleased(broken)
		if err == nil {
			t.Errorf("%v: no error", broken)
		}
	}
}
