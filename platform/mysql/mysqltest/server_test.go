package mysqltest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// start starts a quick private server on dir, and kills it at the end of the test unless it has ended.
func start(t *testing.T, cfg mysqltest.ServerConfig) *mysqltest.Server {
	t.Helper()
	cfg.Fast = true
	server, err := mysqltest.StartServer(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		select {
		case <-server.Done():
		default:
			err := server.Kill()
			if err != nil {
				t.Error(err)
			}
		}
	})
	return server
}

// config is that of the administrator in a schema.
func config(server *mysqltest.Server, schema string) mysql.Config {
	return mysql.Config{Addr: server.Socket, User: server.User, Password: server.Password, Database: schema, MaxOpen: 2}
}

func open(t *testing.T, cfg mysql.Config) *mysql.DB {
	t.Helper()
	db, err := mysql.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // its server may be gone
	return db
}

func write(ctx context.Context, db *mysql.DB, statement string) error {
	return db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, statement)
		return err
	})
}

func TestDataAndPasswordSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var said bytes.Buffer
	first := start(t, mysqltest.ServerConfig{Dir: dir, Addr: "127.0.0.1:0", Log: &said})
	err := mysqltest.EnsureDatabase(t.Context(), first, "notes")
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, config(first, "notes"))
	err = errors.Join(write(t.Context(), db, "CREATE TABLE n (id INT PRIMARY KEY)"), write(t.Context(), db, "INSERT INTO n VALUES (7)"))
	if err != nil {
		t.Fatal(err)
	}
	err = first.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := start(t, mysqltest.ServerConfig{Dir: dir, Addr: first.Addr, Log: &said})
	if second.Password.Reveal() != first.Password.Reveal() || second.Addr != first.Addr {
		t.Error("password or address changed")
	}
	// The pool that was open all the time finds the new server.
	var id int
	err = db.QueryRow(t.Context(), "SELECT id FROM n").Scan(&id)
	if err != nil || id != 7 {
		t.Errorf("got %d, %v", id, err)
	}
	if strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), "new database in "+dir) {
		t.Errorf("it said %q, want one line", said.String())
	}
}

func TestAServerThatWasKilledRecovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, mysqltest.ServerConfig{Dir: dir, Addr: "127.0.0.1:0"})
	err := mysqltest.EnsureDatabase(t.Context(), first, "notes")
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, config(first, "notes"))
	err = write(t.Context(), db, "CREATE TABLE n (id INT PRIMARY KEY)")
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := make(chan int)
	go func() {
		last := 0
		for write(context.WithoutCancel(t.Context()), db, fmt.Sprintf("INSERT INTO n VALUES (%d)", last+1)) == nil {
			last++
			if last == 20 {
				err := first.Kill()
				if err != nil {
					t.Error(err)
				}
			}
		}
		acknowledged <- last
	}()
	last := <-acknowledged
	err = first.Stop(t.Context())
	if err != nil {
		t.Errorf("stop it after that: %v", err)
	}
	start(t, mysqltest.ServerConfig{Dir: dir, Addr: first.Addr})
	var kept int
	err = db.QueryRow(t.Context(), "SELECT COUNT(*) FROM n WHERE id <= ?", last).Scan(&kept)
	if err != nil || kept != last || last < 20 {
		t.Errorf("%d of %d acknowledged writes are left, %v", kept, last, err)
	}
}

func TestTwoServersInOneFolderAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, mysqltest.ServerConfig{Dir: dir})
	begin := time.Now()
	_, err := mysqltest.StartServer(t.Context(), mysqltest.ServerConfig{Dir: dir, Fast: true})
	want := fmt.Sprintf("a database server runs in %s already, started by process %d", dir, os.Getpid())
	if err == nil || err.Error() != want || time.Since(begin) > time.Second {
		t.Errorf("got %v after %v", err, time.Since(begin))
	}
}

func TestABrokenFolderIsOneSentenceThatNamesTheLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, mysqltest.ServerConfig{Dir: dir})
	err := server.Stop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(filepath.Join(dir, "data", "ibdata1"), []byte("not a database"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = mysqltest.StartServer(t.Context(), mysqltest.ServerConfig{Dir: dir, Fast: true})
	if err == nil || !strings.HasPrefix(err.Error(), "the database server ended: ") || strings.Contains(err.Error(), "\n") ||
		!strings.HasSuffix(err.Error(), "its log is "+filepath.Join(dir, "server.log")) {
		t.Errorf("got %v", err)
	}
}

func TestAFillingThatWasInterruptedIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := os.MkdirAll(filepath.Join(dir, "data.partial", "mysql"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
	start(t, mysqltest.ServerConfig{Dir: dir})
	_, err = os.Stat(filepath.Join(dir, "data.partial"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestAFolderThatCannotBeUsedIsOneSentence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	err := os.WriteFile(file, nil, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = mysqltest.StartServer(t.Context(), mysqltest.ServerConfig{Dir: file})
	if err == nil || !strings.Contains(err.Error(), "the database's folder") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestAnAddressThatIsTakenOrOpenToOthersIsRefused(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	dir := t.TempDir()
	for addr, want := range map[string]string{
		listener.Addr().String(): "address already in use",
		"0.0.0.0:0":              "not on loopback",
		"127.0.0.1":              "missing port",
	} {
		_, err = mysqltest.StartServer(t.Context(), mysqltest.ServerConfig{Dir: dir, Addr: addr, Fast: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", addr, err)
		}
	}
	start(t, mysqltest.ServerConfig{Dir: dir, Addr: "127.0.0.1:0"}) // and the folder is free
}

func TestAServerWithoutAddressListensOnItsSocketOnly(t *testing.T) {
	t.Parallel()
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	server := start(t, mysqltest.ServerConfig{Dir: long})
	if server.Addr != "" || len(server.Socket) > 100 {
		t.Errorf("address %q, socket %q", server.Addr, server.Socket)
	}
	err := open(t, config(server, "mysql")).Ping(t.Context())
	if err != nil {
		t.Error(err)
	}
	err = server.Stop(t.Context())
	if err != nil {
		t.Error(err)
	}
	_, err = os.Stat(filepath.Dir(server.Socket))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket's folder is left: %v", err)
	}
}

func TestNobodySignsInWithoutThePassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, mysqltest.ServerConfig{Dir: dir, Addr: "127.0.0.1:0"})
	for _, user := range []string{"root", "mysql", "mariadb.sys", "", "anybody"} {
		for _, addr := range []string{server.Socket, server.Addr} {
			err := open(t, mysql.Config{Addr: addr, User: user, MaxOpen: 1}).Ping(t.Context())
			if err == nil {
				t.Errorf("%q is in, through %s", user, addr)
			}
		}
	}
	for _, addr := range []string{server.Socket, server.Addr} {
		err := open(t, mysql.Config{Addr: addr, User: server.User, Password: server.Password, MaxOpen: 1}).Ping(t.Context())
		if err != nil {
			t.Errorf("the administrator, through %s: %v", addr, err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "password"))
	if err != nil || info.Mode().Perm() != 0o600 || len(server.Password.Reveal()) < 32 {
		t.Errorf("the password's file: %v, %v", info, err)
	}
	_, err = os.Stat(filepath.Join(dir, "accounts.sql"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the password's statements are left: %v", err)
	}
}
