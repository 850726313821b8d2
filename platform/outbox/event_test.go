package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
)

func TestAppend_AnEventIsThereIfAndOnlyIfItsChangeIs(t *testing.T) {
	r := newRig(t)
	r.append(2)
	failed := errors.New("the change did not work out")
	err := r.db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		err := outbox.Append(ctx, tx, newEvent())
		if err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if n := r.count("TRUE"); n != 2 {
		t.Errorf("%d events, want those of the 2 changes that were committed", n)
	}
}

func TestAppend_TheMessageHasTheNamesOfCloudEvents(t *testing.T) {
	r := newRig(t)
	e := outbox.Event{
		ID: "0198c2a4-77aa-7000-8000-0123456789ab", Source: "notes", Type: "notejam.notes.note.updated.v1",
		Subject: "notes/0198c2a4-77aa-7000-8000-000000000001", Version: 7,
		Time:  time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.FixedZone("CET", 3600)),
		Actor: "0198c2a4-77aa-7000-8000-000000000002", RequestID: "0198c2a4-77aa-7000-8000-000000000003",
		Traceparent: "00-0198c2a477aa70008000000000000003-00f067aa0ba902b7-00",
		Data:        map[string]any{"changed_fields": []string{"title", "odd\uFFFD\uFFFE\uFFFF\x00<"}},
	}
	err := r.db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error { return outbox.Append(ctx, tx, e) })
	if err != nil {
		t.Fatal(err)
	}
	var payload, subject, kind string
	var version int64
	err = r.admin.QueryRowContext(t.Context(), "SELECT payload, agg, agg_seq, type FROM outbox").Scan(&payload, &subject, &version, &kind)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"specversion":"1.0","id":"0198c2a4-77aa-7000-8000-0123456789ab","source":"notes",` +
		`"type":"notejam.notes.note.updated.v1","subject":"notes/0198c2a4-77aa-7000-8000-000000000001","subject_version":7,` +
		`"time":"2026-03-04T04:06:07.123456Z","actor":"0198c2a4-77aa-7000-8000-000000000002",` +
		`"request_id":"0198c2a4-77aa-7000-8000-000000000003",` +
		`"traceparent":"00-0198c2a477aa70008000000000000003-00f067aa0ba902b7-00",` +
		`"data":{"changed_fields":["title","odd\ufffd\ufffe\uffff\u0000\u003c"]}}`
	if diff := cmp.Diff(want, payload); diff != "" {
		t.Errorf("the message differs:\n%s", diff)
	}
	if subject != e.Subject || version != 7 || kind != e.Type {
		t.Errorf("the row says %s %d %s", subject, version, kind)
	}
	var members struct{ Data map[string]any }
	err = json.Unmarshal([]byte(payload), &members)
	if err != nil || members.Data["changed_fields"].([]any)[1] != "odd\uFFFD\uFFFE\uFFFF\x00<" { //nolint:forcetypeassert // it is what was written
		t.Errorf("the data does not come back: %v %v", members, err)
	}
}

func TestAppend_RefusesWhatNoReaderCouldKeep(t *testing.T) {
	r := newRig(t)
	bad := map[string]func(*outbox.Event){
		"no id":                   func(e *outbox.Event) { e.ID = "" },
		"an id that is no UUIDv7": func(e *outbox.Event) { e.ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8" },
		"an id in upper case":     func(e *outbox.Event) { e.ID = strings.ToUpper(e.ID) },
		"an id as a URN":          func(e *outbox.Event) { e.ID = "urn:uuid:" + e.ID },
		"no source":               func(e *outbox.Event) { e.Source = "" },
		"no type":                 func(e *outbox.Event) { e.Type = "" },
		"a type without version":  func(e *outbox.Event) { e.Type = "notejam.notes.note.created" },
		"a type too long":         func(e *outbox.Event) { e.Type = "notejam.notes." + strings.Repeat("n", 70) + ".created.v1" },
		"no subject":              func(e *outbox.Event) { e.Subject = "" },
		"a subject without id":    func(e *outbox.Event) { e.Subject = "notes/" },
		"a subject too long":      func(e *outbox.Event) { e.Subject = "notes/" + strings.Repeat("n", 80) },
		"a subject with a text":   func(e *outbox.Event) { e.Subject = "notes/my secret plan" },
		"a negative version":      func(e *outbox.Event) { e.Version = -1 },
		"no time":                 func(e *outbox.Event) { e.Time = time.Time{} },
		"a time after all":        func(e *outbox.Event) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"an actor by address":     func(e *outbox.Event) { e.Actor = "ann@example.com" },
		"a request id of control": func(e *outbox.Event) { e.RequestID = "a\nb" },
		"a request id too long":   func(e *outbox.Event) { e.RequestID = strings.Repeat("r", 65) },
		"half a traceparent":      func(e *outbox.Event) { e.Traceparent = "00-0198c2a477aa70008000000000000003" },
		"a traceparent of v1":     func(e *outbox.Event) { e.Traceparent = "01-0198c2a477aa70008000000000000003-00f067aa0ba902b7-00" },
		"too much":                func(e *outbox.Event) { e.Data = map[string]any{"x": strings.Repeat("x", outbox.MaxPayload)} },
		"data that is not JSON":   func(e *outbox.Event) { e.Data = map[string]any{"x": make(chan int)} },
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		e := newEvent()
		bad[name](&e)
		err := r.db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error { return outbox.Append(ctx, tx, e) })
		if err == nil {
			t.Errorf("an event with %s was accepted", name)
		}
	}
	if n := r.count("TRUE"); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}
