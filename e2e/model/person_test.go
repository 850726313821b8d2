package model_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

const password = "a long enough password"

// world is two people and what the model knows of them.
type world struct {
	t      *rapid.T
	turn   int // which door is next
	people []*person
}

// person is somebody with notes and pads, as they should be.
type person struct {
	token string
	notes []*note // in the order in which they were made, deleted ones too
	pads  []*pad
	done  []done // the writes that succeeded
}

// note is a note as it should be.
type note struct {
	name, title, text, pad string
	etag                   string // "" when a pad took the note with it: then it is a new one that nobody was told
	created, updated       time.Time
	deleted                bool
	withPad                bool // it was deleted with its pad, and returns with it
}

// pad is a pad as it should be.
type pad struct {
	name, title, etag string
	created, updated  time.Time
	deleted           bool
}

// done is a write that may come again.
type done struct {
	call
	name string // of what it wrote
}

// call is a call of the REST door.
type call struct {
	verb, path string
	query      url.Values
	body       map[string]any
	ifMatch    string
}

// answer is what came back.
type answer struct {
	status int
	reason string
	etag   string // of the header
	body   map[string]any
	text   string
}

// newWorld signs two people up and in.
func newWorld(t *rapid.T) *world {
	w := &world{t: t}
	for range 2 {
		p := &person{}
		email := uuid.NewString() + "@model.test"
		w.must(p, call{verb: http.MethodPost, path: "/v1/auth:signUp", body: map[string]any{"email": email, "password": password}})
		in := w.must(p, call{verb: http.MethodPost, path: "/v1/auth:signIn", body: map[string]any{"email": email, "password": password}})
		p.token, _ = in.body["sessionToken"].(string)
		w.people = append(w.people, p)
	}
	return w
}

func (w *world) must(p *person, c call) answer {
	got := w.send(p, c)
	if got.status != http.StatusOK {
		w.t.Logf("%s\n%s", c, got.text)
		w.t.Fatalf("the answer is %d %s, want 200", got.status, got.reason)
	}
	return got
}

var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// send makes a call at the door whose turn it is.
func (w *world) send(p *person, c call) answer {
	w.turn++
	got, err := c.send(w.t.Context(), doors[w.turn%len(doors)], p.token)
	if err != nil {
		w.t.Log(err)
		w.t.Fatal("there is no answer")
	}
	return got
}

func (p *person) note(name string) *note {
	i := slices.IndexFunc(p.notes, func(n *note) bool { return n.name == name })
	if i < 0 {
		return nil
	}
	return p.notes[i]
}

func (p *person) pad(name string) *pad {
	i := slices.IndexFunc(p.pads, func(q *pad) bool { return q.name == name })
	if i < 0 {
		return nil
	}
	return p.pads[i]
}

// lives says whether the pad is one that a note may lie in.
func (p *person) lives(name string) bool {
	q := p.pad(name)
	return q != nil && !q.deleted
}

// in gives the live notes of a pad.
func (p *person) in(name string) []*note {
	return slices.DeleteFunc(slices.Clone(p.notes), func(n *note) bool { return n.deleted || n.pad != name })
}

// idOf gives the end of a resource name, which sorts by the time of its making.
func idOf(name string) string { return name[strings.IndexByte(name, '/')+1:] }
