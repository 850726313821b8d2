// Package drill_test practises what nobody wants to do for the first time when it
// matters: the database is lost and comes back from a backup. `make test` does it
// with two thousand notes, `make drill` with a hundred thousand.
package drill_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

var notes = flag.Int("notes", 2000, "how many notes there are to lose")

// late is how many notes are written of whose events the queue knows nothing yet
// when the backup is made, and how many are written after it.
const late = 20

// TestD14_ARestoredBackupHasEverythingThatWasInItAndNothingThatEndedSince is the drill: seed, back up, lose, restore.
func TestD14_ARestoredBackupHasEverythingThatWasInItAndNothingThatEndedSince(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "notejam.sql")
	options := local.Options{Data: dir, Fast: true, Settings: settings()}
	h := begin(t, options)
	ann, bob := h.signUp("ann"), h.signUp("bob")
	h.write(*notes/2, ann, bob)
	h.wantRecorded(created, *notes)
	revoked := h.signIn(ann.email)
	link := h.resetLink(bob)
	token := h.newToken(ann)
	h.stack.Queue.SetFaults(queuetest.Faults{Down: true})
	h.write(late/2, ann, bob)
	h.stop()
	before := checksums(t, h.stack.Database())
	at := time.Now()
	err := local.Backup(t.Context(), options, file)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("backed up in %v", time.Since(at).Round(time.Millisecond))

	// What happens afterwards is lost, but for what is still in the queue then.
	h.stack.Queue.SetFaults(queuetest.Faults{})
	h.serve()
	h.wantRecorded(created, *notes+late)
	h.call(http.MethodPost, "/v1/auth:signOut", revoked.token, nil, http.StatusOK)
	h.call(http.MethodDelete, "/v1/"+token.name, ann.token, nil, http.StatusOK)
	h.call(http.MethodPost, "/v1/auth:confirmPasswordReset", "", map[string]any{"token": link, "newPassword": "another long password"}, http.StatusOK)
	h.write(late/2, h.signIn(ann.email), h.signIn(ann.email))
	sent := h.outbox()
	h.stop()
	h.close()
	for _, lost := range []string{"database", "queue"} {
		err = os.RemoveAll(filepath.Join(dir, lost))
		if err != nil {
			t.Fatal(err)
		}
	}

	at = time.Now()
	err = local.Restore(t.Context(), options, local.RestoreOptions{File: file, Loaded: func(_ context.Context, server *mysqltest.Server) error {
		if diff := cmp.Diff(before, checksums(t, server)); diff != "" {
			t.Errorf("checksums of the tables (-backed up +restored):\n%s", diff)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	h = begin(t, options)
	t.Logf("restored and serving after %v", time.Since(at).Round(time.Millisecond))

	for what, dead := range map[string]string{"an old session": ann.token, "a session that was signed out": revoked.token, "a token that was deleted": token.secret} {
		if status, _ := h.try(http.MethodGet, "/v1/notes", dead, nil); status != http.StatusUnauthorized {
			t.Errorf("%s meets %d", what, status)
		}
	}
	h.call(http.MethodPost, "/v1/auth:confirmPasswordReset", "", map[string]any{"token": link, "newPassword": "yet another long one"}, http.StatusNotFound)
	ann = h.signIn(ann.email)
	h.call(http.MethodGet, "/v1/notes", ann.token, nil, http.StatusOK)

	// The queue had all of it: what was unsent comes twice, and of what is gone there is an event.
	h.resend(sent)
	h.wantRecorded(created, *notes+2*late)
	h.wantRecorded("notejam.auth.epoch.bumped.v1", 1)
	h.wantRecorded("notejam.auth.session.ended.v1", 5) // three were in the backup; the queue still had how two of them had ended before
	h.wantNothingUnsent()
	if rows := h.number("SELECT COUNT(*) FROM notes.notes"); rows != *notes+late {
		t.Errorf("%d notes are back, want %d", rows, *notes+late)
	}
	h.wantTrailIntact()
	h.stop()
	h.close()
}

// checksums gives one for each table of the three schemas.
func checksums(t *testing.T, server *mysqltest.Server) map[string]int64 {
	t.Helper()
	db, err := server.OpenAdmin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_schema IN ('auth', 'notes', 'audit')")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	sums := map[string]int64{}
	for rows.Next() {
		var table, name string
		var sum sql.NullInt64
		err = rows.Scan(&table)
		if err == nil {
			err = db.QueryRowContext(t.Context(), "CHECKSUM TABLE "+table).Scan(&name, &sum)
		}
		if err != nil || !sum.Valid {
			t.Fatalf("checksum of %s: %v", table, err)
		}
		sums[table] = sum.Int64
	}
	if rows.Err() != nil || len(sums) < 15 {
		t.Fatalf("%d tables, %v", len(sums), rows.Err())
	}
	return sums
}

// A checker must fail when it should: one note that is another.
func TestTheChecksumsNoticeOneChangedLetter(t *testing.T) {
	h := begin(t, local.Options{Data: t.TempDir(), Fast: true, Settings: settings()})
	h.write(1, h.signUp("ann"))
	h.wantRecorded(created, 1)
	h.stop()
	before := checksums(t, h.stack.Database())
	h.exec("UPDATE notes.notes SET title = 'X'")
	after := checksums(t, h.stack.Database())
	if before["notes.notes"] == after["notes.notes"] || before["notes.pads"] != after["notes.pads"] {
		t.Errorf("before %v, after %v", before, after)
	}
	h.close()
}

func settings() map[string]map[string]string {
	all := local.NoLimits()
	all["audit"] = map[string]string{"CHECKPOINT_EVERY": "2s"}
	return all
}

const created = "notejam.notes.note.created.v1"

func title(i int) string { return fmt.Sprintf("Note %d ✎ with \\ and '", i) }
