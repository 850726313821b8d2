//go:build compose

package compose_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTooLittleMemoryForMySQLIsOneSentence(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"MYSQL_MEMORY": "256m"})
	p.fails(t, "up", "--detach", "--wait")
	p.says(t, "mysql", "MySQL needs at least 384 MiB of memory and may use 256 MiB: raise MYSQL_MEMORY in .env.")
}

func TestAPortThatIsTakenIsOneSentence(t *testing.T) {
	t.Parallel()
	p := newProject(t, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:"+p.mailPort)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	// The engine says it, which knows no logs of a container that never began.
	said := p.fails(t, "up", "--detach", "--wait", "mailpit")
	if !strings.Contains(said, "127.0.0.1:"+p.mailPort) || !strings.Contains(said, "in use") && !strings.Contains(said, "allocated") {
		t.Errorf("up says %s", said)
	}
}

// TestAnOlderDatabase is a volume that an earlier release has left, first without the password that it was made with.
func TestAnOlderDatabase(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{})
	p.do(t, "up", "--detach", "--wait", "mysql")
	p.do(t, "up", "database")
	for _, schema := range []string{"auth", "notes", "audit"} {
		p.load(t, schema, read(t, filepath.Join("baseline", "0.1.0", schema+".sql")))
	}
	// The key that sealed them is gone with the machine that made the baseline.
	p.load(t, "auth", "DELETE FROM signing_keys")

	t.Run("a service refuses to serve on it in one sentence", func(t *testing.T) {
		p.do(t, "up", "--detach", "--no-deps", "notes")
		p.says(t, "notes", "the schema is at version 5 and this program needs", "run its migrations first")
		p.do(t, "rm", "--stop", "--force", "notes")
	})

	t.Run("up brings it up to date", func(t *testing.T) {
		p.do(t, "up", "--detach", "--wait")
		p.says(t, "migrate-audit", "rights granted")
		p.says(t, "migrate-notes", "schema migrated", "0006")
		ann := newPerson(p.url())
		ann.email = "ann@example.test"
		ann.signIn(t, password)
		notes, _ := ann.must(t, http.MethodGet, "/v1/notes", nil)["notes"].([]any)
		if len(notes) == 0 {
			t.Error("who used that release has no notes any more")
		}
	})

	t.Run("a wrong setting ends in one sentence", func(t *testing.T) {
		p.variables["WEB_PUBLIC_URL"] = "http://notes.example" // plain, and not on this machine alone
		defer delete(p.variables, "WEB_PUBLIC_URL")
		p.fails(t, "up", "--detach", "--wait")
		p.says(t, "web", "WEB_PUBLIC_URL must be https://HOST, or http://HOST on a loopback address")
	})

	t.Run("a wrong password file ends in one sentence", func(t *testing.T) {
		p.overwrite(t, "mysql/root-password", strings.Repeat("A", 43)+"=\n")
		p.fails(t, "up", "--detach", "--wait")
		p.says(t, "database", "setup: the database refuses its administrator's password")
	})

	t.Run("a damaged one, too", func(t *testing.T) {
		p.overwrite(t, "auth/sealing-key", "half\n")
		p.fails(t, "up", "--detach", "--wait")
		p.says(t, "init", "the secret in /keys/kept/auth/sealing-key is damaged")
	})
}

// fails runs what must fail, and gives what it says.
func (p *project) fails(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.compose(t.Context(), args...)
	if err == nil {
		t.Fatalf("docker compose %s has succeeded\n%s", strings.Join(args, " "), out)
	}
	return out
}

// says waits for a line with all the words in the log of a service.
func (p *project) says(t *testing.T, service string, words ...string) {
	t.Helper()
	eventually(t, service+" says it", trailLimit, func() error {
		log := p.logs(t, service)
		for line := range strings.Lines(log) {
			if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
				return nil
			}
		}
		return fmt.Errorf("no line of %s holds %q:\n%s", service, words, log)
	})
}

// load runs statements on a schema, as the server's administrator.
func (p *project) load(t *testing.T, schema, statements string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", "exec", "--interactive", p.container(t, "mysql"),
		"sh", "-c", `MYSQL_PWD=$(cat /run/notejam/mysql/root-password) exec mysql -uroot "$1"`, "mysql", schema)
	cmd.Stdin = strings.NewReader(statements)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("load %s: %v\n%s", schema, err, out)
	}
}

// overwrite replaces a secret that init keeps, as its owner.
func (p *project) overwrite(t *testing.T, name, content string) {
	t.Helper()
	var archive bytes.Buffer
	file := tar.NewWriter(&archive)
	err := file.WriteHeader(&tar.Header{Name: path.Base(name), Mode: 0o600, Size: int64(len(content)), Uid: 65532, Gid: 65532})
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	err = file.Close()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "docker", "cp", "-", p.container(t, "init")+":/keys/kept/"+path.Dir(name))
	cmd.Stdin = &archive
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("overwrite %s: %v\n%s", name, err, out)
	}
}
