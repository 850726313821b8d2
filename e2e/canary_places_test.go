package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/tracing/tracingtest"
)

// search looks for canaries in all that a stack leaves behind.
type search struct {
	stack *local.Stack
	birds canaries

	found  []string            // where what was found
	looked map[string]int      // lines, rows or bytes, by place: what is empty tells nothing
	seen   map[string][]string // what is in which table, rightly or not
}

func newSearch(s *local.Stack, c canaries) *search {
	return &search{stack: s, birds: c, looked: map[string]int{}, seen: map[string][]string{}}
}

// in searches a part of a place, and names the lines that tell.
func (s *search) in(place string, c canaries, text []byte) {
	if len(c.in(text)) == 0 {
		return
	}
	for line := range bytes.Lines(text) {
		if found := c.in(line); len(found) > 0 {
			s.found = append(s.found, fmt.Sprintf("%s tells %v: %.500s", place, found, line))
		}
	}
}

// err is what was found, if anything was.
func (s *search) err() error {
	var all []error
	for _, found := range s.found {
		all = append(all, errors.New(found))
	}
	return errors.Join(all...)
}

// logs reads what the services have written into files of a folder.
func (s *search) logs(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		log, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		place := "the log " + strings.TrimSuffix(filepath.Base(file), ".log")
		s.looked[place] += bytes.Count(log, []byte("\n"))
		s.in(place, s.birds, log)
	}
	return nil
}

// traces reads what the services have sent to a collector.
func (s *search) traces(collector *tracingtest.Collector) {
	s.looked["the traces"] += len(collector.Spans())
	s.in("the traces", s.birds, collector.Heard())
}

// metrics reads all that the debug listeners show.
func (s *search) metrics() error {
	for _, name := range serviceNames {
		for _, path := range []string{"/metrics", "/statusz", "/readyz"} {
			resp, err := http.Get("http://" + s.stack.Settings(name)[strings.ToUpper(name)+"_DEBUG_ADDR"] + path)
			if err != nil {
				return err
			}
			text, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || len(text) == 0 {
				return fmt.Errorf("%s of %s is empty: %w", path, name, err)
			}
			s.in(path+" of "+name, s.birds, text)
		}
	}
	return nil
}

// atHome are the tables in which a canary may be, and must be found by who has put
// it there, or nothing was looked at.
var atHome = map[string][]string{
	"notes.notes":   {"the title", "the text"},
	"notes.pads":    {"the title"},
	"auth.tokens":   {"the title"},
	"auth.accounts": {"the address"},
}

// tables reads every row of every table: events, audited ones too, and what is
// remembered of requests are among them.
func (s *search) tables(ctx context.Context) error {
	for _, service := range []string{"auth", "notes", "audit"} {
		set := env.New(env.Map(s.stack.Settings(service)))
		db, err := mysql.Open(mysql.Settings(set, strings.ToUpper(service), 2), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			return err
		}
		err = s.schema(ctx, db, service)
		err = errors.Join(err, db.Close())
		if err != nil {
			return fmt.Errorf("search the tables of %s: %w", service, err)
		}
	}
	return nil
}

func (s *search) schema(ctx context.Context, db *mysql.DB, service string) error {
	tables, err := rowsAsText(ctx, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
	if err != nil {
		return err
	}
	for _, table := range tables {
		rows, err := rowsAsText(ctx, db, "SELECT * FROM "+table)
		if err != nil {
			return err
		}
		table = service + "." + table
		text := []byte(strings.Join(rows, "\n"))
		s.looked[table] += len(rows)
		s.in(table, s.birds.without(atHome[table]...), text)
		s.seen[table] = s.birds.in(text)
	}
	return nil
}

// isHome says whether a canary was found where it may be.
func (s *search) isHome(table, name string) bool {
	return slices.ContainsFunc(s.seen[table], func(found string) bool { return strings.HasPrefix(found, name) })
}

// rowsAsText gives the rows of a query, each as one text.
func rowsAsText(ctx context.Context, db *mysql.DB, query string) ([]string, error) {
	var all []string
	err := eachRow(ctx, db, query, func(row []string) { all = append(all, strings.Join(row, "\t")) })
	return all, err
}

// eachRow visits the rows of a query, whatever its columns are.
func eachRow(ctx context.Context, db *mysql.DB, query string, visit func(row []string)) (err error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		raw, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
		for i := range raw {
			into[i] = &raw[i]
		}
		err = rows.Scan(into...)
		if err != nil {
			return err
		}
		cells := make([]string, len(raw))
		for i, cell := range raw {
			cells[i] = string(cell)
		}
		visit(cells)
	}
	return rows.Err()
}

// queue reads the queue's files: all messages that were ever sent.
func (s *search) queue() error {
	dir := filepath.Join(filepath.Dir(s.stack.MailDir()), "queue")
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s.looked["the queue"] += len(text)
		s.in("the queue's file "+entry.Name(), s.birds, text)
		return nil
	})
}

// everywhere is all of it.
func (s *search) everywhere(ctx context.Context, logs string) error {
	return errors.Join(s.logs(logs), s.metrics(), s.tables(ctx), s.queue(), s.err())
}
