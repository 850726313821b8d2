package mysql

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// A migration file holds one step: one statement, which may end with a semicolon, and comments. Files are named 0001_create_notes.sql,
// 0002_…; their numbers begin at 1 and leave none out.
//
// MySQL cannot roll back a change of tables, and a migrator can die between a statement and its record. So each statement is guarded, that is
// harmless when it has been carried out before. CREATE TABLE IF NOT EXISTS and DROP TABLE IF EXISTS guard themselves. Every other statement has a
// line above it with a query that finds a row once the step is done:
//
//	-- done-when: SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'notes' AND column_name = 'color'
//	ALTER TABLE notes ADD COLUMN color VARCHAR(20) NULL
//
// While a release is rolled out the program of before runs on the new schema. A step that it would not survive, one that takes something away, says
// from which step on programs do without that; older ones then refuse the schema:
//
//	-- needs-program: 7
//	-- done-when: SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE …)
//	ALTER TABLE notes DROP COLUMN color
type step struct {
	version      int
	file         string
	guard        string // "" when the statement guards itself
	needsProgram int    // the last step of the oldest program that runs on the schema afterwards; 0: any
	statement    string
	checksum     string // of the whole file
}

var (
	stepName     = regexp.MustCompile(`^([0-9]{4})_[a-z0-9_]{1,90}\.sql$`)
	selfGuarding = regexp.MustCompile(`(?i)^(CREATE\s+TABLE\s+IF\s+NOT\s+EXISTS|DROP\s+TABLE\s+IF\s+EXISTS)\s`)
)

const (
	guardMark = "-- done-when:"
	needsMark = "-- needs-program:"
)

// LatestMigration gives the number of the last step in fsys, which is the version of the schema that the program with these files needs.
func LatestMigration(fsys fs.FS) (int, error) {
	steps, err := readSteps(fsys)
	if err != nil {
		return 0, err
	}
	return len(steps), nil
}

// readSteps reads the files at the top of fsys, in order.
func readSteps(fsys fs.FS) ([]step, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list migration files: %w", err)
	}
	var steps []step
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".sql") {
			continue
		}
		s, err := readStep(fsys, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("migration file %s: %w", entry.Name(), err)
		}
		steps = append(steps, s)
		if s.version != len(steps) {
			return nil, fmt.Errorf("migration file %s: want number %04d next", s.file, len(steps))
		}
	}
	if len(steps) == 0 {
		return nil, errors.New("no migration files: want 0001_….sql at the top of the file system")
	}
	return steps, nil
}

func readStep(fsys fs.FS, name string) (step, error) {
	match := stepName.FindStringSubmatch(name)
	if match == nil {
		return step{}, errors.New("want a name like 0001_create_notes.sql")
	}
	version, err := strconv.Atoi(match[1])
	if err != nil {
		return step{}, fmt.Errorf("read its number: %w", err)
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return step{}, err
	}
	sum := sha256.Sum256(text)
	s := step{version: version, file: name, checksum: hex.EncodeToString(sum[:])}
	var body []string
	for line := range strings.Lines(string(text)) {
		trimmed := strings.TrimSpace(line)
		guard, isGuard := strings.CutPrefix(trimmed, guardMark)
		needs, isNeeds := strings.CutPrefix(trimmed, needsMark)
		switch {
		case isGuard && s.guard != "":
			return step{}, errors.New("has two done-when queries")
		case isGuard:
			s.guard = strings.TrimSpace(guard)
		case isNeeds:
			s.needsProgram, err = strconv.Atoi(strings.TrimSpace(needs))
			if err != nil || s.needsProgram < 1 || s.needsProgram >= version {
				return step{}, fmt.Errorf("%q must name an earlier step", trimmed)
			}
		case !strings.HasPrefix(trimmed, "--"):
			body = append(body, line)
		}
	}
	s.statement = strings.TrimSuffix(strings.TrimSpace(strings.Join(body, "")), ";")
	switch {
	case s.statement == "":
		return step{}, errors.New("has no statement")
	case s.guard == "" && !selfGuarding.MatchString(s.statement):
		return step{}, fmt.Errorf("its statement needs a %q line above it, see migration_files.go", guardMark)
	}
	return s, nil
}
