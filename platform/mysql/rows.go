package mysql

import (
	"database/sql"
	"fmt"
)

// Rows is the result of a query. It must be read to its end or closed: that gives its connection's place to the next caller.
type Rows struct {
	*sql.Rows
	done func() // nil in a transaction, which keeps its connection
}

// Next prepares the next row for Scan. It is false at the end and after an error, which Err tells.
func (r *Rows) Next() bool {
	more := r.Rows.Next()
	if !more {
		r.end() // database/sql has closed them
	}
	return more
}

// Close ends the reading. It may be called again.
func (r *Rows) Close() error {
	err := r.Rows.Close()
	r.end()
	return err
}

func (r *Rows) end() {
	if r.done != nil {
		r.done()
		r.done = nil
	}
}

// Row is the result of a query for one row.
type Row struct {
	rows *Rows
	err  error
}

// Scan reads the row and ends the reading. It must be called once. Without a row it is sql.ErrNoRows.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer func() { _ = r.rows.Close() }() // Err below tells what matters
	if !r.rows.Next() {
		err := r.rows.Err()
		if err == nil {
			err = sql.ErrNoRows
		}
		return err
	}
	err := r.rows.Scan(dest...)
	if err != nil {
		return err
	}
	return r.rows.Close()
}

// Scanner is a row that was found: a *Row, or the row at which a *Rows stands.
type Scanner interface {
	Scan(dest ...any) error
}

// Collect reads all rows and closes them.
func Collect[T any](rows *Rows, scan func(row Scanner) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }() // Err below tells what matters
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		all = append(all, one)
	}
	err := rows.Err()
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return all, nil
}
