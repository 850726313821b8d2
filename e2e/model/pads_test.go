package model_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// etagOfNote gives the note's etag as the person could know it: if nobody was
// told, it is read first.
func (p *person) etagOfNote(w *world, name string) string {
	n := p.note(name)
	if n == nil {
		return ""
	}
	if n.etag == "" {
		w.read(p, name, notFoundNote)
	}
	return n.etag
}

func (p *person) etagOfPad(name string) string {
	q := p.pad(name)
	if q == nil {
		return ""
	}
	return q.etag
}

// condition draws an etag for the call: in the body, or the query where there is
// none, or in the header. fits says whether it is the right one, or none.
func (w *world) condition(_ *person, c *call, etag string, body map[string]any) (fits bool) {
	use := etagUses.Draw(w.t, "etag")
	fits = use == "none" || strings.HasPrefix(use, "right") && etag != ""
	if !strings.HasPrefix(use, "right") || etag == "" {
		etag = strings.Repeat("0", 32)
	}
	switch {
	case use == "none":
	case strings.HasSuffix(use, "If-Match"):
		c.ifMatch = etag
	case body != nil:
		body["etag"] = etag
	default:
		c.query.Set("etag", etag)
	}
	return fits
}

// renew learns the etag of a write, which must be another one.
func (w *world) renew(etag *string, got answer) {
	fresh, _ := got.body["etag"].(string)
	if fresh == *etag {
		w.t.Fatal("the write left the etag as it was")
	}
	*etag = fresh
}

// later learns the time of an update, which must not be before the last one.
func (w *world) later(before time.Time, got answer) time.Time {
	at := w.time(got.body, "updateTime")
	if at.Before(before) {
		w.t.Logf("updated at %v, and before that at %v", at, before)
		w.t.Fatal("the time of an update went back")
	}
	return at
}

// createPad makes a pad.
func (w *world) createPad() {
	actor, _ := w.who()
	title := titles.Draw(w.t, "title")
	c := call{verb: http.MethodPost, path: "/v1/pads", query: freshID(), body: map[string]any{"title": title}}
	w.write(actor, c, func() outcome {
		if badTitle(title) {
			return fieldInvalid
		}
		return outcome{status: http.StatusOK, change: func(got answer) {
			name, _ := got.body["name"].(string)
			at := w.time(got.body, "createTime")
			actor.pads = append(actor.pads, &pad{name: name, title: title, created: at, updated: at})
		}}
	})
}

// getPad reads a pad.
func (w *world) getPad() {
	actor, target := w.who()
	w.read(actor, w.aPad(target), notFoundPad)
}

// updatePad renames a pad.
func (w *world) updatePad() {
	actor, target := w.who()
	name := w.aPad(target)
	title := titles.Draw(w.t, "title")
	body := map[string]any{"title": title}
	c := call{verb: http.MethodPatch, path: "/v1/" + name, query: freshID(), body: body}
	fits := w.condition(actor, &c, actor.etagOfPad(name), body)
	w.write(actor, c, func() outcome {
		q := actor.pad(name)
		switch {
		case q == nil || q.deleted:
			return notFoundPad
		case badTitle(title):
			return fieldInvalid
		case !fits:
			return changed(c)
		}
		return outcome{status: http.StatusOK, name: name, change: func(got answer) {
			q.title = title
			w.renew(&q.etag, got)
			q.updated = w.later(q.updated, got)
		}}
	})
}

// deletePad deletes a pad and, with force, its notes.
func (w *world) deletePad() {
	actor, target := w.who()
	name := w.aPad(target)
	force := rapid.Bool().Draw(w.t, "force")
	c := call{verb: http.MethodDelete, path: "/v1/" + name, query: freshID()}
	if force {
		c.query.Set("force", "true")
	}
	fits := w.condition(actor, &c, actor.etagOfPad(name), nil)
	w.write(actor, c, func() outcome {
		q := actor.pad(name)
		switch {
		case q == nil || q.deleted:
			return notFoundPad
		case !fits:
			return changed(c)
		case !force && len(actor.in(name)) > 0:
			return padNotEmpty
		}
		return outcome{status: http.StatusOK, name: name, change: func(got answer) {
			for _, n := range actor.in(name) {
				n.deleted, n.withPad, n.etag = true, true, ""
			}
			q.deleted = true
			w.renew(&q.etag, got)
		}}
	})
}

// undeletePad restores a pad and the notes that went with it.
func (w *world) undeletePad() {
	actor, target := w.who()
	name := w.aPad(target)
	c := call{verb: http.MethodPost, path: "/v1/" + name + ":undelete", body: map[string]any{"request_id": uuid.NewString()}}
	w.write(actor, c, func() outcome {
		q := actor.pad(name)
		switch {
		case q == nil:
			return notFoundPad
		case !q.deleted:
			return notDeleted
		}
		return outcome{status: http.StatusOK, name: name, change: func(got answer) {
			q.deleted = false
			for _, n := range actor.notes {
				if n.withPad && n.pad == name {
					n.deleted, n.withPad, n.etag = false, false, ""
				}
			}
			w.renew(&q.etag, got)
		}}
	})
}
