package mysqltest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// The names of the server's program, and the folders that are searched after those in PATH: an ordinary user's PATH often lacks /usr/sbin.
var (
	programs = []string{"mariadbd", "mysqld"}
	folders  = []string{
		"/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/bin", "/usr/local/libexec", "/usr/local/mysql/bin",
		"/opt/homebrew/bin", "/opt/homebrew/opt/mariadb/bin", "/opt/homebrew/opt/mysql/bin",
	}
)

const debianPackage = "mariadb-server-core"

// NotInstalledError says that this machine has no MariaDB and no MySQL server, and what to type.
type NotInstalledError struct {
	Command string // what installs one; "" when we do not know it for this system
}

func (e *NotInstalledError) Error() string {
	sentence := "no MariaDB or MySQL server is installed (looked for mariadbd and mysqld)"
	if e.Command == "" {
		return sentence + ": install MariaDB 10.11 or later, or MySQL 8.0 or later"
	}
	return sentence + ": type " + e.Command
}

// FindServer gives the path of the server's program, MariaDB's first. Its error is a *NotInstalledError.
func FindServer() (string, error) {
	return thisMachine().find()
}

// EnsureServer is FindServer, but on Debian and Ubuntu it installs the server when there is none and it may: as root, or with a sudo that asks
// nothing. The package holds programs only: it starts no service and makes no user. A line in progress says what takes so long.
func EnsureServer(ctx context.Context, progress io.Writer) (string, error) {
	return thisMachine().ensure(ctx, progress)
}

// machine is what finding and installing need to know and do.
type machine struct {
	system  string // runtime.GOOS
	debian  bool
	root    bool
	folders []string
	run     func(ctx context.Context, name string, args ...string) error
}

func thisMachine() *machine {
	_, err := os.Stat("/etc/debian_version")
	return &machine{system: runtime.GOOS, debian: err == nil, root: os.Geteuid() == 0, folders: folders, run: runQuietly}
}

func (m *machine) find() (string, error) {
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if err == nil {
			return filepath.Abs(path)
		}
		for _, folder := range m.folders {
			path, err = exec.LookPath(filepath.Join(folder, name))
			if err == nil {
				return path, nil
			}
		}
	}
	return "", &NotInstalledError{Command: m.command()}
}

func (m *machine) command() string {
	switch {
	case m.debian && m.root:
		return "apt-get install " + debianPackage
	case m.debian:
		return "sudo apt-get install " + debianPackage
	case m.system == "darwin":
		return "brew install mariadb"
	default:
		return ""
	}
}

func (m *machine) ensure(ctx context.Context, progress io.Writer) (string, error) {
	program, err := m.find()
	if err == nil || !m.debian {
		return program, err
	}
	var sudo []string
	if !m.root {
		sudo = []string{"sudo", "-n"}
		mayErr := m.run(ctx, "sudo", "-n", "true")
		if mayErr != nil {
			return "", err // the sentence with the command is all that helps here
		}
	}
	_, _ = fmt.Fprintf(progress, "Installing %s from apt …\n", debianPackage) // a deaf listener is no reason to stop
	aptGet := func(args ...string) error {
		command := slices.Concat(sudo, []string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"}, args)
		return m.run(ctx, command[0], command[1:]...)
	}
	install := []string{"install", "-y", "--no-install-recommends", debianPackage}
	err = aptGet(install...)
	if err != nil {
		// Most likely the lists of packages are missing, as in a fresh container, or old.
		err = aptGet("update")
		if err == nil {
			err = aptGet(install...)
		}
	}
	if err != nil {
		return "", fmt.Errorf("install %s: %w", debianPackage, err)
	}
	return m.find()
}

// runQuietly runs a command, whose last words are in the error if it fails.
func runQuietly(ctx context.Context, name string, args ...string) error {
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the commands are in this file
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(output.String()), "\n")
		return fmt.Errorf("%s: %w: %s", name, err, lines[len(lines)-1])
	}
	return nil
}
