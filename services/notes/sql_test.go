package notes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/services/notes/migrations"
)

func TestTheTablesOfThePlatformAreAsThePlatformWantsThem(t *testing.T) {
	for file, want := range map[string]string{"0004_idem.sql": idempotency.Schema, "0005_outbox.sql": outbox.Schema, "0006_outbox_claim.sql": outbox.SchemaClaim} {
		got, err := fs.ReadFile(migrations.Files, file)
		if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", file, err, diff)
		}
	}
}

var (
	statement = regexp.MustCompile(`^\s*\(?(SELECT|INSERT|UPDATE|DELETE)\s`)
	ownTable  = regexp.MustCompile(`\b(notes|pads|people)\b`)
	ofOwner   = regexp.MustCompile(`\bowner_id = \?|INSERT INTO \w+ \([^)]*\bowner_id\b`)
)

// ownerless finds functions with SQL on people's rows that does not name their owner.
func ownerless(t *testing.T, name string, source any) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		all, statements := "", 0
		owners := 0
		ast.Inspect(function, func(node ast.Node) bool {
			literal, ok := node.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			all += text + "\n"
			if statement.MatchString(text) {
				statements++
			}
			owners += len(ofOwner.FindAllString(text, -1))
			return true
		})
		if ownTable.MatchString(all) && owners < statements {
			found = append(found, function.Name.Name)
		}
	}
	return found
}

func TestEveryStatementNamesTheOwner(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	// Finding what to purge looks through everybody's rows, in three functions; the DELETEs beside them name the owner.
	exempt := map[string]bool{"PurgeNotes": true, "PurgeHiddenNotes": true, "PurgePads": true}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		for _, function := range ownerless(t, entry.Name(), nil) {
			if !exempt[function] {
				t.Errorf("%s: %s has SQL without owner_id", entry.Name(), function)
			}
		}
	}
}

func TestAStatementWithoutAnOwnerIsFound(t *testing.T) {
	const planted = "package x\n" +
		"func bad() { q(`SELECT text FROM notes WHERE id = ?`) }\n" +
		"func half() { q(`SELECT id FROM pads WHERE owner_id = ?`); q(`\n\tDELETE FROM pads\n\tWHERE id = ?`) }\n" +
		"func good() { q(`SELECT id FROM pads WHERE owner_id = ?`); q(`INSERT INTO notes (id, owner_id) VALUES (?, ?)`) }\n" +
		"func other() { q(`SELECT 1 FROM idem`) }\n"
	if diff := cmp.Diff([]string{"bad", "half"}, ownerless(t, "planted.go", planted)); diff != "" {
		t.Error(diff)
	}
}
