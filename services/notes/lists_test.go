package notes

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/proto/notespb"
)

var orderNames = []string{"update_time desc", "update_time", "title", "title desc"}

// fill puts notes into the database behind the service's back, three for each moment, and counts them.
func (p *person) fill(notes int, pad *notespb.Pad, title func(i int) string) {
	p.t.Helper()
	padID, _ := padID(pad.GetName())
	for chunk := range slices.Chunk(slices.Collect(seq(notes)), 500) {
		var args []any
		for _, i := range chunk {
			at := p.clock.Now().Add(time.Duration(i/3) * time.Second)
			args = append(args, newID(), p.id, padID, title(i), "text", "text", newETag(), at.Format("2006-01-02 15:04:05"), at.Format("2006-01-02 15:04:05"))
		}
		p.exec(`INSERT INTO notes (id, owner_id, pad_id, title, text, snippet, etag, version, created_at, updated_at) VALUES `+
			strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, 1, ?, ?),", len(chunk)), ","), args...)
	}
	p.exec(`INSERT INTO people (owner_id, note_count, pad_count) VALUES (?, ?, 0) ON DUPLICATE KEY UPDATE note_count = note_count + ?`, p.id, notes, notes)
	p.exec(`UPDATE pads SET note_count = note_count + ? WHERE id = ?`, notes, padID)
}

