package outbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
)

// command runs a command of a service with this outbox.
func (r *rig) command(args ...string) servicetest.Result {
	r.t.Helper()
	program := service.Program{
		Name:     "notes",
		Settings: func(s *env.Set) { mysql.Settings(s, "NOTES", 1) },
		Commands: []service.Command{outbox.Command("NOTES")},
	}
	return servicetest.Run(r.t, program, map[string]string{
		"NOTES_MYSQL_ADDR": r.config.Addr, "NOTES_MYSQL_DB": r.config.Database,
		"NOTES_MYSQL_USER": r.config.User, "NOTES_MYSQL_PASSWORD": r.config.Password.Reveal(),
	}, args...)
}

// row is a row of the table that a test plants.
type row struct {
	age       time.Duration // since it happened
	status    int
	visibleIn time.Duration
	claim     string // "" for nobody's
	attempts  int
}

// plant writes rows and gives their ids.
func (r *rig) plant(rows ...row) (ids []string) {
	r.t.Helper()
	for _, row := range rows {
		id := idAt(time.Now().Add(-row.age))
		ids = append(ids, id)
		claim := row.claim
		if claim == "" {
			claim = uuid.Nil.String()
		}
		_, err := r.admin.ExecContext(r.t.Context(), `
INSERT INTO outbox (event_id, agg, agg_seq, type, payload, status, visible_at, claim, attempts, sent_at)
VALUES (?, 'notes/1', 1, 'notejam.notes.note.created.v1', '{"secret":"hunter2"}', ?, UTC_TIMESTAMP(6) + INTERVAL ? SECOND, ?, ?,
	UTC_TIMESTAMP(6))`, id, row.status, row.visibleIn.Seconds(), claim, row.attempts)
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return ids
}

// idAt makes an id as if it were another time.
func idAt(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	for i, ms := 5, at.UnixMilli(); i >= 0; i, ms = i-1, ms>>8 {
		id[i] = byte(ms)
	}
	return id.String()
}

// backlog has something of everything.
func (r *rig) backlog() (parked []string) {
	r.t.Helper()
	ids := r.plant(
		row{age: 7 * time.Minute, status: 2, attempts: 3},
		row{age: 8 * time.Minute, status: 2, attempts: 21},
		row{age: 2 * time.Minute},
		row{age: 12*time.Minute + 4*time.Second, visibleIn: -time.Minute, attempts: 2},
		row{age: time.Minute, visibleIn: time.Hour}, // written under a clock that jumped
		row{age: time.Minute, visibleIn: time.Minute, claim: uuid.NewString(), attempts: 1},
		row{age: time.Minute, visibleIn: 3 * time.Minute, attempts: 7},
		row{age: 20 * time.Minute, status: 1, visibleIn: -10 * time.Minute},
		row{age: 30 * time.Minute, status: 1, visibleIn: -5 * time.Minute},
	)
	return ids[:2]
}

func TestOutboxStatus_CountsAndSaysWhatIsWrong(t *testing.T) {
	r := newRig(t)
	parked := r.backlog()
	result := r.command("outbox", "status")
	if result.Code != 1 || result.Stderr != "" {
		t.Errorf("exit code %d, standard error %q", result.Code, result.Stderr)
	}
	servicetest.WantSample(t, "../../docs/runbook.md", "notes outbox status", result.Stdout)
	if strings.Index(result.Stdout, parked[1]) > strings.Index(result.Stdout, parked[0]) {
		t.Errorf("the oldest parked event is not the first:\n%s", result.Stdout)
	}
	if strings.Contains(result.Stdout, "hunter2") {
		t.Error("it shows what is in events")
	}
}

func TestOutboxStatus_ForAProgram(t *testing.T) {
	r := newRig(t)
	parked := r.backlog()
	result := r.command("outbox", "status", "--json")
	type object = map[string]any
	var got object
	err := json.Unmarshal([]byte(result.Stdout), &got)
	if err != nil || result.Code != 1 {
		t.Fatalf("exit code %d, %v", result.Code, err)
	}
	for group, oldest := range map[string]float64{"unsent": 724, "unconfirmed": 1800} {
		seconds, _ := got[group].(object)["oldest_seconds"].(float64)
		if seconds < oldest-1 || seconds > oldest+20 {
			t.Errorf("the oldest %s is %v s old, want %v", group, seconds, oldest)
		}
		delete(got[group].(object), "oldest_seconds")
	}
	want := object{
		"unsent":      object{"count": 5.0, "due": 3.0, "claimed": 1.0, "delayed": 1.0, "too_old": true},
		"unconfirmed": object{"count": 2.0},
		"parked": object{"count": 2.0, "first": []any{
			object{"event_id": parked[1], "type": "notejam.notes.note.created.v1", "attempts": 21.0},
			object{"event_id": parked[0], "type": "notejam.notes.note.created.v1", "attempts": 3.0},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestOutboxStatus_IsFineWhenNothingIsTooOldOrParked(t *testing.T) {
	r := newRig(t)
	result := r.command("outbox", "status")
	if result.Code != 0 || result.Stderr != "" || strings.Contains(result.Stdout, "\n\n") {
		t.Errorf("of an empty outbox: exit code %d, output:\n%s%s", result.Code, result.Stdout, result.Stderr)
	}
	r.plant(row{age: 2 * time.Minute}, row{age: time.Hour, status: 1, visibleIn: -time.Hour})
	for maxAge, want := range map[string]int{"5m": 0, "1m": 1} {
		result = r.command("outbox", "status", "--max-age", maxAge)
		if result.Code != want {
			t.Errorf("with --max-age %s: exit code %d, output:\n%s", maxAge, result.Code, result.Stdout)
		}
	}
}

func TestOutboxStatus_ShowsAFewOfManyParkedEvents(t *testing.T) {
	r := newRig(t)
	for range 9 {
		r.plant(row{status: 2, attempts: 1})
	}
	result := r.command("outbox", "status")
	if n := strings.Count(result.Stdout, "notejam.notes"); n != 5 || !strings.Contains(result.Stdout, "\nand 4 more\n") {
		t.Errorf("%d are shown:\n%s", n, result.Stdout)
	}
}

func TestOutboxStatus_OfADatabaseThatIsAwayIsASentence(t *testing.T) {
	r := newRig(t)
	r.config.Addr = "127.0.0.1:1"
	result := r.command("outbox", "status")
	if result.Code != 1 || result.Stdout != "" || !strings.HasPrefix(result.Stderr, "notes outbox status: count due events: ") {
		t.Errorf("exit code %d, output %q, standard error %q", result.Code, result.Stdout, result.Stderr)
	}
}

func TestOutboxUnpark_LetsTheRelaySendAnEventAgain(t *testing.T) {
	r := newRig(t)
	parked := r.backlog()
	result := r.command("outbox", "unpark", parked[0])
	if result.Code != 0 || result.Stderr != "" {
		t.Errorf("exit code %d, standard error %q", result.Code, result.Stderr)
	}
	servicetest.WantSample(t, "../../docs/runbook.md", "notes outbox unpark 0198c2a4-77aa-7c52-8f19-64d3a70be215", result.Stdout)
	if n := r.count("event_id = ? AND status = 0 AND visible_at <= UTC_TIMESTAMP(6) AND claim LIKE '00000000-%' AND attempts = 0", parked[0]); n != 1 {
		t.Error("the event is not as new")
	}
	if n := r.count("status = 2"); n != 1 {
		t.Errorf("%d events are parked", n)
	}
	relay, _ := r.relay(r.queue, 0)
	r.run(relay)
	r.waitFor(1, "event_id = ? AND status = 1", parked[0])
}

func TestOutboxUnpark_TakesParkedEventsOnly(t *testing.T) {
	r := newRig(t)
	sent := r.plant(row{status: 1})
	result := r.command("outbox", "unpark", sent[0])
	if result.Code != 1 || result.Stdout != "" || result.Stderr != fmt.Sprintf("notes outbox unpark: no event %s is parked\n", sent[0]) {
		t.Errorf("exit code %d, output %q, standard error %q", result.Code, result.Stdout, result.Stderr)
	}
	for _, args := range [][]string{{"outbox", "unpark"}, {"outbox", "unpark", "--all", sent[0]}} {
		result = r.command(args...)
		if result.Code != 2 || !strings.HasPrefix(result.Stderr, "notes outbox unpark: want the ID of an event, or --all\nusage: notes outbox unpark") {
			t.Errorf("%v: exit code %d, standard error %q", args, result.Code, result.Stderr)
		}
	}
	if n := r.count("status = 1"); n != 1 {
		t.Error("a sent event was touched")
	}
}

func TestOutboxUnpark_TakesAllOfMany(t *testing.T) {
	r := newRig(t)
	r.plant(slices.Repeat([]row{{status: 2, attempts: 21}}, 120)...)
	r.plant(row{status: 1})
	result := r.command("outbox", "unpark", "--all")
	if result.Code != 0 || result.Stdout != "Unparked events: 120\n" {
		t.Errorf("exit code %d, output %q, standard error %q", result.Code, result.Stdout, result.Stderr)
	}
	result = r.command("outbox", "unpark", "--all")
	if result.Code != 0 || result.Stdout != "Unparked events: 0\n" {
		t.Errorf("again: exit code %d, output %q", result.Code, result.Stdout)
	}
	if n := r.count("status = 0 AND attempts = 0"); n != 120 {
		t.Errorf("%d events are as new", n)
	}
}
