package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// schemas are all that a backup holds. The users, and all that is in the folder
// of secrets, are not in it.
var schemas = []string{"auth", "notes", "audit"}

// Backup writes the three schemas of a data folder into a file, as they were at
// one moment, whether its Notejam runs or not. The file is there when it is
// complete, and not before.
func Backup(ctx context.Context, options Options, file string) (err error) {
	server, done, err := reachDatabase(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	partial, err := os.OpenFile(file+".partial", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the caller names it
	if err != nil {
		return fmt.Errorf("make the backup's file: %w", err)
	}
	err = runTool(ctx, server, []string{"mariadb-dump", "mysqldump"}, nil, partial,
		append([]string{"--single-transaction", "--hex-blob", "--no-tablespaces", "--default-character-set=utf8mb4", "--databases"}, schemas...)...)
	err = errors.Join(err, partial.Close())
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	err = checkDump(partial.Name())
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	err = os.Rename(partial.Name(), file)
	if err != nil {
		return fmt.Errorf("give the backup its name: %w", err)
	}
	return nil
}

// reachDatabase gives the database server of a data folder: the one that runs,
// or one that is started for this alone.
func reachDatabase(ctx context.Context, options Options) (server *mysqltest.Server, done func() error, err error) {
	s := &Stack{options: options}
	s.folder, err = openFolder(options.Data)
	var taken *takenError
	switch {
	case options.MySQL != nil && err == nil:
		return options.MySQL.server(), s.folder.close, nil
	case errors.As(err, &taken):
		server, err = runningDatabase(options.Data)
		return server, func() error { return nil }, err
	case err != nil:
		return nil, nil, err
	}
	done = func() error { return s.Close(context.WithoutCancel(ctx)) }
	_, err = os.Stat(s.folder.path("database", "data"))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no Notejam in the data folder %s", s.folder.root)
	}
	if err == nil {
		err = s.chooseAddrs(ctx)
	}
	if err == nil {
		err = s.startDatabase(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return s.server, done, nil
}

// runTool runs the first of the database's own programs that is there. It reads
// the password from a file that is gone afterwards: others see a process's
// arguments.
func runTool(ctx context.Context, server *mysqltest.Server, names []string, in io.Reader, out io.Writer, args ...string) (err error) {
	program, err := findTool(names)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "notejam-tool-*")
	if err != nil {
		return fmt.Errorf("make a folder for the password: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	options := filepath.Join(dir, "client.cnf")
	err = os.WriteFile(options, []byte(clientOptions(server)), 0o600)
	if err != nil {
		return fmt.Errorf("keep the password: %w", err)
	}
	var said bytes.Buffer
	command := exec.CommandContext(ctx, program, append([]string{"--defaults-file=" + options}, args...)...) //nolint:gosec // found by name
	command.Stdin, command.Stdout, command.Stderr = in, out, &said
	err = command.Run()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, strings.TrimSpace(said.String()))
	}
	return nil
}

func clientOptions(server *mysqltest.Server) string {
	host, port, _ := strings.Cut(server.Addr, ":")
	return fmt.Sprintf("[client]\nuser=%s\npassword=\"%s\"\nhost=%s\nport=%s\nprotocol=tcp\n",
		server.User, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(server.Password.Reveal()), host, port)
}

func findTool(names []string) (string, error) {
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is needed: tools/setup.sh dump installs it, on Debian and Ubuntu", strings.Join(names, " or "))
}

// dumpEnd is what the tool writes last, when it has written all.
const dumpEnd = "-- Dump completed"

// tailSize is more than the last lines have.
const tailSize = 4 << 10

// checkDump sees whether a dump was written to its end.
func checkDump(file string) error {
	f, err := os.Open(file) //nolint:gosec // the caller names it
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(max(size-tailSize, 0), io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, tailSize+1)
	complete := false
	for lines.Scan() {
		complete = strings.HasPrefix(lines.Text(), dumpEnd)
	}
	if !complete {
		return fmt.Errorf("%s is no complete backup: its last line does not begin with %q", file, dumpEnd)
	}
	return nil
}
