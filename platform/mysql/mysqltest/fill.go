package mysqltest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// fill makes the system's tables in data/. What a killed process leaves is not taken for a folder that is ready: it is renamed when it is.
func (h *home) fill(ctx context.Context, cfg ServerConfig) error {
	partial := h.path("data.partial")
	err := os.RemoveAll(partial)
	if err != nil {
		return err
	}
	err = os.Mkdir(partial, 0o700)
	if err != nil {
		return err
	}
	options := append([]string{"--no-defaults", "--datadir=" + partial, "--tmpdir=" + h.path("tmp")}, h.storageOptions(cfg.Fast)...)
	var statements io.Reader
	if h.mariaDB {
		statements, err = systemTables(cfg.Program)
		if err != nil {
			return err
		}
		// As mariadb-install-db does it, which not every package of the server holds.
		options = append(options, "--bootstrap", "--enforce-storage-engine=", "--max-allowed-packet=8M", "--net-buffer-length=16K")
	} else {
		options = append(options, "--initialize-insecure")
	}
	err = h.runOnce(ctx, cfg.Program, options, statements)
	if err != nil {
		return err
	}
	return os.Rename(partial, h.path("data"))
}

// runOnce runs the server's program to its end. Its words go to the log.
func (h *home) runOnce(ctx context.Context, program string, options []string, input io.Reader) error {
	log, err := h.newLog()
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()                   // the program has written through its own descriptor
	cmd := exec.CommandContext(ctx, program, options...) //nolint:gosec // the caller names the program
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, log, log
	cmd.SysProcAttr = processAttributes(syscall.SIGKILL)
	runtime.LockOSThread() // the death signal comes from this thread
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if err != nil {
		return h.explainExit(err)
	}
	return nil
}

// systemTables reads the statements that make MariaDB's system tables. They come with the server, under names that differ between its versions.
func systemTables(program string) (io.Reader, error) {
	real, err := filepath.EvalSymlinks(program)
	if err != nil {
		return nil, err
	}
	share := filepath.Join(filepath.Dir(real), "..", "share")
	var tried []string
	for _, folder := range []string{
		filepath.Join(share, "mariadb"), filepath.Join(share, "mysql"), share, "/usr/share/mariadb", "/usr/share/mysql", "/usr/local/share/mysql",
	} {
		for _, prefix := range []string{"mariadb", "mysql"} {
			script, err := readScripts(filepath.Join(folder, prefix))
			if err == nil {
				return script, nil
			}
			tried = append(tried, folder)
		}
	}
	return nil, fmt.Errorf("no mysql_system_tables.sql or mariadb_system_tables.sql in %s", strings.Join(tried, ", "))
}

func readScripts(prefix string) (io.Reader, error) {
	var script bytes.Buffer
	script.WriteString("CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n")
	for _, name := range []string{"_system_tables.sql", "_performance_tables.sql", "_system_tables_data.sql"} {
		text, err := os.ReadFile(prefix + name) //nolint:gosec // of the server's own package
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for lines.Scan() {
			// No account for the name of the host, which is not known to be this machine's alone.
			if !strings.Contains(lines.Text(), "@current_hostname") {
				script.WriteString(lines.Text() + "\n")
			}
		}
		err = lines.Err()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read %s%s", prefix, name), err)
		}
	}
	return &script, nil
}
