package audit

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGrants_LetTheServiceRecordAndNotChangeWhatIsRecorded(t *testing.T) {
	o := newOperator(t)
	_, bodies := events(t, 3)
	o.isolate(bodies[0], "UNKNOWN_VERSION")
	o.isolate("hello", "NOT_JSON_OBJECT")
	own := o.schema.Open(t)
	store := NewStore(own)
	_, err := store.Record(t.Context(), []Event{decoded(t, bodies[1]), decoded(t, bodies[2])})
	if err != nil {
		t.Errorf("the service cannot record: %v", err)
	}
	_, err = store.Quarantine(t.Context(), "hallo", "NOT_JSON_OBJECT")
	if err != nil {
		t.Errorf("the service cannot quarantine: %v", err)
	}
	o.sign(testKeys(t, testSeed))
	o.want(1, "quarantine", "replay", "--all")

	before := o.trail()
	const table, column = "Error 1142", "Error 1143" // command denied
	for statement, refusal := range map[string]string{
		"UPDATE events SET actor = ''":             table,
		"DELETE FROM events":                       table,
		"REPLACE INTO events SELECT * FROM events": table,
		"INSERT INTO events SELECT * FROM events ON DUPLICATE KEY UPDATE actor = ''": table,
		"TRUNCATE TABLE events":                    table,
		"ALTER TABLE events ADD COLUMN x INT NULL": table,
		"DROP TABLE events":                        table,
		"UPDATE chain SET hash = REPEAT('x', 32)":  table,
		"DELETE FROM chain":                        table,
		"TRUNCATE TABLE chain":                     table,
		"UPDATE checkpoints SET seq = 1":           table,
		"DELETE FROM checkpoints":                  table,
		"DELETE FROM heads":                        table,
		"UPDATE quarantine SET body = 'x'":         column,
		"UPDATE quarantine SET reason = 'x'":       column,
		"DELETE FROM quarantine":                   table,
		"DROP TABLE quarantine":                    table,
		"INSERT INTO schema_migrations VALUES (99, 'x', 'x', 0, UTC_TIMESTAMP(6))": table,
		"UPDATE schema_migrations SET dirty = 1":                                   table,
		"CREATE TABLE x (id INT)":                                                  table,
	} {
		_, err = own.ExecAutocommit(t.Context(), statement)
		if err == nil || !strings.Contains(err.Error(), refusal) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if diff := cmp.Diff(before, o.trail()); diff != "" || o.inQuarantine() != 2 {
		t.Errorf("the trail or the quarantine has changed: %s", diff)
	}
}

func TestGrants_NameEveryTable(t *testing.T) {
	r := newRig(t)
	var granted []string
	for _, g := range grants {
		granted = append(granted, g.Table)
	}
	tables := column(t, r.admin, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name")
	slices.Sort(granted)
	if diff := cmp.Diff(tables, granted); diff != "" {
		t.Errorf("-tables +granted:\n%s", diff)
	}
}
