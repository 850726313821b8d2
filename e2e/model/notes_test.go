package model_test

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// What people write: little, so that things meet; and now and then what is
// refused.
var (
	titles   = rapid.SampledFrom([]string{"a", "b", "ab", "milk", "zebra", "", "   ", strings.Repeat("x", 101)})
	texts    = rapid.SampledFrom([]string{"soak", "white beans", "x", ""})
	chances  = rapid.IntRange(0, 9)
	etagUses = rapid.SampledFrom([]string{"none", "right", "wrong", "right in If-Match", "wrong in If-Match"})
)

func badTitle(title string) bool { return strings.TrimSpace(title) == "" || len(title) > 100 }

// who draws who acts, and on whose things: mostly on their own.
func (w *world) who() (actor, target *person) {
	i := rapid.IntRange(0, 1).Draw(w.t, "who")
	actor, target = w.people[i], w.people[i]
	if chances.Draw(w.t, "stranger") == 9 {
		target = w.people[1-i]
	}
	return actor, target
}

// aNote draws the name of a note of the target; of none when there is none.
func (w *world) aNote(target *person) string {
	if len(target.notes) == 0 {
		return "notes/" + uuid.Must(uuid.NewV7()).String()
	}
	return target.notes[rapid.IntRange(0, len(target.notes)-1).Draw(w.t, "note")].name
}

// aPad draws the name of a pad of the target, also of a deleted one.
func (w *world) aPad(target *person) string {
	if len(target.pads) == 0 {
		return "pads/" + uuid.Must(uuid.NewV7()).String()
	}
	return target.pads[rapid.IntRange(0, len(target.pads)-1).Draw(w.t, "pad")].name
}

// padOrNone draws where a note is to lie.
func (w *world) padOrNone(actor *person) string {
	switch chance := chances.Draw(w.t, "in a pad"); {
	case chance < 4:
		return ""
	case chance < 9:
		return w.aPad(actor)
	}
	return w.aPad(w.people[0]) // perhaps another's
}

func freshID() url.Values { return url.Values{"request_id": {uuid.NewString()}} }

// createNote makes a note.
func (w *world) createNote() {
	actor, _ := w.who()
	title, text, pad := titles.Draw(w.t, "title"), texts.Draw(w.t, "text"), w.padOrNone(actor)
	c := call{verb: http.MethodPost, path: "/v1/notes", query: freshID(), body: map[string]any{"title": title, "text": text, "pad": pad}}
	w.write(actor, c, func() outcome {
		if badTitle(title) || text == "" || pad != "" && !actor.lives(pad) {
			return fieldInvalid
		}
		return outcome{status: http.StatusOK, change: func(got answer) {
			name, _ := got.body["name"].(string)
			at := w.time(got.body, "createTime")
			actor.notes = append(actor.notes, &note{name: name, title: title, text: text, pad: pad, created: at, updated: at})
		}}
	})
}

// getNote reads a note.
func (w *world) getNote() {
	actor, target := w.who()
	name := w.aNote(target)
	w.read(actor, name, notFoundNote)
}

// read reads a note or pad, which is there for its owner alone.
func (w *world) read(actor *person, name string, none outcome) {
	got := w.send(actor, call{verb: http.MethodGet, path: "/v1/" + name})
	if actor.note(name) != nil || actor.pad(name) != nil {
		if got.status != http.StatusOK {
			w.t.Logf("GET %s: %s", name, got.text)
			w.t.Fatalf("reading what is there gives %d %s", got.status, got.reason)
		}
		w.compare(actor, name, got)
		return
	}
	if got.status != none.status || got.reason != none.reason {
		w.t.Logf("GET %s: %s", name, got.text)
		w.t.Fatalf("reading what is not there gives %d %s", got.status, got.reason)
	}
}

// updateNote changes some fields of a note, with and without a mask.
func (w *world) updateNote() {
	actor, target := w.who()
	name := w.aNote(target)
	values := map[string]any{"title": titles.Draw(w.t, "title"), "text": texts.Draw(w.t, "text"), "pad": w.padOrNone(actor)}
	body := map[string]any{}
	for _, field := range []string{"title", "text", "pad"} {
		if rapid.Bool().Draw(w.t, "send "+field) {
			body[field] = values[field]
		}
	}
	c := call{verb: http.MethodPatch, path: "/v1/" + name, query: freshID(), body: body}
	mask, known := w.mask(&c, body)
	fits := w.condition(actor, &c, actor.etagOfNote(w, name), body)
	decided := func(field string) (string, bool) {
		value, _ := body[field].(string)
		return value, mask[field]
	}
	w.write(actor, c, func() outcome {
		n := actor.note(name)
		title, newTitle := decided("title")
		text, newText := decided("text")
		pad, newPad := decided("pad")
		switch {
		case !known:
			return fieldInvalid
		case n == nil || n.deleted:
			return notFoundNote
		case newTitle && badTitle(title) || newText && text == "":
			return fieldInvalid
		case !fits:
			return changed(c)
		case newPad && pad != "" && pad != n.pad && !actor.lives(pad):
			return fieldInvalid
		}
		return outcome{status: http.StatusOK, name: name, change: func(got answer) {
			if newTitle {
				n.title = title
			}
			if newText {
				n.text = text
			}
			if newPad {
				n.pad = pad
			}
			w.renew(&n.etag, got)
			n.updated = w.later(n.updated, got)
		}}
	})
}

// mask draws an update_mask, or none: then it is made of the body's fields.
func (w *world) mask(c *call, body map[string]any) (fields map[string]bool, known bool) {
	fields = map[string]bool{}
	switch rapid.SampledFrom([]string{"none", "none", "some", "*", "unknown"}).Draw(w.t, "mask") {
	case "some":
		path := rapid.SampledFrom([]string{"title", "text", "pad"}).Draw(w.t, "path")
		c.query.Set("update_mask", path)
		fields[path] = true
	case "*":
		c.query.Set("update_mask", "*")
		fields["title"], fields["text"], fields["pad"] = true, true, true
	case "unknown":
		c.query.Set("update_mask", "colour")
		return fields, false
	default:
		for field := range body {
			fields[field] = true
		}
	}
	return fields, true
}

// deleteNote deletes a note.
func (w *world) deleteNote() {
	actor, target := w.who()
	name := w.aNote(target)
	c := call{verb: http.MethodDelete, path: "/v1/" + name, query: freshID()}
	fits := w.condition(actor, &c, actor.etagOfNote(w, name), nil)
	w.write(actor, c, func() outcome {
		n := actor.note(name)
		switch {
		case n == nil || n.deleted:
			return notFoundNote
		case !fits:
			return changed(c)
		}
		return outcome{status: http.StatusOK, name: name, change: func(got answer) {
			n.deleted = true
			w.renew(&n.etag, got)
		}}
	})
}

// undeleteNote restores a note, into its pad if that is still there.
func (w *world) undeleteNote() {
	actor, target := w.who()
	name := w.aNote(target)
	c := call{verb: http.MethodPost, path: "/v1/" + name + ":undelete", body: map[string]any{"request_id": uuid.NewString()}}
	w.write(actor, c, func() outcome {
		n := actor.note(name)
		switch {
		case n == nil:
			return notFoundNote
		case !n.deleted:
			return notDeleted
		}
		return outcome{status: http.StatusOK, name: name, change: func(got answer) {
			n.deleted, n.withPad = false, false
			if !actor.lives(n.pad) {
				n.pad = ""
			}
			w.renew(&n.etag, got)
		}}
	})
}
