package outboxtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
)

const page = `# Events

| type | subject | trail | data | when |
| --- | --- | --- | --- | --- |
| ` + "`notejam.notes.note.updated.v1` | `notes/…` | the account's | `changed_fields`, `pages?`" + ` | somebody changes one |
| ` + "`notejam.notes.key.made.v1` | `keys/…` | nobody's |" + ` none | a key is made |
| ` + "`notejam.auth.access.denied.v1` | `accounts/…` | the account's | `count`, `method`" + ` | it is denied |
`

func read(t *testing.T, text string) (outboxtest.Table, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.md")
	err := os.WriteFile(path, []byte(text), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return outboxtest.ReadTable(path)
}

func TestTheTableIsReadFromThePage(t *testing.T) {
	table, err := read(t, page)
	if err != nil {
		t.Fatal(err)
	}
	want := outboxtest.Table{
		"notejam.notes.note.updated.v1": {Subject: "notes", Data: map[string]bool{"changed_fields": true, "pages": false}},
		"notejam.notes.key.made.v1":     {Subject: "keys", Nobodys: true, Data: map[string]bool{}},
		"notejam.auth.access.denied.v1": {Subject: "accounts", Data: map[string]bool{"count": true, "method": true}},
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"notejam.notes.key.made.v1", "notejam.notes.note.updated.v1"}, table.Types("notes")); diff != "" {
		t.Error(diff)
	}
	for name, broken := range map[string]string{
		"no table":       "# Events\n",
		"a broken row":   strings.Replace(page, "nobody's", "somebody's", 1),
		"the same twice": strings.Replace(page, "notejam.notes.key.made.v1", "notejam.notes.note.updated.v1", 1),
	} {
		_, err := read(t, broken)
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestAnEventThatIsNotAsTheTableSaysIsFound(t *testing.T) {
	table, err := read(t, page)
	if err != nil {
		t.Fatal(err)
	}
	const good = `{"specversion":"1.0","id":"1","source":"notes","type":"notejam.notes.note.updated.v1","subject":"notes/1","subject_version":2,` +
		`"time":"t","actor":"a","request_id":"r","traceparent":"p","data":{"changed_fields":["title"]}}`
	for name, c := range map[string]struct{ payload, want string }{
		"as it should be":     {good, ""},
		"with more":           {strings.Replace(good, `["title"]`, `["title"],"pages":2`, 1), ""},
		"others":              {`{"type":"notejam.auth.access.denied.v1","subject":"accounts/others","data":{"count":7}}`, ""},
		"nobody's":            {`{"type":"notejam.notes.key.made.v1","subject":"keys/1"}`, ""},
		"of another type":     {strings.Replace(good, "updated", "moved", 1), "type is not in the table"},
		"of another subject":  {strings.Replace(good, "notes/1", "pads/1", 1), "subject is pads/1"},
		"in nobody's trail":   {strings.Replace(good, `"actor":"a",`, "", 1), `actor is ""`},
		"with a member":       {strings.Replace(good, `"actor"`, `"title":"x","actor"`, 1), `has member "title"`},
		"with a text":         {strings.Replace(good, `["title"]`, `["title"],"text":"secret"`, 1), `data has "text"`},
		"without its data":    {strings.Replace(good, `"changed_fields":["title"]`, "", 1), `data lacks "changed_fields"`},
		"in somebody's trail": {`{"type":"notejam.notes.key.made.v1","subject":"keys/1","actor":"a"}`, `actor is "a"`},
		"that is none":        {"x", "decode event"},
	} {
		err := table.Check(c.payload)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("an event %s: %v", name, err)
		}
	}
}
