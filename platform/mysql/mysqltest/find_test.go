package mysqltest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bare is a machine without a server, whose commands are answered by run.
func bare(t *testing.T, run func(m *machine, command string) error) (*machine, *[]string) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	var commands []string
	m := &machine{system: "linux", folders: []string{t.TempDir()}}
	m.run = func(_ context.Context, name string, args ...string) error {
		command := strings.Join(append([]string{name}, args...), " ")
		commands = append(commands, command)
		return run(m, command)
	}
	return m, &commands
}

// install puts a program where the machine looks for one.
func install(t *testing.T, m *machine, name string) string {
	t.Helper()
	path := filepath.Join(m.folders[0], name)
	err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func never(*machine, string) error { return errors.New("no command was expected") }

func TestTheServerIsFoundOutsideThePathToo(t *testing.T) {
	m, _ := bare(t, never)
	want := install(t, m, "mysqld")
	got, err := m.find()
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	want = install(t, m, "mariadbd")
	got, err = m.find()
	if err != nil || got != want {
		t.Errorf("MariaDB's was not preferred: got %q, %v", got, err)
	}
}

func TestWithoutAServerTheErrorSaysWhatToType(t *testing.T) {
	m, _ := bare(t, never)
	got := make(map[string]string)
	for name, change := range map[string]func(){
		"Debian, root": func() { m.debian, m.root = true, true },
		"Debian":       func() { m.debian, m.root = true, false },
		"macOS":        func() { m.debian, m.system = false, "darwin" },
		"else":         func() { m.system = "linux" },
	} {
		*m = machine{system: "linux", folders: m.folders}
		change()
		_, err := m.find()
		var missing *NotInstalledError
		if !errors.As(err, &missing) {
			t.Fatalf("%s: got %v", name, err)
		}
		got[name] = missing.Command
	}
	want := map[string]string{
		"Debian, root": "apt-get install mariadb-server-core",
		"Debian":       "sudo apt-get install mariadb-server-core",
		"macOS":        "brew install mariadb",
		"else":         "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	if !strings.Contains((&NotInstalledError{}).Error(), "install MariaDB") {
		t.Error("without a command the error gives no advice")
	}
}

const aptInstall = "env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends mariadb-server-core"

func TestAServerThatIsThereIsNotInstalled(t *testing.T) {
	m, commands := bare(t, never)
	m.debian, m.root = true, true
	want := install(t, m, "mariadbd")
	var progress bytes.Buffer
	got, err := m.ensure(t.Context(), &progress)
	if err != nil || got != want || len(*commands) > 0 || progress.Len() > 0 {
		t.Errorf("got %q, %v, after %q", got, err, *commands)
	}
}

func TestAServerIsInstalledWhereThatIsAllowed(t *testing.T) {
	for _, root := range []bool{true, false} {
		m, commands := bare(t, func(m *machine, command string) error {
			if strings.HasSuffix(command, aptInstall) {
				install(t, m, "mariadbd")
			}
			return nil
		})
		m.debian, m.root = true, root
		var progress bytes.Buffer
		_, err := m.ensure(t.Context(), &progress)
		want := []string{aptInstall}
		if !root {
			want = []string{"sudo -n true", "sudo -n " + aptInstall}
		}
		if err != nil || !slices.Equal(*commands, want) || !strings.Contains(progress.String(), "Installing mariadb-server-core") {
			t.Errorf("root %t: got %v after %q, said %q", root, err, *commands, progress.String())
		}
	}
}

func TestOldListsOfPackagesAreUpdatedFirst(t *testing.T) {
	updated := false
	m, _ := bare(t, func(m *machine, command string) error {
		switch {
		case strings.HasSuffix(command, "update"):
			updated = true
		case !updated:
			return errors.New("unable to locate package")
		default:
			install(t, m, "mariadbd")
		}
		return nil
	})
	m.debian, m.root = true, true
	_, err := m.ensure(t.Context(), &bytes.Buffer{})
	if err != nil || !updated {
		t.Errorf("got %v, updated %t", err, updated)
	}
}

func TestAFailedInstallationIsTold(t *testing.T) {
	m, _ := bare(t, func(*machine, string) error { return errors.New("no space left") })
	m.debian, m.root = true, true
	_, err := m.ensure(t.Context(), &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
}

func TestWithoutRightsTheErrorSaysWhatToType(t *testing.T) {
	for name, change := range map[string]func(m *machine){
		"no sudo": func(m *machine) { m.debian = true },
		"no apt":  func(m *machine) { m.root = true },
	} {
		m, commands := bare(t, func(*machine, string) error { return errors.New("a password is required") })
		change(m)
		_, err := m.ensure(t.Context(), &bytes.Buffer{})
		var missing *NotInstalledError
		if !errors.As(err, &missing) || slices.ContainsFunc(*commands, func(c string) bool { return strings.Contains(c, "apt-get") }) {
			t.Errorf("%s: got %v after %q", name, err, *commands)
		}
	}
}

func TestACommandThatFailsIsQuoted(t *testing.T) {
	t.Parallel()
	err := runQuietly(t.Context(), "sh", "-c", "echo first; echo the last words >&2; exit 3")
	if err == nil || !strings.HasSuffix(err.Error(), "the last words") {
		t.Errorf("got %v", err)
	}
}
