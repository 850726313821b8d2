package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var today = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func TestScanned_APlantedVulnerabilityThatNotesCallsIsReachable(t *testing.T) {
	found := scanNotes(t, "planted")

	reached, ok := found.reachable["GO-0000-0001"]
	if !ok || len(found.reachable) != 1 {
		t.Fatalf("reachable = %v, want only GO-0000-0001", found.reachable)
	}
	if reached.symbol != "github.com/google/uuid.NewV7" || !strings.HasPrefix(reached.from, "gitlab.com/notejam/notejam/services/notes") {
		t.Errorf("it is reached by %q from %q, want uuid.NewV7 from notes", reached.symbol, reached.from)
	}
	if !strings.HasPrefix(reached.summary, "Planted: ") {
		t.Errorf("its summary is %q", reached.summary)
	}
	_, ok = found.dormant["GO-0000-0002"]
	if !ok || len(found.dormant) != 1 {
		t.Errorf("dormant = %v, want only GO-0000-0002, which nobody calls", found.dormant)
	}
}

func TestScanned_AnEmptyDatabaseFindsNothing(t *testing.T) {
	found := scanNotes(t, "empty")
	if len(found.reachable)+len(found.dormant) != 0 {
		t.Errorf("found %+v in an empty database", found)
	}
}

func TestScanned_AFolderThatIsNoDatabaseIsAnError(t *testing.T) {
	empty := t.TempDir()
	for _, database := range []string{empty, filepath.Join(empty, "nowhere")} {
		_, err := scanned(t.Context(), "../..", "file://"+database, []string{"notes"})
		if err == nil {
			t.Errorf("%s was taken for a database that knows of nothing", database)
		}
	}
}

func TestRead_AServiceThatWasNotLookedAtIsAnError(t *testing.T) {
	output := `{"config": {"db_last_modified": "2026-01-01T00:00:00Z"}} {"SBOM": {"roots": ["example.com/a"]}}`
	_, err := read(strings.NewReader(output), []string{"example.com/a", "example.com/b"})
	if err == nil || !strings.Contains(err.Error(), "did not look at example.com/b") {
		t.Errorf("error = %v, want that b was not looked at", err)
	}
}

func TestJudge_AReachableVulnerabilityBlocksUntilItIsWaived(t *testing.T) {
	tests := []struct {
		name            string
		waiver          waiver
		blocking, tells string
	}{
		{name: "no waiver", blocking: "GO-2026-0007 in example.com/dep@v1.2.0 is reachable: notes.Create calls dep.Do; v1.2.1 mends it: Trouble"},
		{name: "a waiver of another", waiver: waived("GO-2026-0008", "2026-12-31"),
			blocking: "GO-2026-0007 in example.com/dep@v1.2.0 is reachable", tells: "the waiver of GO-2026-0008 is not needed"},
		{name: "its waiver", waiver: waived("GO-2026-0007", "2026-12-31"), tells: "waived until 2026-12-31: it does no harm"},
		{name: "its waiver on its last day", waiver: waived("GO-2026-0007", "2026-12-01"), tells: "waived until 2026-12-01: it does no harm"},
		{name: "its waiver a day later", waiver: waived("GO-2026-0007", "2026-11-30"), blocking: "the waiver of GO-2026-0007 ended on 2026-11-30; it said: it does no harm"},
		{name: "a waiver for ever", waiver: waived("GO-2026-0007", "2999-01-01"), blocking: "at most 180 days are allowed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := &findings{
				database:  today,
				reachable: map[string]call{"GO-2026-0007": {"Trouble", "example.com/dep@v1.2.0", "dep.Do", "notes.Create", "v1.2.1"}},
			}
			var waivers []waiver
			if test.waiver.id != "" {
				waivers = append(waivers, test.waiver)
			}
			v := judge(found, waivers, today)
			if test.blocking == "" && len(v.blocking) > 0 || !strings.Contains(strings.Join(v.blocking, "\n"), test.blocking) {
				t.Errorf("blocking = %q, want %q", v.blocking, test.blocking)
			}
			if !strings.Contains(strings.Join(v.told, "\n"), test.tells) {
				t.Errorf("told = %q, want %q", v.told, test.tells)
			}
		})
	}
}

func TestJudge_AnExpiredWaiverBlocksThoughNothingIsFound(t *testing.T) {
	v := judge(&findings{database: today}, []waiver{waived("GO-2026-0007", "2026-11-01")}, today)
	if len(v.blocking) != 1 {
		t.Errorf("blocking = %q, want the waiver", v.blocking)
	}
}

func TestReadWaivers_EachMistakeHasItsLine(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no reason", "# of ours\n\nGO-2026-0007 2026-12-31\n", ":3: \"GO-2026-0007 2026-12-31\" is no waiver"},
		{"no day", "GO-2026-0007 for ever and ever\n", ":1: \"for\" is no day"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "waivers.txt")
			write(t, path, test.text)
			_, err := readWaivers(path)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q", err, test.want)
			}
		})
	}
}

func TestReadWaivers_OursAreWellFormed(t *testing.T) {
	_, err := readWaivers("waivers.txt")
	if err != nil {
		t.Error(err)
	}
}

// scanNotes scans the real service with one of the databases in testdata.
func scanNotes(t *testing.T, database string) *findings {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", database))
	if err != nil {
		t.Fatal(err)
	}
	found, err := scanned(t.Context(), "../..", "file://"+path, []string{"notes"})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func waived(id, until string) waiver {
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		panic(err)
	}
	return waiver{id: id, until: day, reason: "it does no harm"}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	err := os.WriteFile(path, []byte(text), 0o600)
	if err != nil {
		t.Fatal(err)
	}
}
