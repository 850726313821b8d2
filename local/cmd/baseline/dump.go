package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// withoutRows are tables whose rows are sealed with a key that dies with this
// run; a service makes new ones.
var withoutRows = map[string]bool{"signing_keys": true}

// dump writes a service's schema as SQL: each table and its rows. The tables
// have no foreign keys, so their order does not matter.
func dump(ctx context.Context, stack *local.Stack, service, file string) (err error) {
	set := env.New(env.Map(stack.Settings(service)))
	cfg := mysql.Settings(set, strings.ToUpper(service), 2)
	err = set.Err()
	if err != nil {
		return err
	}
	db, err := mysql.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tables, err := texts(ctx, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name")
	if err != nil {
		return err
	}
	var out strings.Builder
	for _, table := range tables {
		err = dumpTable(ctx, db, table, &out)
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	return os.WriteFile(file, []byte(out.String()), 0o644) //nolint:gosec // it is to be committed
}

func dumpTable(ctx context.Context, db *mysql.DB, table string, out *strings.Builder) error {
	var name, create string
	err := db.QueryRow(ctx, "SHOW CREATE TABLE `"+table+"`").Scan(&name, &create)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s;\n", create)
	if withoutRows[table] {
		return nil
	}
	columns, err := texts(ctx, db, `
SELECT column_name
FROM information_schema.columns
WHERE table_schema = DATABASE()
	AND table_name = ?
	AND COALESCE(generation_expression, '') = '' -- what is computed cannot be inserted
ORDER BY ordinal_position`, table)
	if err != nil {
		return err
	}
	list := "`" + strings.Join(columns, "`, `") + "`"
	rows, err := db.Query(ctx, "SELECT "+list+" FROM `"+table+"` ORDER BY 1")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		err = rows.Scan(into...)
		if err != nil {
			return err
		}
		var literals []string
		for _, v := range values {
			literals = append(literals, literal(v))
		}
		fmt.Fprintf(out, "INSERT INTO `%s` (%s) VALUES (%s);\n", table, list, strings.Join(literals, ", "))
	}
	return rows.Err()
}

// literal writes a value that every MySQL and MariaDB reads back: text in
// quotes where it is plain, else its bytes in hex.
func literal(value any) string {
	var text string
	switch v := value.(type) {
	case nil:
		return "NULL"
	case []byte:
		text = string(v)
	case time.Time:
		text = v.Format("2006-01-02 15:04:05.000000")
	default:
		text = fmt.Sprint(v)
	}
	special := strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || r == '\'' || r == '\\' })
	if special {
		return fmt.Sprintf("0x%X", text)
	}
	return "'" + text + "'"
}

func texts(ctx context.Context, db *mysql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var s string
		err = rows.Scan(&s)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
