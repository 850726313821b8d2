package mysqltest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
)

// The names of all schemas of tests begin so; the user of the code under test has grants on them by this pattern.
const schemaPrefix = "njtest_"

// The private server's folder in the temporary one is named so.
const folderPattern = "notejam-mysqltest-*"

// testServer is the server that the tests of a package share.
type testServer struct {
	addr          string
	adminName     string
	adminPassword env.Secret
	admin         *sql.DB
	user          User
	deputy        User    // the administrator's, where that one has no password
	private       *Server // nil for a server that was given
	folder        string
}

var shared struct {
	mu     sync.Mutex
	inMain bool
	server *testServer
	err    error
}

// Main runs the tests of a package that calls New, and stops their server afterwards:
//
//	func TestMain(m *testing.M) { mysqltest.Main(m) }
func Main(m *testing.M) {
	shared.mu.Lock()
	shared.inMain = true
	shared.mu.Unlock()
	m.Run() // its result reaches os.Exit through the testing package
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		return
	}
	err := shared.server.stop(context.Background())
	if err != nil {
		// The tests have had their say. What is left over goes with the next run, or with the server that was given.
		_, _ = fmt.Fprintf(os.Stderr, "stop the tests' database server: %v\n", err)
	}
}

// sharedServer starts the server on first use. A failure stays: every test then says the same sentence, at once.
func sharedServer() (*testServer, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	switch {
	case shared.server != nil || shared.err != nil:
	case !shared.inMain:
		return nil, errors.New("TestMain must call mysqltest.Main")
	default:
		shared.server, shared.err = newTestServer(context.Background())
	}
	return shared.server, shared.err
}

func newTestServer(ctx context.Context) (*testServer, error) {
	s := &testServer{
		addr:          given("ADDR"),
		adminName:     cmp.Or(given("USER"), administrator),
		adminPassword: env.NewSecret(given("PASSWORD")),
	}
	if s.addr == "" {
		err := s.startPrivate(ctx)
		if err != nil {
			return nil, err
		}
	}
	err := s.makeUser(ctx)
	if err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	return s, nil
}

// given reads what names a server for the tests. A test binary has no main function of ours to read it.
func given(name string) string {
	return os.Getenv("NOTEJAM_TEST_MYSQL_" + name) //nolint:forbidigo // see above
}

func (s *testServer) startPrivate(ctx context.Context) error {
	sweep()
	folder, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return err
	}
	s.private, err = StartServer(ctx, ServerConfig{Dir: folder, Addr: "127.0.0.1:0", Fast: true})
	if err != nil {
		return err // the folder stays: the error names the log in it
	}
	s.folder = folder
	s.addr, s.adminName, s.adminPassword = s.private.Addr, s.private.User, s.private.Password
	return nil
}

// makeUser makes the user for the code under test. It has the rights of a service on all schemas of tests.
func (s *testServer) makeUser(ctx context.Context) error {
	var err error
	s.admin, err = openAdmin(s.addr, s.adminName, "", s.adminPassword)
	if err != nil {
		return err
	}
	random, err := randomHex(8)
	if err != nil {
		return err
	}
	// Not all of a server that was given is ours: a name of our own, and the pattern with its underscore taken literally.
	s.user = User{
		Name:     schemaPrefix + random,
		Password: env.NewSecret(random),
		Grants:   []string{"SELECT, INSERT, UPDATE, DELETE ON `njtest\\_%`.*"},
	}
	err = ensureUser(ctx, s.admin, s.user)
	if err != nil || !s.adminPassword.Empty() {
		return err
	}
	// A setting that is empty counts as absent, so a service could not be told the password of this administrator.
	s.deputy = User{Name: schemaPrefix + "admin_" + random, Password: env.NewSecret(random), Grants: []string{"ALL PRIVILEGES ON *.*", "GRANT OPTION ON *.*"}}
	s.adminName, s.adminPassword = s.deputy.Name, s.deputy.Password
	return ensureUser(ctx, s.admin, s.deputy)
}

func (s *testServer) stop(ctx context.Context) error {
	if s.private != nil {
		return errors.Join(s.admin.Close(), s.private.Kill(), os.RemoveAll(s.folder))
	}
	var errs []error
	for _, user := range []User{s.user, s.deputy} {
		if user.Name == "" {
			continue
		}
		_, err := s.admin.ExecContext(ctx, "DROP USER IF EXISTS "+quote(user.Name)+"@'%'")
		errs = append(errs, err)
	}
	return errors.Join(append(errs, s.admin.Close())...)
}

// sweep removes the folders of test processes that were killed: nobody holds their lock.
func sweep() {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), folderPattern))
	if err != nil {
		return // the pattern is right
	}
	for _, folder := range left {
		lock, err := os.Open(filepath.Join(folder, "lock")) //nolint:gosec // in the temporary folder
		if err != nil {
			continue // somebody else's, or being made right now
		}
		info, err := lock.Stat()
		if err == nil && time.Since(info.ModTime()) > time.Minute { // a younger one may be about to be locked
			err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
			if err == nil {
				_ = os.RemoveAll(folder) // what stays is swept the next time
			}
		}
		_ = lock.Close() // only locked
	}
}
