package model_test

import (
	"net/http"
	"testing"

	"pgregory.net/rapid"
)

// Each sequence has two people of its own, so that sequences cannot meet. rapid
// runs a hundred of them; `make model` asks for more with -rapid.checks. A
// sequence that fails is made as short as it can be, and printed.
func TestRandomSequencesOfCallsComeToWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		t.Repeat(w.actions())
		for _, p := range w.people {
			for _, n := range p.notes {
				w.read(p, n.name, notFoundNote)
			}
			for _, q := range p.pads {
				w.read(p, q.name, notFoundPad)
			}
		}
	})
}

// actions are what may happen next.
func (w *world) actions() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){}
	for name, act := range map[string]func(){
		"create a note": w.createNote, "get a note": w.getNote, "update a note": w.updateNote,
		"delete a note": w.deleteNote, "undelete a note": w.undeleteNote, "list notes": w.listNotes,
		"create a pad": w.createPad, "get a pad": w.getPad, "update a pad": w.updatePad,
		"delete a pad": w.deletePad, "undelete a pad": w.undeletePad, "list pads": w.listPads,
		"send a write again": w.repeat, "send another write with its id": w.reuseID,
	} {
		actions[name] = func(*rapid.T) { act() }
	}
	return actions
}

// repeat sends a write again that has succeeded before, whatever happened since.
func (w *world) repeat() {
	actor, _ := w.who()
	if len(actor.done) == 0 {
		return
	}
	earlier := actor.done[rapid.IntRange(0, len(actor.done)-1).Draw(w.t, "earlier")]
	w.write(actor, earlier.call, nil)
}

// reuseID sends another request under a request_id that has succeeded before; of
// another person's it is as good as any.
func (w *world) reuseID() {
	actor, target := w.who()
	if len(target.done) == 0 {
		return
	}
	earlier := target.done[rapid.IntRange(0, len(target.done)-1).Draw(w.t, "earlier")]
	c := call{verb: http.MethodPost, path: "/v1/notes", query: freshID(), body: map[string]any{"title": "reused", "text": "x"}}
	c.query.Set("request_id", earlier.requestID())
	w.write(actor, c, func() outcome {
		return outcome{status: http.StatusOK, change: func(got answer) {
			name, _ := got.body["name"].(string)
			at := w.time(got.body, "createTime")
			actor.notes = append(actor.notes, &note{name: name, title: "reused", text: "x", created: at, updated: at})
		}}
	})
}
