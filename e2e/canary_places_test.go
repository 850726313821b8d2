package e2e_test

import (
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// checkLogs reads what the services have written.
func (p *processes) checkLogs(c canaries) {
	p.t.Helper()
	for _, name := range serviceNames {
		log, err := os.ReadFile(filepath.Join(p.logs, name))
		if err != nil {
			p.t.Fatal(err)
		}
		lines := strings.Split(string(log), "\n")
		if len(lines) < 10 {
			p.t.Errorf("the log of %s has %d lines: too few to say anything", name, len(lines))
		}
		for _, line := range lines {
			if found := c.in([]byte(line)); len(found) > 0 {
				p.t.Errorf("the log of %s tells %v: %s", name, found, line)
			}
		}
	}
}

// checkMetrics reads all that the debug listeners show.
func (p *processes) checkMetrics(c canaries) {
	p.t.Helper()
	for _, name := range serviceNames {
		for _, path := range []string{"/metrics", "/statusz", "/readyz"} {
			resp, err := http.Get("http://" + p.stack.Settings(name)[strings.ToUpper(name)+"_DEBUG_ADDR"] + path)
			if err != nil {
				p.t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || len(text) == 0 {
				p.t.Fatalf("%s of %s is empty: %v", path, name, err)
			}
			if found := c.in(text); len(found) > 0 {
				p.t.Errorf("%s of %s tells %v", path, name, found)
			}
		}
	}
}

// atHome are the tables in which a canary may be, and must be found, or nothing
// was looked at.
var atHome = map[string][]string{
	"notes.notes":   {"the title", "the text"},
	"auth.accounts": {"the address"},
}

// checkTables reads every row of every table: events, audited ones too, and what
// is remembered of requests are among them.
func (p *processes) checkTables(c canaries) {
	p.t.Helper()
	p.settle()
	for _, service := range []string{"auth", "notes", "audit"} {
		set := env.New(env.Map(p.stack.Settings(service)))
		db, err := mysql.Open(mysql.Settings(set, strings.ToUpper(service), 2), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			p.t.Fatal(err)
		}
		for _, table := range p.column(db, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()") {
			rows := p.column(db, "SELECT * FROM "+table)
			text := strings.Join(rows, "\n")
			home := atHome[service+"."+table]
			for _, name := range home {
				if !slices.ContainsFunc(c.in([]byte(text)), func(found string) bool { return strings.HasPrefix(found, name) }) {
					p.t.Errorf("%s.%s does not hold %s", service, table, name)
				}
			}
			if found := c.without(home...).in([]byte(text)); len(found) > 0 {
				p.t.Errorf("%s.%s holds %v", service, table, found)
			}
			if len(rows) == 0 && slices.Contains([]string{"outbox", "events", "idem"}, table) {
				p.t.Errorf("%s.%s is empty: there is nothing to look at", service, table)
			}
		}
		_ = db.Close()
	}
}

// settle waits until the trail has what was done.
func (p *processes) settle() {
	p.t.Helper()
	eventually(p.t, "events are on their way", 30*time.Second, func() error {
		set := env.New(env.Map(p.stack.Settings("audit")))
		db, err := mysql.Open(mysql.Settings(set, "AUDIT", 1), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		var n int
		err = db.QueryRow(p.t.Context(), "SELECT COUNT(*) FROM events").Scan(&n)
		if err != nil {
			return err
		}
		if n < 5 {
			return fmt.Errorf("%d events", n)
		}
		return nil
	})
}

// column gives the rows of a query, each as one text.
func (p *processes) column(db *mysql.DB, query string) []string {
	p.t.Helper()
	rows, err := db.Query(p.t.Context(), query)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		p.t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		raw := make([]sql.RawBytes, len(names))
		into := make([]any, len(names))
		for i := range raw {
			into[i] = &raw[i]
		}
		err = rows.Scan(into...)
		if err != nil {
			p.t.Fatal(err)
		}
		var cells []string
		for _, cell := range raw {
			cells = append(cells, string(cell))
		}
		all = append(all, strings.Join(cells, "\t"))
	}
	if rows.Err() != nil {
		p.t.Fatal(rows.Err())
	}
	return all
}

// checkQueue reads the queue's files: all messages that were ever sent.
func (p *processes) checkQueue(c canaries) {
	p.t.Helper()
	read := 0
	err := filepath.WalkDir(filepath.Join(filepath.Dir(p.stack.MailDir()), "queue"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read += len(text)
		if found := c.in(text); len(found) > 0 {
			p.t.Errorf("the queue's file %s holds %v", entry.Name(), found)
		}
		return nil
	})
	if err != nil || read == 0 {
		p.t.Errorf("%d bytes of the queue were read: %v", read, err)
	}
}

// mailedLinkIn waits for the mail to the person in a mailbox and gives the path of
// its link.
func mailedLinkIn(p *person, dir string) string {
	p.t.Helper()
	var link string
	eventually(p.t, "the mail arrives", 10*time.Second, func() error {
		files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
		if err != nil {
			return err
		}
		for _, file := range files {
			mail, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			text := strings.ReplaceAll(string(mail), "=\r\n", "")
			if strings.Contains(text, p.email) {
				link = resetLink.FindString(text)
				return nil
			}
		}
		return fmt.Errorf("%d mails, none to %s", len(files), p.email)
	})
	return link
}
