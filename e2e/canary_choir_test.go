package e2e_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/local"
)

// choir is all tests of this package together: their people have one password, what
// they write has one title and one text wherever the test does not care, and every
// error that they get is kept. The shared stack is searched after the last test,
// and each other one when it is closed.
var choir = canaries{"the password": canaryPassword, "the title": canaryTitle, "the text": canaryText}

// heardByAll are the errors that anybody got.
var heardByAll overheard

// searchAll looks through a stack whose services still run.
func searchAll(ctx context.Context, stack *local.Stack, logs string) error {
	return errors.Join(newSearch(stack, choir).everywhere(ctx, logs), heardByAll.tell(choir))
}

func TestTheSearchFindsASecretThatIsPlantedAnywhere(t *testing.T) {
	t.Run("in a log", func(t *testing.T) {
		dir := t.TempDir()
		err := os.WriteFile(filepath.Join(dir, "web.log"), []byte("{}\n{\"error\": \"no such note "+canaryText+"\"}\n{}\n"), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		s := newSearch(stack, choir)
		err = errors.Join(s.logs(dir), s.err())
		wantFound(t, err, "the log web tells [the text as it is]")
	})
	t.Run("in a row", func(t *testing.T) {
		db := rowsOf(t, "auth")
		t.Cleanup(func() {
			_, _ = db.ExecAutocommit(context.WithoutCancel(t.Context()), `DELETE FROM idem WHERE request_id = 'planted'`)
		})
		_, err := db.ExecAutocommit(t.Context(), `
			INSERT INTO idem (person_id, request_id, method, req_hash, resource, etag, nonce, created_at)
			VALUES ('', 'planted', '', '', ?, '', '', UTC_TIMESTAMP(6))`, canaryPassword)
		if err != nil {
			t.Fatal(err)
		}
		s := newSearch(stack, choir)
		err = errors.Join(s.schema(t.Context(), db, "auth"), s.err())
		wantFound(t, err, "auth.idem tells [the password as it is]")
	})
	t.Run("in an error", func(t *testing.T) {
		var o overheard
		o.answers = []heard{{"GET /v1/notes: 400", "/v1/notes", []byte("nj_ses_" + strings.Repeat("x", 43) + " is wrong")}}
		wantFound(t, o.tell(choir), "GET /v1/notes: 400 tells [some session's secret]")
	})
}

func wantFound(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("found is %v, want %q", err, want)
	}
}
