package mysqltest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
)

// home is a server's folder while we hold its lock:
//
//	data/          the server's
//	data.partial/  what is left of filling data/ when that was interrupted
//	tmp/           temporary tables
//	lock           locked by whoever runs a server here, with that process's id in it
//	password       the administrator's
//	accounts.sql   sets that password before the server listens; there only during the start
//	server.log     since the last start; server.log.1 is that of the start before
type home struct {
	dir       string
	lock      *os.File
	password  env.Secret
	socket    string
	ownSocket bool // the socket's folder is a temporary one
	logPath   string
	mariaDB   bool
}

// openHome locks the folder and makes it ready for a start.
func openHome(ctx context.Context, cfg ServerConfig) (*home, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("the database's folder: %w", err)
	}
	h := &home{dir: dir, logPath: filepath.Join(dir, "server.log")}
	err = os.MkdirAll(filepath.Join(dir, "tmp"), 0o700)
	if err != nil {
		return nil, fmt.Errorf("the database's folder: %w", err)
	}
	h.lock, err = lockFolder(ctx, dir)
	if err != nil {
		return nil, err
	}
	err = h.prepare(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *home) prepare(ctx context.Context, cfg ServerConfig) error {
	version, err := exec.CommandContext(ctx, cfg.Program, "--no-defaults", "--version").Output() //nolint:gosec // the caller names the program
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", cfg.Program, err)
	}
	h.mariaDB = bytes.Contains(version, []byte("MariaDB"))
	_, err = os.Stat(h.path("data"))
	if errors.Is(err, fs.ErrNotExist) {
		_, _ = fmt.Fprintf(cfg.Log, "Making a new database in %s …\n", h.dir) // a deaf listener is no reason to stop
		err = h.fill(ctx, cfg)
	}
	if err != nil {
		return fmt.Errorf("the database's folder: %w", err)
	}
	err = h.setPassword()
	if err != nil {
		return err
	}
	h.socket, h.ownSocket, err = socketPath(h.dir)
	return err
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

// lockFolder waits for a server whose owner has died: it is about to end. It does not wait while the owner lives.
func lockFolder(ctx context.Context, dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // in the folder that the caller names
	if err != nil {
		return nil, fmt.Errorf("the database's folder: %w", err)
	}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock the database's folder: %w", err), file.Close())
		}
		owner := lockOwner(path)
		if owner > 0 && syscall.Kill(owner, 0) == nil {
			return nil, errors.Join(fmt.Errorf("a database server runs in %s already, started by process %d", dir, owner), file.Close())
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("a database server that is left over in %s does not end: %w", dir, ctx.Err()), file.Close())
		}
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the database's folder: %w", err), file.Close())
	}
	return file, nil
}

// lockOwner reads the id of the process that holds the lock, 0 when it has not written it yet.
func lockOwner(path string) int {
	text, err := os.ReadFile(path) //nolint:gosec // in the folder that the caller names
	if err != nil {
		return 0
	}
	owner, err := strconv.Atoi(string(text))
	if err != nil {
		return 0
	}
	return owner
}

// setPassword reads the administrator's password, or makes one, and writes the statements that set it: the server runs them before it listens, so
// that at no time somebody can sign in without it.
func (h *home) setPassword() error {
	kept, err := os.ReadFile(h.path("password"))
	password := string(bytes.TrimSpace(kept))
	if errors.Is(err, fs.ErrNotExist) || err == nil && password == "" {
		password, err = randomHex(16)
		if err == nil {
			err = os.WriteFile(h.path("password"), []byte(password+"\n"), 0o600)
		}
	}
	if err != nil {
		return fmt.Errorf("the database's password: %w", err)
	}
	h.password = env.NewSecret(password)
	var statements strings.Builder
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		account := quote(administrator) + "@" + quote(host)
		fmt.Fprintf(&statements, "CREATE USER IF NOT EXISTS %s IDENTIFIED BY %s;\n", account, quote(password))
		fmt.Fprintf(&statements, "ALTER USER %s IDENTIFIED BY %s;\n", account, quote(password))
		fmt.Fprintf(&statements, "GRANT ALL PRIVILEGES ON *.* TO %s WITH GRANT OPTION;\n", account)
	}
	err = os.WriteFile(h.path("accounts.sql"), []byte(statements.String()), 0o600)
	if err != nil {
		return fmt.Errorf("the database's password: %w", err)
	}
	return nil
}

// Running gives a server that somebody else has started on its folder, and that listens on addr: to connect to, not to stop.
func Running(dir, addr string) (*Server, error) {
	password, err := os.ReadFile(filepath.Join(dir, "password")) //nolint:gosec // in the folder that the caller names
	if err != nil {
		return nil, fmt.Errorf("the database's password: %w", err)
	}
	return &Server{Addr: addr, User: administrator, Password: env.NewSecret(string(bytes.TrimSpace(password)))}, nil
}

func (h *home) forgetSecrets() error {
	return os.Remove(h.path("accounts.sql"))
}

func (h *home) newLog() (*os.File, error) {
	err := os.Rename(h.logPath, h.logPath+".1")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the database's log: %w", err)
	}
	log, err := os.OpenFile(h.logPath, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the database's log: %w", err)
	}
	return log, nil
}

// explainExit makes one sentence of why the server ended: the first error in its log is the cause, the others follow from it.
func (h *home) explainExit(exit error) error {
	first, err := firstError(h.logPath)
	switch {
	case err != nil:
		return fmt.Errorf("the database server ended (%w), and its log cannot be read: %w", exit, err)
	case strings.Contains(first, "Bind on TCP/IP port"):
		return fmt.Errorf("the database server ended: %w; its log is %s", errPortTaken, h.logPath)
	case first != "":
		return fmt.Errorf("the database server ended: %s; its log is %s", first, h.logPath)
	case exit != nil:
		return fmt.Errorf("the database server ended: %w; its log is %s", exit, h.logPath)
	default:
		return fmt.Errorf("the database server ended without a reason; its log is %s", h.logPath)
	}
}

func firstError(logPath string) (string, error) {
	log, err := os.Open(logPath) //nolint:gosec // in the folder that the caller names
	if err != nil {
		return "", err
	}
	defer func() { _ = log.Close() }() // only read from
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		_, message, found := strings.Cut(lines.Text(), "[ERROR] ")
		if found {
			return strings.TrimRight(message, ". "), nil
		}
	}
	return "", lines.Err()
}

// close gives the folder free. It is called when no server runs in it, and may be called again.
func (h *home) close() error {
	var err error
	if h.ownSocket {
		err = os.RemoveAll(filepath.Dir(h.socket))
	}
	unlockErr := h.lock.Close()
	if errors.Is(unlockErr, os.ErrClosed) {
		unlockErr = nil
	}
	return errors.Join(err, unlockErr)
}

func randomHex(length int) (string, error) {
	random := make([]byte, length)
	_, err := io.ReadFull(rand.Reader, random)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(random), nil
}
