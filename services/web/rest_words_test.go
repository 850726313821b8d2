package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestREST_ErrorsRepeatNoWordOfTheSender(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	for body, want := range map[string]string{
		`{"hush": 1}`:                            "The request could not be read: (line 1:2): unknown field …",
		`{"title": "a", "createTime": "hush"}`:   "The request could not be read: (line 1:30): invalid google.protobuf.Timestamp value …",
		`{"title": 42424242}`:                    "The request could not be read: (line 1:11): invalid value for string field title",
		`{"title": "a", "title": "hush"}`:        `The request could not be read: (line 1:16): duplicate field "title"`,
		`{"title": ["hush"]}`:                    "The request could not be read: (line 1:11): invalid value for string field title",
		`{"title": "a", "hu\u0073h \"hush": 1}`:  "The request could not be read: (line 1:16): unknown field …",
		`{"updateTime": "hush", "title": "a\n"}`: "The request could not be read: (line 1:16): invalid google.protobuf.Timestamp value …",
	} {
		answer := wantRESTError(t, p.do(http.MethodPost, "/v1/notes", "application/json", body), 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED")
		if answer.Error.Message != want {
			t.Errorf("%s: got %q, want %q", body, answer.Error.Message, want)
		}
	}
	answer := wantRESTError(t, p.do(http.MethodGet, "/v1/notes?page_size=hush", "", ""), 400, "INVALID_ARGUMENT", "REQUEST_MALFORMED")
	if want := `The request could not be read: parsing field "page_size"`; answer.Error.Message != want {
		t.Errorf("got %q, want %q", answer.Error.Message, want)
	}
	for _, word := range []string{"hush", "42424242"} {
		if strings.Contains(d.log.String(), word) {
			t.Errorf("the log has %s: %s", word, d.log)
		}
	}
}
