package model_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"pgregory.net/rapid"
)

// listNotes walks a list of notes from its first page to its last.
func (w *world) listNotes() {
	actor, _ := w.who()
	order := rapid.SampledFrom([]string{"", "update_time desc", "update_time", "title", "title desc"}).Draw(w.t, "order")
	deleted := rapid.Bool().Draw(w.t, "show deleted")
	query := url.Values{"order_by": {order}, "show_deleted": {strconv.FormatBool(deleted)}}
	in, filtered := "", chances.Draw(w.t, "filtered") < 4
	if filtered {
		in = w.padOrNone(actor)
		query.Set("filter", fmt.Sprintf("pad = %q", in))
	}
	want := slices.DeleteFunc(slices.Clone(actor.notes), func(n *note) bool { return n.deleted && !deleted || filtered && n.pad != in })
	slices.SortFunc(want, ordering(order))
	found := w.walk(actor, "/v1/notes", "notes", query, len(want))
	for i, body := range found {
		w.wantNote(want[i], body, false)
	}
}

// ordering is the order of a list of notes.
func ordering(order string) func(a, b *note) int {
	by := func(a, b *note) int {
		return cmp.Or(a.updated.Compare(b.updated), cmp.Compare(idOf(a.name), idOf(b.name)))
	}
	if order == "title" || order == "title desc" {
		by = func(a, b *note) int {
			return cmp.Or(cmp.Compare(a.title, b.title), cmp.Compare(idOf(a.name), idOf(b.name)))
		}
	}
	if order == "title" || order == "update_time" {
		return by
	}
	return func(a, b *note) int { return by(b, a) }
}

// listPads walks the list of pads.
func (w *world) listPads() {
	actor, _ := w.who()
	deleted := rapid.Bool().Draw(w.t, "show deleted")
	want := slices.DeleteFunc(slices.Clone(actor.pads), func(q *pad) bool { return q.deleted && !deleted })
	slices.SortFunc(want, func(a, b *pad) int { return cmp.Compare(a.name, b.name) })
	query := url.Values{"show_deleted": {strconv.FormatBool(deleted)}}
	for i, body := range w.walk(actor, "/v1/pads", "pads", query, len(want)) {
		w.wantPad(actor, want[i], body)
	}
}

// walk gives all of a list, page by page, and holds each page to its size. The
// token of a page opens it for nobody else, and for no other list.
func (w *world) walk(actor *person, path, field string, query url.Values, count int) (all []map[string]any) {
	size := rapid.IntRange(1, 5).Draw(w.t, "page size")
	query.Set("page_size", strconv.Itoa(size))
	for {
		got := w.must(actor, call{verb: http.MethodGet, path: path, query: query})
		page, _ := got.body[field].([]any)
		for _, one := range page {
			all = append(all, one.(map[string]any))
		}
		token, _ := got.body["nextPageToken"].(string)
		if want := min(size, count-(len(all)-len(page))); len(page) != want || (token == "") != (len(all) == count) || len(all) > count {
			w.t.Logf("%s %v: a page of %d with token %q, %d of %d in all", path, query, len(page), token, len(all), count)
			w.t.Fatal("a page of a list has another size")
		}
		if token == "" {
			return all
		}
		query.Set("page_token", token)
		w.misuse(actor, path, query)
	}
}

// misuse sends a token with other arguments, or as somebody else.
func (w *world) misuse(actor *person, path string, query url.Values) {
	other := url.Values{}
	for name, values := range query {
		other[name] = values
	}
	as := actor
	switch chances.Draw(w.t, "misuse") {
	case 0:
		as = w.people[0]
		if as == actor {
			as = w.people[1]
		}
	case 1:
		other.Set("show_deleted", strconv.FormatBool(query.Get("show_deleted") != "true"))
	default:
		return
	}
	got := w.send(as, call{verb: http.MethodGet, path: path, query: other})
	if got.status != http.StatusBadRequest || got.reason != "PAGE_TOKEN_INVALID" {
		w.t.Logf("%s %v: %s", path, other, got.text)
		w.t.Fatalf("the token of another list gives %d %s", got.status, got.reason)
	}
}
