package local

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	auditmigrations "gitlab.com/notejam/notejam/services/audit/migrations"
	authmigrations "gitlab.com/notejam/notejam/services/auth/migrations"
	notesmigrations "gitlab.com/notejam/notejam/services/notes/migrations"
)

var migrations = map[string]fs.FS{"auth": authmigrations.Files, "notes": notesmigrations.Files, "audit": auditmigrations.Files}

// load makes a schema as a release left it.
func load(t *testing.T, file string) *mysqltest.Database {
	t.Helper()
	dump, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	database := mysqltest.New(t, fstest.MapFS{"0001_nothing.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS nothing (id INT)")}})
	admin := database.OpenAdmin(t)
	_, err = admin.ExecContext(t.Context(), "DROP TABLE nothing, schema_migrations") // the dump brings its own
	if err != nil {
		t.Fatal(err)
	}
	for statement := range strings.SplitSeq(string(dump), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		_, err = admin.ExecContext(t.Context(), statement)
		if err != nil {
			t.Fatalf("%v in %.200s", err, statement)
		}
	}
	return database
}

// newestRelease is the folder of the newest baseline.
func newestRelease(t *testing.T) string {
	t.Helper()
	folders, err := filepath.Glob("../baseline/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("there is no baseline: make baseline VERSION= makes one; %v", err)
	}
	return slices.MaxFunc(folders, func(a, b string) int { return slices.Compare(release(t, a), release(t, b)) })
}

// release are the three numbers of a baseline's folder.
func release(t *testing.T, folder string) []int {
	t.Helper()
	numbers := make([]int, 3)
	_, err := fmt.Sscanf(filepath.Base(folder), "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2])
	if err != nil {
		t.Fatalf("%s is no release: %v", folder, err)
	}
	return numbers
}

// cuts has a migrator's connection die at the first command at which it has not died yet: before the server gets it, and the next time after the server has
// carried it out, which nobody hears any more. To the server both are a migrator that is killed.
type cuts struct {
	mu   sync.Mutex // a connection may still be about to end when the next one begins
	seen map[string]int
	died bool // the last migrator did
}

func (c *cuts) judge(command byte, text string) mysqltest.Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.died:
		return mysqltest.Pass
	case command == mysqltest.ComStmtExecute:
		text = "with arguments " + text[4:] // before them stands the statement's number in the connection
	case command != mysqltest.ComQuery:
		return mysqltest.Pass
	}
	c.seen[text]++
	switch c.seen[text] {
	case 1:
		c.died = true
		return mysqltest.Drop
	case 2:
		c.died = true
		return mysqltest.LoseAnswer
	}
	return mysqltest.Pass
}

// revive lets the next migrator live until its turn, and tells whether the last one died.
func (c *cuts) revive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	died := c.died
	c.died = false
	return died
}

// TestAnUpgradeThatIsKilledAtEveryStatementEndsAsAFreshSchema takes what the newest release left, kills the migrator before and after each statement, starts
// it again, and compares with a schema that was made in one go.
func TestAnUpgradeThatIsKilledAtEveryStatementEndsAsAFreshSchema(t *testing.T) {
	for service, files := range migrations {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			database := load(t, filepath.Join(newestRelease(t), service+".sql"))
			before := counts(t, database)
			c := &cuts{seen: map[string]int{}}
			cfg := database.Admin
			cfg.Addr = mysqltest.NewProxy(t, cfg.Addr, c.judge).Addr
			kills := 0
			for {
				err := mysql.Migrate(t.Context(), cfg, files, slog.New(slog.DiscardHandler))
				died := c.revive()
				if err == nil {
					break
				}
				if !died || t.Context().Err() != nil {
					t.Fatalf("a migrator that was not killed: %v", err)
				}
				kills++
			}
			if kills != 2*len(c.seen) || kills < 10 {
				t.Errorf("killed %d times, at %d statements", kills, len(c.seen))
			}
			if diff := cmp.Diff(tables(t, mysqltest.New(t, files)), tables(t, database)); diff != "" {
				t.Errorf("tables (-fresh +upgraded):\n%s", diff)
			}
			if diff := cmp.Diff(before, counts(t, database)); diff != "" {
				t.Errorf("rows (-before +after):\n%s", diff)
			}
		})
	}
}

var nextNumber = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// tables are the statements that would make the schema's tables.
func tables(t *testing.T, database *mysqltest.Database) map[string]string {
	t.Helper()
	found := map[string]string{}
	eachTable(t, database, func(ctx context.Context, db *sql.DB, table string) error {
		var name, create string
		err := db.QueryRowContext(ctx, "SHOW CREATE TABLE `"+table+"`").Scan(&name, &create)
		found[table] = nextNumber.ReplaceAllString(create, "")
		return err
	})
	return found
}

// counts are how many rows the tables have that people and services fill.
func counts(t *testing.T, database *mysqltest.Database) map[string]int {
	t.Helper()
	found := map[string]int{}
	eachTable(t, database, func(ctx context.Context, db *sql.DB, table string) error {
		var n int
		err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM `"+table+"`").Scan(&n)
		if n > 0 && table != "schema_migrations" {
			found[table] = n
		}
		return err
	})
	return found
}

func eachTable(t *testing.T, database *mysqltest.Database, look func(ctx context.Context, db *sql.DB, table string) error) {
	t.Helper()
	admin := database.OpenAdmin(t)
	var list string
	err := admin.QueryRowContext(t.Context(), "SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables WHERE table_schema = DATABASE()").
		Scan(&list)
	if err != nil {
		t.Fatal(err)
	}
	for table := range strings.SplitSeq(list, ",") {
		err = look(t.Context(), admin, table)
		if err != nil {
			t.Fatal(fmt.Errorf("table %s: %w", table, err))
		}
	}
}
