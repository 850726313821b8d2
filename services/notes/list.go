package notes

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
)

// order is one of the ways in which a list of notes can be ordered. Notes that are equal by it are ordered by id, in the same direction.
type order struct {
	name     string // as in order_by
	column   string
	desc     bool
	index    string // the index that has this order over all notes
	padIndex string // and over those of one pad
}

// orders are all of them, the default first.
var orders = []order{
	{"update_time desc", "updated_at", true, "notes_by_update", "notes_by_pad_update"},
	{"update_time", "updated_at", false, "notes_by_update", "notes_by_pad_update"},
	{"title", "title", false, "notes_by_title", "notes_by_pad_title"},
	{"title desc", "title", true, "notes_by_title", "notes_by_pad_title"},
}

// parseOrder reads order_by; empty is the default.
func parseOrder(name string) (o order, ok bool) {
	if name == "" {
		return orders[0], true
	}
	i := slices.IndexFunc(orders, func(o order) bool { return o.name == name })
	if i < 0 {
		return orders[0], false
	}
	return orders[i], true
}

// list says which notes, in which order.
type list struct {
	owner       string
	order       order
	inPad       bool   // only those of the pad
	pad         string // with inPad: its id; "" for the notes in no pad
	showDeleted bool   // also those that are deleted and not yet purged
	padsKnown   bool   // live are all the owner's live pads: then the database need not be asked about a note's pad
	live        []Pad
}

// hides tells whether a row that the list has found is no note of the list, because its pad hides it.
func (l list) hides(n Note) bool {
	switch {
	case l.showDeleted:
		return false
	case l.padsKnown:
		return n.PadID != "" && !slices.ContainsFunc(l.live, func(p Pad) bool { return p.ID == n.PadID })
	}
	return n.Hidden
}

// binding names everything that a page token of the list depends on. Its owner's tokens have a key of their own.
func (l list) binding() string {
	pad := "all"
	if l.inPad {
		pad = "in " + l.pad
	}
	return strings.Join([]string{"notes", l.order.name, pad, strconv.FormatBool(l.showDeleted)}, "\n")
}

// padsBinding is the binding of a list of pads, which has one order.
func padsBinding(showDeleted bool) string { return "pads\n" + strconv.FormatBool(showDeleted) }

// cursor is a place in a list: just beyond one of its rows. It holds the row's values, so that the place is there even when the row is gone.
type cursor struct {
	Back    bool      `json:"b,omitempty"` // the page is the one that ends before the row, not the one that begins after it
	ID      string    `json:"i"`
	Title   string    `json:"t,omitempty"`
	Updated time.Time `json:"u,omitzero"`
}

// cursorAt gives the place beyond the note in this order. It holds only what the order needs.
func (o order) cursorAt(n Note, back bool) *cursor {
	c := &cursor{Back: back, ID: n.ID}
	if o.column == "title" {
		c.Title = n.Title
	} else {
		c.Updated = n.Updated
	}
	return c
}

// key gives the row's value in the column of the order.
func (c *cursor) key(o order) any {
	if o.column == "title" {
		return c.Title
	}
	return c.Updated
}

// The sizes of pages.
const (
	listPageSize = 25  // when the caller of a list names none
	webPageSize  = 10  // when the caller of a page names none
	maxPageSize  = 100 // whatever the caller names
)

// pageSize gives the number of rows of a page.
func pageSize(asked int32, otherwise int) (size int, ok bool) {
	switch {
	case asked < 0:
		return otherwise, false
	case asked == 0:
		return otherwise, true
	}
	return min(int(asked), maxPageSize), true
}

var filterPattern = regexp.MustCompile(`^\s*pad\s*=\s*"([^"\\]*)"\s*$`)

// parseFilter reads `pad = "pads/…"` and `pad = ""` into the list; empty is no filter.
func (l *list) parseFilter(filter string) (ok bool) {
	if filter == "" {
		return true
	}
	match := filterPattern.FindStringSubmatch(filter)
	if match == nil {
		return false
	}
	l.inPad = true
	if match[1] == "" {
		return true
	}
	l.pad, ok = padID(match[1])
	return ok
}

// The sentences about wrong fields of a list's request.
var (
	wrongPageSize = fault.Field{Name: "page_size", Sentence: "Use 0 to 100."}
	wrongOrder    = fault.Field{Name: "order_by", Sentence: "Use title, title desc, update_time or update_time desc."}
	wrongFilter   = fault.Field{Name: "filter", Sentence: `Use pad = "pads/{pad}" or pad = "".`}
)