func seq(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// expected reads the names of a person's notes in an order without pages or indexes.
func (p *person) expected(orderBy, where string) (names []string) {
	p.t.Helper()
	column, direction, _ := strings.Cut(strings.Replace(orderBy, "update_time", "updated_at", 1), " ")
	query := fmt.Sprintf(`
		SELECT CONCAT('notes/', id) FROM notes IGNORE INDEX (notes_by_update, notes_by_title)
		WHERE owner_id = ? AND %s ORDER BY %s %s, id %s`, where, column, direction, direction)
	rows, err := p.admin.QueryContext(p.t.Context(), query, p.id) //nolint:rowserrcheck // Collect asks
	if err != nil {
		p.t.Fatal(err)
	}
	names, err = mysql.Collect(&mysql.Rows{Rows: rows}, func(row mysql.Scanner) (name string, err error) { err = row.Scan(&name); return name, err })
	if err != nil {
		p.t.Fatal(err)
	}
	return names
}

// listNotes reads the names of a whole list, page by page.
func (p *person) listNotes(request *notespb.ListNotesRequest) (names []string) {
	p.t.Helper()
	for {
		page := must(p.notes.ListNotes(p.ctx(), request))(p.t)
		if len(page.GetNotes()) > int(request.GetPageSize()) {
			p.t.Fatalf("a page of %d has %d", request.GetPageSize(), len(page.GetNotes()))
		}
		for _, n := range page.GetNotes() {
			names = append(names, n.GetName())
		}
		request.PageToken = page.GetNextPageToken()
		if request.GetPageToken() == "" {
			return names
		}
	}
}

func TestAListHoldsEveryNoteOnceInEachOrderWithTiesByID(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	pad := p.pad("Pad")
	// Many that are equal, some only by the collation, and characters that it does not know.
	titles := []string{"a", "A", "á", "b", "", "B ", "🜁", "🜂", "Z", "ß", "ss", "1", "%", "_", `\`, "'", "日本", "а"}
	title := func(i int) string { return titles[i*7%len(titles)] }
	p.fill(30, pad, title)
	p.fill(19, nil, title)
	s.person().fill(5, nil, title)
	deletedPad := p.pad("Deleted")
	p.fill(4, deletedPad, title)
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: deletedPad.GetName(), Force: true}))(t)
	p.exec(`UPDATE notes SET deleted_at = created_at WHERE owner_id = ? AND pad_id = '' AND title = 'b'`, p.id)

	id, _ := padID(pad.GetName())
	for _, orderBy := range append(orderNames, "") {
		sqlOrder := orderBy
		if orderBy == "" {
			sqlOrder = "update_time desc"
		}
		for filter, where := range map[string]string{
			"":                                 "TRUE",
			`pad = "` + pad.GetName() + `"`:    "pad_id = '" + id + "'",
			`pad = ""`:                         "pad_id = ''",
			`pad = "` + padName(newID()) + `"`: "FALSE",
		} {
			for _, size := range []int32{9, 100} {
				live := p.listNotes(&notespb.ListNotesRequest{OrderBy: orderBy, Filter: filter, PageSize: size})
				if diff := cmp.Diff(p.expected(sqlOrder, where+" AND deleted_at IS NULL"), live); diff != "" {
					t.Errorf("order %q, filter %s, pages of %d:\n%s", orderBy, filter, size, diff)
				}
				all := p.listNotes(&notespb.ListNotesRequest{OrderBy: orderBy, Filter: filter, PageSize: size, ShowDeleted: true})
				if diff := cmp.Diff(p.expected(sqlOrder, where), all); diff != "" {
					t.Errorf("order %q, filter %s, pages of %d, also deleted:\n%s", orderBy, filter, size, diff)
				}
			}
		}
	}
}

func TestAListHasSnippetsAndNoTexts(t *testing.T) {
	p := startSystem(t).person()
	made := must(p.notes.CreateNote(p.ctx(), &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "a", Text: "one\n\ntwo " + strings.Repeat("é", 300)}}))(t)
	made.Text, made.Snippet = "", "one two "+strings.Repeat("é", 192)
	got := must(p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{}))(t)
	wantSame(t, &notespb.ListNotesResponse{Notes: []*notespb.Note{made}}, got)
}

func TestTheSizeOfAPageHasADefaultAndACap(t *testing.T) {
	p := startSystem(t).person()
	p.fill(130, nil, func(int) string { return "a" })
	for asked, want := range map[int32]int{0: 25, 1: 1, 100: 100, 101: 100, 1 << 30: 100} {
		got := must(p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{PageSize: asked}))(t)
		if len(got.GetNotes()) != want {
			t.Errorf("asked for %d, got %d", asked, len(got.GetNotes()))
		}
	}
}

func TestAListWithWrongFieldsIsRefusedWithASentenceForEach(t *testing.T) {
	p := startSystem(t).person()
	_, err := p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{PageSize: -1, OrderBy: "title; DROP TABLE notes", Filter: `title = "a"`})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid,
		"page_size: Use 0 to 100.",
		"order_by: Use title, title desc, update_time or update_time desc.",
		`filter: Use pad = "pads/{pad}" or pad = "", and update_time > "2026-11-01T00:00:00Z", with AND between them.`)
	_, err = p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{OrderBy: "title", Filter: `update_time > "2026-11-01T00:00:00Z"`})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "filter: With update_time in the filter, order by update_time.")
}

func TestAListOfWhatChangedLaterHasNothingElse(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	pad := p.pad("Pad")
	p.fill(30, nil, func(int) string { return "a" })
	p.fill(30, pad, func(int) string { return "b" })
	deletedPad := p.pad("Deleted")
	p.fill(6, deletedPad, func(int) string { return "c" })
	must(p.pads.DeletePad(p.ctx(), &notespb.DeletePadRequest{Name: deletedPad.GetName(), Force: true}))(t)
	since := s.clock.Now().Add(5 * time.Second) // fill wrote three for each second
	id, _ := padID(pad.GetName())
	later := "updated_at > '" + since.Format("2006-01-02 15:04:05") + "'"
	condition := `update_time > "` + since.Format(time.RFC3339) + `"`
	for _, orderBy := range []string{"update_time desc", "update_time"} {
		for filter, where := range map[string]string{
			condition: later,
			condition + ` AND pad = "` + pad.GetName() + `"`: later + " AND pad_id = '" + id + "'",
		} {
			live := p.listNotes(&notespb.ListNotesRequest{OrderBy: orderBy, Filter: filter, PageSize: 7})
			if diff := cmp.Diff(p.expected(orderBy, where+" AND deleted_at IS NULL AND pad_id <> '"+mustID(deletedPad)+"'"), live); diff != "" || len(live) == 0 {
				t.Errorf("%s, %s:\n%s", orderBy, filter, diff)
			}
			all := p.listNotes(&notespb.ListNotesRequest{OrderBy: orderBy, Filter: filter, PageSize: 7, ShowDeleted: true})
			if diff := cmp.Diff(p.expected(orderBy, where), all); diff != "" {
				t.Errorf("%s, %s, also deleted:\n%s", orderBy, filter, diff)
			}
		}
	}
}

func TestATokenOfAFilteredListIsForThatFilterOnly(t *testing.T) {
	p := startSystem(t).person()
	p.fill(30, nil, func(int) string { return "a" })
	page := must(p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{PageSize: 5, Filter: `update_time > "2026-01-01T00:00:00Z"`}))(t)
	for _, filter := range []string{"", `update_time > "2026-01-01T00:00:01Z"`, `update_time > "2026-01-01T00:00:00Z" AND pad = ""`} {
		_, err := p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{PageSize: 5, Filter: filter, PageToken: page.GetNextPageToken()})
		wantFault(t, err, fault.Invalid, fault.ReasonPageTokenInvalid)
	}
	// The same time in another spelling is the same filter.
	must(p.notes.ListNotes(p.ctx(), &notespb.ListNotesRequest{
		PageSize: 5, Filter: `update_time>"2026-01-01T01:00:00.000+01:00"`, PageToken: page.GetNextPageToken(),
	}))(t)
}

func mustID(pad *notespb.Pad) string {
	id, _ := padID(pad.GetName())
	return id
}

func TestAPageTokenIsGoodForTheSameListOfTheSamePersonOnly(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	p.fill(3, nil, func(int) string { return "a" })
	request := func(change func(r *notespb.ListNotesRequest)) *notespb.ListNotesRequest {
		r := &notespb.ListNotesRequest{PageSize: 1, OrderBy: "title", Filter: `pad = ""`}
		change(r)
		return r
	}
	token := must(p.notes.ListNotes(p.ctx(), request(func(*notespb.ListNotesRequest) {})))(t).GetNextPageToken()
	same := must(p.notes.ListNotes(p.ctx(), request(func(r *notespb.ListNotesRequest) { r.PageToken, r.PageSize = token, 2 })))(t)
	if len(same.GetNotes()) != 2 {
		t.Errorf("another size of the page: got %d", len(same.GetNotes()))
	}
	for name, change := range map[string]func(r *notespb.ListNotesRequest){
		"another order":  func(r *notespb.ListNotesRequest) { r.OrderBy = "title desc" },
		"another filter": func(r *notespb.ListNotesRequest) { r.Filter = "" },
		"deleted, too":   func(r *notespb.ListNotesRequest) { r.ShowDeleted = true },
		"a token of pads": func(r *notespb.ListNotesRequest) {
			p.pad("1")
			p.pad("2")
			r.PageToken = must(p.pads.ListPads(p.ctx(), &notespb.ListPadsRequest{PageSize: 1}))(t).GetNextPageToken()
		},
		"no token of ours": func(r *notespb.ListNotesRequest) { r.PageToken = "2" },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.notes.ListNotes(p.ctx(), request(func(r *notespb.ListNotesRequest) { r.PageToken = token; change(r) }))
			wantFault(t, err, fault.Invalid, fault.ReasonPageTokenInvalid)
		})
	}
	_, err := p.notes.ListNotes(s.person().ctx(), request(func(r *notespb.ListNotesRequest) { r.PageToken = token }))
	wantFault(t, err, fault.Invalid, fault.ReasonPageTokenInvalid)
}

// The server counts the rows that a statement reads. A page of a list of thousands, most of them with one title, may read its own rows and the one
// after them, whichever page it is.
func TestAPageReadsItsOwnRowsHoweverLongTheListAndWhicheverThePage(t *testing.T) {
	s := startSystem(t)
	p := s.person()
	pad := p.pad("Pad")
	title := func(i int) string {
		if i%3 > 0 {
			return "the same"
		}
		return newETag()
	}
	p.fill(3000, pad, title)
	p.exec(`UPDATE notes SET deleted_at = created_at WHERE MOD(CRC32(id), 3) = 0`)
	id, _ := padID(pad.GetName())
	conn, err := s.admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const size = 10
	for _, o := range orders {
		for _, l := range []list{{}, {inPad: true, pad: id}, {showDeleted: true}, {inPad: true, pad: id, showDeleted: true}} {
			l.owner, l.order = p.id, o
			for name, at := range p.places(l) {
				for _, l.padsKnown = range []bool{false, true} {
					query, args := l.statement(at, size+1)
					rows, read := readRows(t, conn, query, args)
					most := size + 1
					if l.showDeleted {
						most = 5 * (size + 1) // two lists, put together, sorted, and the page of it
					}
					if !l.padsKnown {
						most += 2 * (size + 1) // the pad of each row, of two lists
					}
					if rows != size+1 || read > most+4 { // and the beginnings of ranges
						t.Errorf("order %s, %s, %+v: %d rows were read for %d", o.name, name, l, read, rows)
					}
				}
			}
		}
	}
}

// places are the first page of a list and places in the middle of it, in both directions.
func (p *person) places(l list) map[string]*cursor {
	p.t.Helper()
	page, err := p.store.ListNotes(p.t.Context(), l, nil, 700)
	if err != nil {
		p.t.Fatal(err)
	}
	middle := page.Notes[len(page.Notes)-1]
	return map[string]*cursor{"first": nil, "middle": l.order.cursorAt(middle, false), "middle, back": l.order.cursorAt(middle, true)}
}

// readRows runs a statement and tells how many rows it found and how many the server read for it.
func readRows(t *testing.T, conn *sql.Conn, query string, args []any) (found, read int) {
	t.Helper()
	handlers := func() (sum int) {
		rows, err := conn.QueryContext(t.Context(), `SHOW SESSION STATUS LIKE 'Handler_read%'`) //nolint:rowserrcheck // Collect asks
		if err != nil {
			t.Fatal(err)
		}
		values, err := mysql.Collect(&mysql.Rows{Rows: rows}, func(row mysql.Scanner) (n int, err error) { err = row.Scan(new(string), &n); return n, err })
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range values {
			sum += n
		}
		return sum
	}
	before := handlers()
	rows, err := conn.QueryContext(t.Context(), query, args...) //nolint:rowserrcheck // Collect asks
	if err != nil {
		t.Fatal(err)
	}
	notes, err := mysql.Collect(&mysql.Rows{Rows: rows}, scanNote)
	if err != nil {
		t.Fatal(err)
	}
	return len(notes), handlers() - before
}
