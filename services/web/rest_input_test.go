package web

import (
	"net/http"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestREST_RefusesAQueryThatCouldMeanTwoThingsOrNothing(t *testing.T) {
	d := startDoor(t)
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	for _, c := range []struct{ method, path, says string }{
		{http.MethodGet, "/v1/notes?page_size=1&page_size=2", `"page_size" stands there twice`},
		{http.MethodGet, "/v1/notes?pageSize=1&page_size=2", "stands there twice"},
		{http.MethodGet, "/v1/notes?pagesize=1", `no parameter "pagesize"`},
		{http.MethodGet, "/v1/notes?" + strings.Repeat("x", 300) + "=1", "no parameter"},
		{http.MethodGet, "/v1/notes/" + note + "?name=notes/other", `no parameter "name"`},
		{http.MethodGet, "/v1/notes?page_size=many", `parsing field "page_size"`},
		{http.MethodGet, "/v1/notes?show_deleted=perhaps", `parsing field "show_deleted"`},
		{http.MethodDelete, "/v1/pads/x?force=1&force=0", "stands there twice"},
		{http.MethodPost, "/v1/notes?note.title=x", `no parameter "note.title"`},
		{http.MethodPost, "/v1/notes?title=x", `no parameter "title"`},
		{http.MethodPost, "/v1/auth:signIn?email=ada@example.org", `no parameter "email"`},
		{http.MethodPatch, "/v1/notes/" + note + "?update_mask=title&updateMask=text", "stands there twice"},
		{http.MethodPatch, "/v1/notes/" + note + "?note.etag=x", "no parameter"},
	} {
		t.Run(c.method+" "+c.path[:min(60, len(c.path))], func(t *testing.T) {
			p := d.program(t)
			body := `{"title": "x", "text": "y"}`
			if c.method == http.MethodGet {
				body = ""
			}
			got := wantRESTError(t, p.do(c.method, c.path, "application/json", body), http.StatusBadRequest, "INVALID_ARGUMENT", "REQUEST_MALFORMED")
			if !strings.Contains(got.Error.Message, c.says) || strings.Contains(got.Error.Message, "strconv") || len(got.Error.Message) > 120 {
				t.Errorf("it says %q", got.Error.Message)
			}
		})
	}
}

func TestREST_TakesBothSpellingsOfAParameter(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	for _, query := range []string{"page_size=3&order_by=title&show_deleted=true", "pageSize=3&orderBy=title&showDeleted=true"} {
		wantStatus(t, p.do(http.MethodGet, "/v1/notes?"+query, "", ""), http.StatusOK)
		got := last[*notespb.ListNotesRequest](d.world)
		if got.GetPageSize() != 3 || got.GetOrderBy() != "title" || !got.GetShowDeleted() {
			t.Errorf("%s: notes was asked for %v", query, got)
		}
	}
}

func TestREST_RefusesRepeatedKeysAndNulls(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	note := d.addNote("ada@example.org", "Beans", "Soak.", "")
	for name, c := range map[string]struct{ method, path, body string }{
		"a key twice":                   {http.MethodPost, "/v1/notes", `{"title":"x","title":"x","text":"y"}`},
		"a key twice, once escaped":     {http.MethodPost, "/v1/notes", `{"title":"x","\u0074itle":"z","text":"y"}`},
		"in both spellings":             {http.MethodPost, "/v1/auth:changePassword", `{"current_password":"x","currentPassword":"y"}`},
		"in an update":                  {http.MethodPatch, "/v1/notes/" + note, `{"title":"x","title":"y"}`},
		"deeper":                        {http.MethodPost, "/v1/auth:signIn", `{"email":"a","password":"b","client":{"device":"x","device":"y"}}`},
		"deeper, between other objects": {http.MethodPost, "/v1/notes", `{"title":"x","text":"y","createTime":"2026-01-01T00:00:00Z","createTime":"2026-01-01T00:00:00Z"}`},
		"null":                          {http.MethodPost, "/v1/notes", `{"title":"x","text":"y","pad":null}`},
		"null in an update":             {http.MethodPatch, "/v1/notes/" + note, `{"pad": null}`},
		"null, deeper":                  {http.MethodPost, "/v1/auth:signIn", `{"email":"a","password":"b","client":{"device":null}}`},
	} {
		t.Run(name, func(t *testing.T) {
			wantRESTError(t, p.do(c.method, c.path, "application/json", c.body), http.StatusBadRequest, "INVALID_ARGUMENT", "REQUEST_MALFORMED")
		})
	}
	// The word alone is no null.
	wantStatus(t, p.do(http.MethodPost, "/v1/notes", "application/json", `{"title":"null","text":"null and \"null\""}`), http.StatusOK)
}
