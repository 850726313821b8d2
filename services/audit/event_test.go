package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
)

const goodID = "0198c2a4-77aa-7000-8000-0123456789ab"

// members is a good envelope, which tests then spoil.
func members() map[string]any {
	return map[string]any{
		"specversion": "1.0", "id": goodID, "source": "notes", "type": "notejam.notes.note.updated.v1",
		"subject": "notes/1", "subject_version": 7, "time": "2026-03-04T05:06:07.123456Z",
		"actor": "0198c2a4-77aa-7000-8000-000000000002", "request_id": "r-1",
		"data": map[string]any{"changed_fields": []string{"title"}},
	}
}

func encode(t testing.TB, m map[string]any) string {
	t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestDecode_ReadsAnEnvelope(t *testing.T) {
	want := Event{
		ID: goodID, Source: "notes", Type: "notejam.notes.note.updated.v1", Subject: "notes/1", SubjectVersion: 7,
		Time:  time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC),
		Actor: "0198c2a4-77aa-7000-8000-000000000002", RequestID: "r-1",
		Data: json.RawMessage(`{"changed_fields":["title"]}`),
	}
	for name, change := range map[string]func(map[string]any){
		"of today":                 func(map[string]any) {},
		"of a later minor version": func(m map[string]any) { m["specversion"], m["mood"] = "1.7", "sunny" },
		"with the time elsewhere":  func(m map[string]any) { m["time"] = "2026-03-04T06:06:07.123456999+01:00" },
		"with case-folded names":   func(m map[string]any) { m["ID"], m["Subject"] = "x", 1 },
	} {
		m := members()
		change(m)
		got, err := decode(encode(t, m))
		if err != nil {
			t.Errorf("an envelope %s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("an envelope %s: want and got differ:\n%s", name, diff)
		}
	}
}

func TestDecode_AnEventNeedsNoActorVersionRequestOrData(t *testing.T) {
	m := members()
	for _, name := range []string{"subject_version", "actor", "request_id", "data"} {
		delete(m, name)
	}
	got, err := decode(encode(t, m))
	if err != nil {
		t.Fatal(err)
	}
	want := Event{
		ID: goodID, Source: "notes", Type: "notejam.notes.note.updated.v1", Subject: "notes/1",
		Time: time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC), Data: json.RawMessage(`{}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want and got differ:\n%s", diff)
	}
}

// poisons are messages that are no events, by the reason that is to be found.
func poisons(t testing.TB) map[string]string {
	t.Helper()
	with := func(name string, value any) string {
		m := members()
		m[name] = value
		if value == nil {
			delete(m, name)
		}
		return encode(t, m)
	}
	all := map[string]string{
		"TOO_LARGE":               with("data", map[string]any{"x": strings.Repeat("x", outbox.MaxPayload)}),
		"NOT_UTF8":                strings.Replace(encode(t, members()), "title", "ti\uFFFDtle", 1),
		"NOT_JSON_OBJECT":         "hello",
		"UNKNOWN_VERSION":         with("specversion", "2.0"),
		"NO_EVENT_ID":             with("id", nil),
		"WRONG_MEMBER time":       with("time", "yesterday"),
		"WRONG_MEMBER data":       with("data", []string{"x"}),
		"WRONG_MEMBER actor":      with("actor", "' OR 1=1; --"+strings.Repeat(" ", 30)),
		"WRONG_MEMBER source":     with("source", 7),
		"WRONG_MEMBER subject":    with("subject", "notes/\x00<script>"),
		"WRONG_MEMBER type":       with("type", strings.Repeat("t", 81)),
		"WRONG_MEMBER request_id": with("request_id", "two\nlines"),
	}
	return all
}

func TestDecode_SaysWhyAMessageIsNoEvent(t *testing.T) {
	table := poisons(t)
	for reason, more := range map[string][]string{
		"NOT_UTF8":        {"\xff\xfe", strings.Replace(encode(t, members()), "title", "ti\xc3tle", 1)},
		"NOT_JSON_OBJECT": {"null", "[]", `"text"`, "7", "{", `{"a":1} {}`, encode(t, members()) + "x", strings.Repeat("[", 60000)},
		"UNKNOWN_VERSION": {
			"{}", `{"specversion":1}`, `{"specversion":null}`, `{"specversion":""}`, `{"specversion":"10.0"}`, `{"specversion":"1.x"}`, `{"specversion":"v1"}`,
		},
		"NO_EVENT_ID": {
			`{"specversion":"1.0","id":7}`, `{"specversion":"1.0","id":""}`, `{"specversion":"1.0","id":"` + strings.ToUpper(goodID) + `"}`,
			`{"specversion":"1.0","id":"` + goodID + ` "}`, `{"specversion":"1.0","ID":"` + goodID + `"}`,
		},
	} {
		for i, body := range more {
			table[fmt.Sprintf("%s\x00%d", reason, i)] = body
		}
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		want, _, _ := strings.Cut(key, "\x00")
		_, err := decode(table[key])
		var bad *poison
		if !errors.As(err, &bad) || bad.Error() != want {
			t.Errorf("%.60q: got %v, want %s", table[key], err, want)
		}
	}
}

func TestDecode_ReadsWhatTheOutboxWrites(t *testing.T) {
	r := newRig(t)
	sent := mysqltest.New(t, outboxtest.Schema())
	e := outbox.Event{
		ID: goodID, Source: "notes", Type: "notejam.notes.note.updated.v1", Subject: "notes/1", Version: 3,
		Time: time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC), Actor: "0198c2a4-77aa-7000-8000-000000000002", RequestID: "r",
		Traceparent: "00-0198c2a477aa70008000000000000003-00f067aa0ba902b7-00",
		Data:        map[string]any{"changed_fields": []string{"title", "odd\uFFFD"}},
	}
	err := sent.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error { return outbox.Append(ctx, tx, e) })
	if err != nil {
		t.Fatal(err)
	}
	var payload string
	err = sent.OpenAdmin(t).QueryRowContext(t.Context(), "SELECT payload FROM outbox").Scan(&payload)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	isNew, err := r.recordOne(t.Context(), got)
	if err != nil || !isNew {
		t.Fatal(isNew, err)
	}
	want := Event{
		ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, SubjectVersion: 3, Time: e.Time, Actor: e.Actor, RequestID: "r",
		Traceparent: e.Traceparent, Data: []byte(`{"changed_fields":["title","odd\ufffd"]}`),
	}
	listed, err := r.store.List(t.Context(), e.Actor, everything, everything.newest(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]link{{Event: want, Seq: 1, Hash: genesis(e.Actor).next(want)}}, listed); diff != "" {
		t.Errorf("appended and listed differ:\n%s", diff)
	}
}

func FuzzDecode_AcceptsOnlyWhatTheTableHasRoomFor(f *testing.F) {
	f.Add(encode(f, members()))
	for _, body := range poisons(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		e, err := decode(body)
		var bad *poison
		if errors.As(err, &bad) {
			return
		}
		if err != nil {
			t.Fatalf("an error that is no poison: %v", err)
		}
		ok := len(e.ID) == 36 && len(e.Source) <= 64 && len(e.Type) <= 80 && len(e.Subject) <= 80 && len(e.Actor) <= 36 &&
			len(e.RequestID) <= 64 && len(e.Traceparent) <= 55 && e.SubjectVersion >= 0 && e.Time.Year() >= 2000 && e.Time.Year() <= 9998 && json.Valid(e.Data)
		if !ok {
			t.Errorf("%q was accepted as %+v", body, e)
		}
	})
}
