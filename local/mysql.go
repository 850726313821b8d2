package local

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// MySQL is a database server that somebody else runs, instead of a private one:
// to see the same things happen on another make. Its schemas auth, notes and
// audit must be empty or Notejam's.
type MySQL struct {
	Addr     string // host:port
	User     string // an administrator who may make schemas and users
	Password env.Secret
	// Kill and Start are commands that end the server as a crash would, and bring
	// it back at the same address. Without them it cannot be killed.
	Kill, Start []string
}

// answerLimit is how long a started server may take to answer.
const answerLimit = time.Minute

func (m *MySQL) server() *mysqltest.Server {
	return &mysqltest.Server{Addr: m.Addr, User: m.User, Password: m.Password}
}

func (m *MySQL) kill(ctx context.Context) error { return command(ctx, m.Kill) }

// start brings the server back and waits until it takes connections.
func (m *MySQL) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	err := command(ctx, m.Start)
	if err != nil {
		return err
	}
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", m.Addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for the database server: %w", err)
		}
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("there is no command for this")
	}
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput() //nolint:gosec // the caller's own command
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", args[0], err, out)
	}
	return nil
}
