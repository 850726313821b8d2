package model_test

import (
	"net/http"
	"time"
)

// A failure's last words are the same each time and name no id: rapid makes a
// sequence shorter only while it fails alike. The rest is logged before.

// outcome is what a call must come to: an error, or a change of the model.
type outcome struct {
	status int
	reason string       // "" is not looked at
	change func(answer) // for 200: carries the call out in the model, with what only the answer tells
	name   string       // for 200: what was written, if it was there before
}

func refusal(status int, reason string) outcome { return outcome{status: status, reason: reason} }

var (
	notFoundNote = refusal(http.StatusNotFound, "NOTE_NOT_FOUND")
	notFoundPad  = refusal(http.StatusNotFound, "PAD_NOT_FOUND")
	fieldInvalid = refusal(http.StatusBadRequest, "FIELD_INVALID")
	idReused     = refusal(http.StatusBadRequest, "REQUEST_ID_REUSED")
	notDeleted   = refusal(http.StatusBadRequest, "NOT_DELETED")
	padNotEmpty  = refusal(http.StatusBadRequest, "PAD_NOT_EMPTY")
)

// changed is the refusal of an etag that does not match.
func changed(c call) outcome {
	if c.ifMatch != "" {
		return refusal(http.StatusPreconditionFailed, "ETAG_MISMATCH")
	}
	return refusal(http.StatusConflict, "ETAG_MISMATCH")
}

// write sends a writing call with its request_id and compares what comes with
// what should. outcomeOf is asked only when the request is a new one.
func (w *world) write(p *person, c call, outcomeOf func() outcome) {
	want, seen := w.remembered(p, c)
	if !seen {
		want = outcomeOf()
	}
	got := w.send(p, c)
	if got.status != want.status || want.reason != "" && got.reason != want.reason {
		w.t.Logf("%s\n%s", c, got.text)
		w.t.Fatalf("the answer is %d %s, want %d %s", got.status, got.reason, want.status, want.reason)
	}
	if got.status != http.StatusOK {
		return
	}
	name, _ := got.body["name"].(string)
	if want.name != "" && name != want.name {
		w.t.Logf("%s\nwrote %s, want %s", c, name, want.name)
		w.t.Fatal("another thing was written")
	}
	if want.change != nil {
		want.change(got)
	}
	if !seen {
		p.done = append(p.done, done{c, name})
	}
	w.compare(p, name, got)
}

// remembered says what a request comes to whose request_id succeeded before: the
// resource as it is now, or nothing if it is another request.
func (w *world) remembered(p *person, c call) (outcome, bool) {
	for _, d := range p.done {
		switch {
		case d.requestID() != c.requestID():
		case d.same(c):
			return outcome{status: http.StatusOK, name: d.name}, true
		default:
			return idReused, true
		}
	}
	return outcome{}, false
}

// compare holds an answer to the model's note or pad.
func (w *world) compare(p *person, name string, got answer) {
	if n := p.note(name); n != nil {
		w.wantNote(n, got.body, true)
		w.wantETag(&n.etag, got)
		return
	}
	q := p.pad(name)
	if q == nil {
		w.t.Log(got.text)
		w.t.Fatal("the model has no such thing")
	}
	w.wantPad(p, q, got.body)
	w.wantETag(&q.etag, got)
}

// wantETag compares etags, of the body and of the header. One that the model
// cannot know it learns.
func (w *world) wantETag(known *string, got answer) {
	etag, _ := got.body["etag"].(string)
	if *known == "" {
		*known = etag
	}
	if etag == "" || etag != *known || got.etag != etag {
		w.t.Logf("etag is %q, in the header %q, want %q", etag, got.etag, *known)
		w.t.Fatal("the etag is another one")
	}
}

func (w *world) wantNote(n *note, body map[string]any, whole bool) {
	text := n.text
	if !whole {
		text = ""
		w.want(n.name, "snippet", body["snippet"], n.text) // short and on one line
	}
	w.want(n.name, "name", body["name"], n.name)
	w.want(n.name, "title", body["title"], n.title)
	w.want(n.name, "text", body["text"], text)
	w.want(n.name, "pad", body["pad"], n.pad)
	w.wantTimes(n.name, body, n.created, n.updated, n.deleted)
}

func (w *world) wantPad(p *person, q *pad, body map[string]any) {
	count := 0
	if !q.deleted {
		count = len(p.in(q.name))
	}
	w.want(q.name, "name", body["name"], q.name)
	w.want(q.name, "title", body["title"], q.title)
	w.want(q.name, "noteCount", body["noteCount"], float64(count))
	w.wantTimes(q.name, body, q.created, q.updated, q.deleted)
}

func (w *world) wantTimes(name string, body map[string]any, created, updated time.Time, deleted bool) {
	w.want(name, "createTime", w.time(body, "createTime"), created)
	w.want(name, "updateTime", w.time(body, "updateTime"), updated)
	for _, field := range []string{"deleteTime", "purgeTime"} {
		_, there := body[field]
		w.want(name, "whether there is "+field, there, deleted)
	}
}

func (w *world) want(name, what string, got, want any) {
	if got != want {
		w.t.Logf("%s: %s is %v, want %v", name, what, got, want)
		w.t.Fatalf("%s is not what the model says", what)
	}
}

func (w *world) time(body map[string]any, field string) time.Time {
	text, _ := body[field].(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		w.t.Logf("%s: %v", field, err)
		w.t.Fatalf("%s is no time", field)
	}
	return at.UTC()
}
