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
	{"update_time desc", columnUpdated, true, "notes_by_update", "notes_by_pad_update"},
	{"update_time", columnUpdated, false, "notes_by_update", "notes_by_pad_update"},
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
	inPad       bool      // only those of the pad
	pad         string    // with inPad: its id; "" for the notes in no pad
	since       time.Time // only those whose update_time is later; zero: all. Only with an order by update_time
	showDeleted bool      // also those that are deleted and not yet purged
	padsKnown   bool      // live are all the owner's live pads: then the database need not be asked about a note's pad
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
	since := ""
	if !l.since.IsZero() {
		since = "\n" + l.since.Format(time.RFC3339Nano)
	}
	return strings.Join([]string{"notes", l.order.name, pad, strconv.FormatBool(l.showDeleted)}, "\n") + since
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

// maxFilter is how long the text of a filter may be: longer than the longest one that means something.
const maxFilter = 300

var conditionPattern = regexp.MustCompile(`^ *(pad *=|update_time *>) *"([^"\\]*)" *$`)

// parseFilter reads conditions into the list, joined by AND and each at most once: `pad = "pads/…"` or `pad = ""`, and
// `update_time > "…"`. Empty is no filter.
func (l *list) parseFilter(filter string) (ok bool) {
	if filter == "" {
		return true
	}
	if len(filter) > maxFilter {
		return false
	}
	for condition := range strings.SplitSeq(filter, " AND ") {
		match := conditionPattern.FindStringSubmatch(condition)
		switch {
		case match == nil:
			return false
		case match[1][0] == 'p':
			ok = !l.inPad && l.setPad(match[2])
		default:
			ok = l.since.IsZero() && l.setSince(match[2])
		}
		if !ok {
			return false
		}
	}
	return true
}

func (l *list) setPad(name string) (ok bool) {
	l.inPad = true
	if name == "" {
		return true
	}
	l.pad, ok = padID(name)
	return ok
}

// setSince takes a time that the database can hold. Notes have whole microseconds, so what is below does not count.
func (l *list) setSince(value string) (ok bool) {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return false
	}
	l.since = t.UTC().Truncate(time.Microsecond)
	return l.since.Year() >= 1000 && l.since.Year() <= 9999
}

// walksTime tells whether the list is read in the order of time. Only then is a condition on the time a range of its index,
// and a page costs the same wherever it begins.
func (l *list) walksTime() bool { return l.order.column == columnUpdated }

const columnUpdated = "updated_at"

// The sentences about wrong fields of a list's request.
var (
	wrongPageSize = fault.Field{Name: "page_size", Sentence: "Use 0 to 100."}
	wrongOrder    = fault.Field{Name: "order_by", Sentence: "Use title, title desc, update_time or update_time desc."}
	wrongFilter   = fault.Field{
		Name: "filter", Sentence: `Use pad = "pads/{pad}" or pad = "", and update_time > "2026-11-01T00:00:00Z", with AND between them.`,
	}
	wrongFilterOrder = fault.Field{Name: "filter", Sentence: "With update_time in the filter, order by update_time."}
)
