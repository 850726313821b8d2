package plain

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql" //nolint:depguard // what platform/mysql adds is part of what is measured

	"gitlab.com/notejam/notejam/platform/mysql"
)

// store holds the prepared statements. Their texts are those of notes.
type store struct {
	pool                         *sql.DB
	overviewOf, newestOf, noteOf *sql.Stmt
	writes                       writes
}

// openStore connects and prepares.
func openStore(cfg mysql.Config) (*store, error) {
	c := mysqldriver.NewConfig()
	c.Net, c.Addr = "tcp", cfg.Addr
	c.User, c.Passwd, c.DBName = cfg.User, cfg.Password.Reveal(), cfg.Database
	c.ParseTime, c.Loc, c.ClientFoundRows = true, time.UTC, true
	connector, err := mysqldriver.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("configure the driver: %w", err)
	}
	s := &store{pool: sql.OpenDB(connector)} //nolint:forbidigo // as above
	s.pool.SetMaxOpenConns(cfg.MaxOpen)
	s.pool.SetMaxIdleConns(cfg.MaxOpen)
	for statement, text := range map[**sql.Stmt]string{
		&s.overviewOf:      overviewSQL,
		&s.newestOf:        newestSQL,
		&s.noteOf:          noteSQL,
		&s.writes.begin:    beginSQL,
		&s.writes.count:    countSQL,
		&s.writes.insert:   insertSQL,
		&s.writes.announce: announceSQL,
		&s.writes.finish:   finishSQL,
	} {
		*statement, err = s.pool.PrepareContext(context.Background(), text) //nolint:sqlclosecheck // the end of the pool closes it
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare: %w", err), s.close())
		}
	}
	return s, nil
}

// close ends the connections, and the statements with them.
func (s *store) close() error { return s.pool.Close() }

// overview is what stands beside the notes on every page.
type overview struct {
	noteCount int
	pads      []pad
}

type pad struct {
	id, title string
	noteCount int32
}

// title gives the title of a pad; "" for no pad.
func (o overview) title(id string) string {
	for _, p := range o.pads {
		if p.id == id {
			return p.title
		}
	}
	return ""
}

const overviewSQL = `
	SELECT
		people.note_count,
		pads.id,
		pads.title,
		pads.note_count,
		pads.etag,
		pads.version,
		pads.created_at,
		pads.updated_at
	FROM people
	LEFT JOIN pads FORCE INDEX (pads_live)
		ON pads.owner_id = people.owner_id
		AND pads.deleted = 0
	WHERE people.owner_id = ?
	ORDER BY pads.id`

func (s *store) overview(ctx context.Context, owner string) (overview, error) {
	rows, err := s.overviewOf.QueryContext(ctx, owner)
	if err != nil {
		return overview{}, fmt.Errorf("read overview: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells
	var found overview
	for rows.Next() {
		var id, title, etag sql.NullString
		var noteCount sql.NullInt32
		var version sql.NullInt64
		var created, updated sql.NullTime
		err = rows.Scan(&found.noteCount, &id, &title, &noteCount, &etag, &version, &created, &updated)
		if err != nil {
			return overview{}, fmt.Errorf("read overview: %w", err)
		}
		if id.Valid {
			found.pads = append(found.pads, pad{id: id.String, title: title.String, noteCount: noteCount.Int32})
		}
	}
	return found, rows.Err()
}

// note is a row of notes; in lists the text is empty.
type note struct {
	id, owner, pad, title, text, snippet, etag string
	version                                    int64
	created, updated                           time.Time
	deleted                                    sql.NullTime
}

func scanNote(row interface{ Scan(dest ...any) error }) (note, error) {
	var n note
	err := row.Scan(&n.id, &n.owner, &n.pad, &n.title, &n.text, &n.snippet, &n.etag, &n.version, &n.created, &n.updated, &n.deleted)
	return n, err
}

// perPage is how many notes home shows; one more row tells whether there are more.
const perPage = 10

const newestSQL = `
	SELECT
		id,
		owner_id,
		pad_id,
		title,
		'' AS text,
		snippet,
		etag,
		version,
		created_at,
		updated_at,
		deleted_at
	FROM notes FORCE INDEX (notes_by_update)
	WHERE owner_id = ? AND deleted = 0
	ORDER BY updated_at DESC, id DESC
	LIMIT ?`

func (s *store) newest(ctx context.Context, owner string) (notes []note, more bool, err error) {
	rows, err := s.newestOf.QueryContext(ctx, owner, perPage+1)
	if err != nil {
		return nil, false, fmt.Errorf("list notes: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells
	for rows.Next() {
		n, err := scanNote(rows)
		if err != nil {
			return nil, false, fmt.Errorf("list notes: %w", err)
		}
		notes = append(notes, n)
	}
	return notes[:min(len(notes), perPage)], len(notes) > perPage, rows.Err()
}

const noteSQL = `
	SELECT
		id,
		owner_id,
		pad_id,
		title,
		text,
		snippet,
		etag,
		version,
		created_at,
		updated_at,
		deleted_at
	FROM notes
	WHERE id = ?
		AND owner_id = ?`

func (s *store) note(ctx context.Context, owner, id string) (note, error) {
	n, err := scanNote(s.noteOf.QueryRowContext(ctx, id, owner))
	if err != nil {
		return note{}, fmt.Errorf("read note: %w", err)
	}
	return n, nil
}
