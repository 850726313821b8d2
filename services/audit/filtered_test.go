package audit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// hours are events of ann's, one in each hour of a day, of three types in turn.
func (r *rig) hours() []Event {
	r.t.Helper()
	var all []Event
	for i := range 24 {
		e := anEvent(ann)
		e.Time = time.Date(2026, 3, 4, i, 0, 0, 0, time.UTC)
		e.Type = []string{"notejam.notes.note.created.v1", "notejam.notes.note.updated.v1", "notejam.notes.pad_x.created.v1"}[i%3]
		_, err := r.recordOne(r.t.Context(), e)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func TestListActivities_AFilterShowsWhatItSaysAndAllOfIt(t *testing.T) {
	r := newRig(t)
	server, all := r.activityServer(), r.hours()
	r.record(bob, 3)
	type test = func(e Event) bool
	ofType := func(part string) test { return func(e Event) bool { return strings.HasPrefix(e.Type, part) } }
	after := func(hour int) test { return func(e Event) bool { return e.Time.Hour() >= hour } }
	for text, is := range map[string]test{
		``:                                       func(Event) bool { return true },
		`type = "notejam.notes.note.created.v1"`: ofType("notejam.notes.note.created.v1"),
		`type = "notejam.notes.note.*"`:          ofType("notejam.notes.note."),
		`type = "notejam.notes.note"`:            func(Event) bool { return false },
		`type = "NOTEJAM.notes.*"`:               func(Event) bool { return false },
		`type = "notejam.notes.pad_*"`:           ofType("notejam.notes.pad_"),
		`type = "notejam.notes.not_*"`:           func(Event) bool { return false },
		`type = "notejam%"`:                      func(Event) bool { return false },
		`occur_time >= "2026-03-04T07:00:00Z"`:   after(7),
		`occur_time < "2026-03-04T07:00:00Z"`:    func(e Event) bool { return e.Time.Hour() < 7 },
		`occur_time >= "2026-03-04T07:00:00.1Z"`: after(8),
		`occur_time < "2026-03-04T07:00:00.1Z"`:  func(e Event) bool { return e.Time.Hour() < 8 },
		`type = "notejam.notes.note.*" AND occur_time >= "2026-03-04T03:00:00Z" AND occur_time < "2026-03-04T22:00:00Z"`: func(e Event) bool {
			return ofType("notejam.notes.note.")(e) && after(3)(e) && e.Time.Hour() < 22
		},
	} {
		var want []string
		for _, e := range slices.Backward(all) {
			if is(e) {
				want = append(want, e.ID)
			}
		}
		var got []string
		request := &auditpb.ListActivitiesRequest{Filter: text, PageSize: 4}
		for {
			page, err := server.ListActivities(r.as(ann), request)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			got = append(got, idsOf(page)...)
			request.PageToken = page.GetNextPageToken()
			if request.GetPageToken() == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: recorded and listed differ:\n%s", text, diff)
		}
	}
}

func TestListActivities_APageTokenIsGoodForItsOwnFilterOnly(t *testing.T) {
	r := newRig(t)
	server := r.activityServer()
	r.hours()
	const notes, pads = `type = "notejam.notes.note.*"`, `type = "notejam.notes.pad_*"`
	page, err := server.ListActivities(r.as(ann), &auditpb.ListActivitiesRequest{Filter: notes, PageSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{pads, ""} {
		_, err = server.ListActivities(r.as(ann), &auditpb.ListActivitiesRequest{Filter: other, PageToken: page.GetNextPageToken()})
		if !fault.Is(err, fault.ReasonPageTokenInvalid) {
			t.Errorf("filter %q: got %v", other, err)
		}
	}
}

func TestListActivities_SaysAllThatIsWrongWithARequest(t *testing.T) {
	r := newRig(t)
	_, err := r.activityServer().ListActivities(r.as(ann), &auditpb.ListActivitiesRequest{Filter: `type = `, PageSize: -1})
	e, _ := fault.As(err)
	if e == nil || e.Kind != fault.Invalid || len(e.Fields) != 2 || e.Fields[0].Name != "page_size" || e.Fields[1].Name != "filter" {
		t.Errorf("got %v", err)
	}
}

func TestListActivities_APageOfMuchDataIsShorterAndNothingIsLeftOut(t *testing.T) {
	r := newRig(t)
	server := r.activityServer()
	data := []byte(`{"x":"` + strings.Repeat("x", 60000) + `"}`)
	want := map[string]bool{}
	for range 40 {
		e := anEvent(ann)
		e.Data = data
		_, err := r.recordOne(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		want[e.ID] = true
	}
	request := &auditpb.ListActivitiesRequest{PageSize: 100}
	for pages := 1; ; pages++ {
		page, err := server.ListActivities(r.as(ann), request)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(page.GetActivities()); n == 0 || n > 17 {
			t.Fatalf("page %d has %d activities", pages, n)
		}
		for _, id := range idsOf(page) {
			if !want[id] {
				t.Errorf("%s came twice", id)
			}
			delete(want, id)
		}
		request.PageToken = page.GetNextPageToken()
		if request.GetPageToken() == "" {
			break
		}
	}
	if len(want) > 0 {
		t.Errorf("%d are missing", len(want))
	}
}

// long fills a person's trail with 100,000 events that only the database sees;
// four of them are of a rare type. They are one in a minute, until now.
func (r *rig) long(person string) {
	r.t.Helper()
	const digits = "(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)"
	for _, statement := range []string{`
INSERT INTO events (id, source, type, subject, subject_version, actor, request_id, traceparent, data, occurred_at, recorded_at)
SELECT
	CONCAT('0198c2a4-77aa-7000-8000-', LPAD(n, 12, '0')),
	'notes',
	IF(n % 25000 = 7, 'notejam.auth.password.changed.v1', 'notejam.notes.note.updated.v1'),
	'notes/1',
	n,
	'` + person + `',
	'r',
	'',
	'{"changed_fields":["title","text"]}',
	UTC_TIMESTAMP(6) - INTERVAL n MINUTE,
	UTC_TIMESTAMP(6)
FROM (
	SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS n
	FROM ` + digits + ` AS a, ` + digits + ` AS b, ` + digits + ` AS c, ` + digits + ` AS d, ` + digits + ` AS e
) AS numbers`,
		"ANALYZE TABLE events",
	} {
		_, err := r.admin.ExecContext(r.t.Context(), statement)
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestListActivities_ARareKindIsFoundInALongTrailWithinAStatementsTime(t *testing.T) {
	r := newRig(t)
	server := r.activityServer()
	r.long(ann)
	for filter, want := range map[string]int{
		`type = "notejam.auth.password.changed.v1"`: 4,
		`type = "notejam.auth.*"`:                   4,
		`type = "notejam.notes.pad.*"`:              0,
		`type = "notejam.notes.*"`:                  25,
	} {
		begin := time.Now()
		page, err := server.ListActivities(r.as(ann), &auditpb.ListActivitiesRequest{Filter: filter})
		if err != nil || len(page.GetActivities()) != want {
			t.Errorf("%s: %d activities, want %d: %v", filter, len(page.GetActivities()), want, err)
		}
		t.Logf("%s took %v", filter, time.Since(begin))
	}
}
