package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/services/notes/migrations"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

func TestSeededPeopleAreAsIfTheyHadWrittenTheirNotes(t *testing.T) {
	database := mysqltest.New(t, migrations.Files)
	r := &rows{notes: database.Open(t)}
	owner := person{id: uuid.NewString()}
	const count = batch + 30 // more than one statement writes
	ids, err := r.seed(t.Context(), owner.id, count, time.Now())
	if err != nil || len(ids) != count {
		t.Fatalf("%d ids, %v", len(ids), err)
	}
	stored, err := r.noteCount(t.Context(), []person{owner, {id: uuid.NewString()}})
	if err != nil || stored != count {
		t.Errorf("the person's count is %d, %v", stored, err)
	}
	var notes, miscounted, pads int
	row := r.notes.QueryRow(t.Context(), `SELECT COUNT(*) FROM notes WHERE owner_id = ? AND deleted = 0`, owner.id)
	err = row.Scan(&notes)
	if err != nil || notes != count {
		t.Errorf("%d notes, %v", notes, err)
	}
	row = r.notes.QueryRow(t.Context(), `
		SELECT
			COUNT(*),
			COALESCE(SUM(note_count <> (SELECT COUNT(*) FROM notes WHERE pad_id = pads.id)), 0)
		FROM pads
		WHERE owner_id = ?`, owner.id)
	err = row.Scan(&pads, &miscounted)
	if err != nil || pads != 5 || miscounted != 0 {
		t.Errorf("%d pads, %d of them with a wrong count, %v", pads, miscounted, err)
	}
	var newest string
	row = r.notes.QueryRow(t.Context(), `SELECT id FROM notes WHERE owner_id = ? ORDER BY updated_at DESC LIMIT 1`, owner.id)
	err = row.Scan(&newest)
	if err != nil || newest != ids[0] {
		t.Errorf("the newest note is %s, want %s, %v", newest, ids[0], err)
	}
}

func TestTheFirstDifferenceOfTwoPagesIsShown(t *testing.T) {
	for _, c := range [][3]string{
		{"a\nb\nc", "a\nB\nc", "line 2\nweb:   b\nplain: B"},
		{"a", "a\nb", "web has 1 lines, plain 2"},
	} {
		got := firstDifference(c[0], c[1])
		if !strings.Contains(got, c[2]) {
			t.Errorf("got %q, want %q", got, c[2])
		}
	}
}
