package notes

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// Whatever somebody asks a list for, what is taken of it is one of a few orders,
// a size within the limits and a pad that could exist, and none of it is in the
// text of a statement.
func FuzzListArguments(f *testing.F) {
	f.Add("", "", int32(0), "", false)
	f.Add(`pad = "pads/01a20a63-9ef8-766d-bf6e-d502b93896a7"`, "title desc", int32(100), "a title", true)
	f.Add(`pad = ""`, "update_time", int32(-1), "' OR 1=1 --", false)
	f.Add(`pad = "pads/" OR "1" = "1"`, "title; DROP TABLE notes", int32(1<<30), "", true)
	f.Fuzz(func(t *testing.T, filter, orderBy string, asked int32, place string, deleted bool) {
		size, ok := pageSize(asked, listPageSize)
		if size < 1 || size > maxPageSize || ok == (asked < 0) {
			t.Errorf("a page of %d for %d", size, asked)
		}
		l := list{owner: "ann", showDeleted: deleted}
		l.order, _ = parseOrder(orderBy)
		if !l.parseFilter(filter) {
			l.inPad, l.pad = false, ""
		}
		if l.pad != "" {
			id, err := uuid.Parse(l.pad)
			if err != nil || id.String() != l.pad {
				t.Errorf("%q names the pad %q", filter, l.pad)
			}
		}
		again := list{owner: "ann", showDeleted: deleted, order: l.order}
		if l.inPad && (!again.parseFilter(fmt.Sprintf("pad = %q", padName(l.pad))) || again.pad != l.pad) {
			t.Errorf("%q is read as %q, and that as %q", filter, l.pad, again.pad)
		}
		at := &cursor{ID: place, Title: place, Updated: time.Unix(0, 0)}
		harmless := list{owner: "bob", showDeleted: deleted, order: l.order, inPad: l.inPad}
		query, args := l.statement(at, size)
		other, otherArgs := harmless.statement(&cursor{}, 1)
		if diff := cmp.Diff(other, query); diff != "" || len(args) != len(otherArgs) {
			t.Errorf("%q, %q, %q changes the statement:\n%s", filter, orderBy, place, diff)
		}
		query, _ = l.statementByPads(at, size)
		other, _ = harmless.statementByPads(&cursor{}, 1)
		if diff := cmp.Diff(other, query); diff != "" {
			t.Errorf("%q, %q, %q changes the statement by pads:\n%s", filter, orderBy, place, diff)
		}
	})
}
