// Package mysqltest gives tests a fresh schema on a real database server, and runs private servers: for tests, and for a whole system on one
// machine. A private server has its own folder, password and loopback port; the machine's own database, if there is one, is never touched.
package mysqltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"

	"gitlab.com/notejam/notejam/platform/env"
)

const (
	// How long a server may take until it answers. It is that long only after a crash, when it recovers.
	startLimit = 2 * time.Minute
	// How often a free port is looked for: between looking and listening somebody else may take it.
	portAttempts = 5
)

// ServerConfig says what server to start.
type ServerConfig struct {
	Dir     string    // its folder: data, log, password. Made when missing, kept
	Addr    string    // host:port on loopback, where port 0 picks a free one; "" listens on the unix socket only
	Log     io.Writer // what StartServer does, a line for each thing that takes time; nil for silence. The server's own log is a file in Dir
	Fast    bool      // for tests: small, quick, and safe against a crash of the server but not of the machine
	Program string    // the server's program; "" is what FindServer finds
	Args    []string  // more options for the server, such as --max-connections=10
}

// Server is a private server that runs.
type Server struct {
	Addr     string     // host:port; "" when it listens on the socket only
	Socket   string     // its unix socket
	User     string     // the administrator
	Password env.Secret // the administrator's, random, kept in Dir
	PID      int

	cmd    *exec.Cmd
	home   *home
	killed atomic.Bool   // by us
	exited chan struct{} // closed when the process has ended
	err    error         // how; readable after that
}

// StartServer starts a server on its folder, which it fills first if it is empty, and returns when the server answers; ctx limits the start only. A
// server that was killed before recovers. When this process dies, however that happens, the server ends: killed if it is Fast, else by its own
// orderly shutdown.
func StartServer(ctx context.Context, cfg ServerConfig) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	if cfg.Program == "" {
		found, err := FindServer()
		if err != nil {
			return nil, err
		}
		cfg.Program = found
	}
	h, err := openHome(ctx, cfg)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		s, err := h.start(ctx, cfg)
		if err == nil {
			return s, nil
		}
		if errors.Is(err, errPortTaken) && attempt < portAttempts {
			continue
		}
		return nil, errors.Join(err, h.close())
	}
}

var errPortTaken = errors.New("somebody took its port")

// start runs the program and waits until it answers.
func (h *home) start(ctx context.Context, cfg ServerConfig) (*Server, error) {
	addr, err := pickAddr(cfg.Addr)
	if err != nil {
		return nil, err
	}
	// After a crash they are still there, and we hold the lock: nobody listens.
	_, _ = os.Remove(h.socket), os.Remove(h.socket+".lock")
	log, err := h.newLog()
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the server has its own descriptor
	s := &Server{Addr: addr, Socket: h.socket, User: administrator, Password: h.password, home: h, exited: make(chan struct{})}
	s.cmd = exec.Command(cfg.Program, h.options(cfg, addr)...) //nolint:gosec,noctx // the caller names the program; the server outlives ctx
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.ExtraFiles = []*os.File{h.lock} // the folder stays locked until the server itself has ended
	deathSignal := syscall.SIGTERM
	if cfg.Fast {
		deathSignal = syscall.SIGKILL
	}
	s.cmd.SysProcAttr = processAttributes(deathSignal)
	err = s.run()
	if err != nil {
		return nil, fmt.Errorf("start the database server: %w", err)
	}
	err = s.waitUntilReady(ctx)
	if err == nil {
		err = h.forgetSecrets()
	}
	if err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

// run starts the process on a thread of its own that stays until the process has ended: the death signal comes when the *thread* that started the
// process ends.
func (s *Server) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := s.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		s.err = s.cmd.Wait()
		close(s.exited)
	}()
	err := <-started
	if err == nil {
		s.PID = s.cmd.Process.Pid
	}
	return err
}

func (s *Server) waitUntilReady(ctx context.Context) error {
	pool, err := s.OpenAdmin()
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }() // it has served its purpose
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		err = pool.PingContext(ctx)
		if err == nil {
			return nil
		}
		var refused *mysqldriver.MySQLError
		if errors.As(err, &refused) && refused.Number != errShutdown {
			return fmt.Errorf("the database server refuses its administrator: %w; its log is %s", err, s.home.logPath)
		}
		select {
		case <-s.exited:
			return s.home.explainExit(s.err)
		case <-ctx.Done():
			return fmt.Errorf("the database server does not answer: %w; its log is %s", ctx.Err(), s.home.logPath)
		case <-poll.C:
		}
	}
}

const errShutdown = 1053 // a server that is starting up may answer so

// Done is closed when the server's process has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.exited }

// Stop shuts the server down in order and waits for its end. When ctx ends first, the server is killed, which its next start repairs. The end of a
// server that crashed earlier is its error.
func (s *Server) Stop(ctx context.Context) error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // fails only when the process has ended, which is asked below
	select {
	case <-s.exited:
		if s.err != nil && !s.killed.Load() {
			return errors.Join(s.home.explainExit(s.err), s.home.close())
		}
		return s.home.close()
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("the database server took too long to stop and was killed: %w", ctx.Err()), s.Kill())
	}
}

// Kill ends the server as a crash would. The next start on its folder recovers.
func (s *Server) Kill() error {
	return errors.Join(s.end(), s.home.close())
}

func (s *Server) end() error {
	s.killed.Store(true)
	err := s.cmd.Process.Kill()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the database server: %w", err)
	}
	<-s.exited
	return nil
}

// pickAddr checks that a server can listen on addr, and picks a port for port 0.
func pickAddr(addr string) (string, error) {
	if addr == "" {
		return "", nil
	}
	resolved, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("the database's address: %w", err)
	}
	if !resolved.IP.IsLoopback() {
		return "", fmt.Errorf("the database's address %s is not on loopback", addr)
	}
	listener, err := net.ListenTCP("tcp", resolved)
	if err != nil {
		return "", fmt.Errorf("the database's address: %w", err)
	}
	picked := listener.Addr().String()
	return picked, listener.Close()
}

// socketPath gives a path for the socket: in the folder, or where it is short enough. The system allows about 100 bytes.
func socketPath(dir string) (path string, own bool, err error) {
	path = filepath.Join(dir, "mysql.sock")
	if len(path) <= 100 {
		return path, false, nil
	}
	short, err := os.MkdirTemp("", "nj-sock-")
	if err != nil {
		return "", false, fmt.Errorf("make a folder for the database's socket: %w", err)
	}
	return filepath.Join(short, "mysql.sock"), true, nil
}
