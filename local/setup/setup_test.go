package setup_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/local/setup"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

var discard = slog.New(slog.DiscardHandler)

func TestKeysAreMadeOnceAndEachReaderGetsItsOwnAndNoOthers(t *testing.T) {
	kept, out := t.TempDir(), t.TempDir()
	keys(t, kept, out)
	first := contents(t, out)
	keys(t, kept, out)
	if diff := cmp.Diff(first, contents(t, out)); diff != "" {
		t.Errorf("the second time they changed:\n%s", diff)
	}
	var web []string
	for name, content := range first {
		if strings.HasPrefix(name, "web/") {
			web = append(web, name)
		}
		if strings.Contains(content, "PRIVATE KEY") && !strings.HasSuffix(name, "/tls-key") {
			t.Errorf("%s holds a private key", name)
		}
	}
	if len(web) != 4 || first["web/web/form-key"] == "" || first["web/tls-key"] == "" {
		t.Errorf("web reads %q", web)
	}
	if first["auth/auth/db-password"] != first["database/auth/db-password"] {
		t.Error("auth's password is not the one that its database user gets")
	}
	info, err := os.Stat(filepath.Join(out, "auth", "auth", "sealing-key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAReaderWhoseFolderWasLostGetsTheSameAgain(t *testing.T) {
	kept, out := t.TempDir(), t.TempDir()
	keys(t, kept, out)
	before := contents(t, out)
	again := t.TempDir()
	keys(t, kept, again)
	if diff := cmp.Diff(before, contents(t, again)); diff != "" {
		t.Errorf("got something else:\n%s", diff)
	}
}

func TestADamagedSecretIsNamedAndNotReplaced(t *testing.T) {
	kept, out := t.TempDir(), t.TempDir()
	keys(t, kept, out)
	file := filepath.Join(kept, "auth", "sealing-key")
	err := os.WriteFile(file, []byte("half"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	err = setup.Keys(kept, out, 0)
	if err == nil || !strings.Contains(err.Error(), "the secret in "+file+" is damaged") {
		t.Errorf("got %v", err)
	}
}

func TestEveryPasswordInTheGrantsIsOneThatIsMade(t *testing.T) {
	kept, out := t.TempDir(), t.TempDir()
	keys(t, kept, out)
	names := setup.Passwords()
	if len(names) != 6 {
		t.Errorf("%d passwords, want six: %q", len(names), names)
	}
	for _, name := range names {
		_, err := setup.Read(filepath.Join(out, "database", filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTheDatabaseRefusesAnAdministratorWithAnotherPasswordInOneSentence(t *testing.T) {
	admin := mysqltest.New(t, nil).Admin
	admin.Database, admin.Password = "", env.NewSecret("another")
	err := setup.Database(t.Context(), admin, func(string) (env.Secret, error) { return env.Secret{}, nil }, discard)
	if err == nil || !strings.Contains(err.Error(), "the database refuses its administrator's password") || mysql.IsAccessDenied(err) {
		t.Errorf("got %v", err)
	}
}

func keys(t *testing.T, kept, out string) {
	t.Helper()
	err := setup.Keys(kept, out, os.Getegid())
	if err != nil {
		t.Fatal(err)
	}
}

// contents reads all files of a folder, by their path in it.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		found[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
