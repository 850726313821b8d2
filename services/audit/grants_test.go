package audit

import (
	"testing"
)

func TestGrants_LetTheServiceRecordAndNotChangeWhatIsRecorded(t *testing.T) {
	o := newOperator(t)
	_, bodies := events(t, 3)
	o.isolate(bodies[0], "UNKNOWN_VERSION")
	o.isolate("hello", "NOT_JSON_OBJECT")
	own := o.openOwn()
	store := NewStore(own)
	_, err := store.Record(t.Context(), []Event{decoded(t, bodies[1]), decoded(t, bodies[2])})
	if err != nil {
		t.Errorf("the service cannot record: %v", err)
	}
	_, err = store.Quarantine(t.Context(), "hallo", "NOT_JSON_OBJECT")
	if err != nil {
		t.Errorf("the service cannot quarantine: %v", err)
	}
	o.want(1, "quarantine", "replay", "--all")

	before := o.trail()
	for _, statement := range []string{
		"UPDATE events SET actor = ''",
		"DELETE FROM events",
		"TRUNCATE TABLE events",
		"UPDATE chain SET hash = REPEAT('x', 32)",
		"DELETE FROM chain",
		"DELETE FROM heads",
		"UPDATE quarantine SET body = 'x'",
		"UPDATE quarantine SET reason = 'x'",
		"DELETE FROM quarantine",
		"DROP TABLE quarantine",
		"ALTER TABLE events ADD COLUMN x INT NULL",
	} {
		_, err = own.ExecAutocommit(t.Context(), statement)
		if err == nil {
			t.Errorf("the service can %s", statement)
		}
	}
	if len(before) != len(o.trail()) || o.inQuarantine() != 2 {
		t.Errorf("the trail or the quarantine has changed")
	}
}
