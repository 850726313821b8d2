package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"gitlab.com/notejam/notejam/local/setup"
)

// folder is the data folder: everything that outlives a run, and nothing
// outside of it.
//
//	database/   the private database server's files
//	queue/      messages that were not yet consumed
//	mail/       mails, each a file
//	secrets/    made at the first start, readable by its owner alone
//	tls/        certificates of this run
//	env/        the settings of each service in this run, for its commands, and the database's address
//	log/        one log file for each service and the database
type folder struct {
	root string
	lock *os.File
}

// openFolder makes the folder if need be and locks it, so that one start runs
// at a time. The lock is the kernel's: it cannot be left behind.
func openFolder(root string) (*folder, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	f := &folder{root: root}
	for _, sub := range []string{"database", "queue", "mail", "secrets", "tls", "env", "log"} {
		err = os.MkdirAll(f.path(sub), 0o700)
		if err != nil {
			return nil, fmt.Errorf("the data folder %s cannot be used: %w", root, cause(err))
		}
	}
	f.lock, err = os.OpenFile(f.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be used: %w", root, cause(err))
	}
	err = syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(&takenError{root}, f.lock.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data folder %s: %w", root, err), f.lock.Close())
	}
	return f, nil
}

// takenError is that somebody else has the folder.
type takenError struct{ root string }

func (e *takenError) Error() string {
	return fmt.Sprintf("another Notejam runs on the data folder %s: stop it, or give this one another folder with DATA=", e.root)
}

func (f *folder) close() error { return f.lock.Close() }

func (f *folder) path(parts ...string) string {
	return filepath.Join(append([]string{f.root}, parts...)...)
}

// secret gives the value kept under the name, made at random the first time.
func (f *folder) secret(name string) (string, error) {
	return setup.Secret(f.path("secrets", name))
}

// cause drops the path that the sentence around it names already.
func cause(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
