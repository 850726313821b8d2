package queuetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// journal is the file that makes the store outlive its process: one JSON record a line, written before the change is acknowledged. It is handed to the
// operating system and not synced: it survives kill -9, and not a power cut. At the start it is replayed and rewritten without what is gone.
type journal struct {
	file *os.File
	lock *os.File
	size int64 // up to here the file is whole
}

const (
	journalName = "queue.journal"
	lockName    = "queue.lock"
)

// openJournal replays the journal in dir into apply and then rewrites it as what snapshot says.
func openJournal(dir string, apply func(record) error, snapshot func() []record) (*journal, error) {
	err := os.MkdirAll(dir, 0o700)
	if err != nil {
		return nil, fmt.Errorf("open queue journal: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open queue journal: %w", err)
	}
	j := &journal{lock: lock}
	name := filepath.Join(dir, journalName)
	err = replay(name, apply)
	if err == nil {
		err = j.rewrite(name, snapshot())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open queue journal %s: %w", name, err), unlock(lock))
	}
	return j, nil
}

// lockFile keeps a second server out, which would write between our lines. The lock ends with the process, however that ends.
func lockFile(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the caller chooses the folder
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("another queue server uses %s: %w", filepath.Dir(name), err), file.Close())
	}
	return file, nil
}

// unlock does not leave it to the closing: a process that is being started has a copy of the file for a moment, and with it the lock.
func unlock(lock *os.File) error {
	return errors.Join(syscall.Flock(int(lock.Fd()), syscall.LOCK_UN), lock.Close())
}

// replay reads whole lines. A last line without its end was being written when the process died: nobody was told that it is kept.
func replay(name string, apply func(record) error) error {
	text, err := os.ReadFile(name) //nolint:gosec // the caller chooses the folder
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if !bytes.HasSuffix(line, []byte("\n")) {
			return nil
		}
		var r record
		err := json.Unmarshal(line, &r)
		if err == nil {
			err = apply(r)
		}
		if err != nil {
			return fmt.Errorf("line %d is damaged: %w", number, err)
		}
	}
	return nil
}

// rewrite replaces the file in one step, so that at every moment one of the two is whole, and keeps it open for more.
func (j *journal) rewrite(name string, records []record) error {
	fresh := name + ".new"
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // the caller chooses the folder
	if err != nil {
		return err
	}
	j.file = file
	err = j.append(records)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(fresh, name)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return nil
}

// append writes records in one write. After a failed one (a full disk) the file is cut back, so that the next one does not follow half a line.
func (j *journal) append(records []record) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, r := range records {
		err := encoder.Encode(r)
		if err != nil {
			return fmt.Errorf("write queue journal: %w", err)
		}
	}
	written, err := j.file.Write(lines.Bytes())
	if err != nil {
		return errors.Join(fmt.Errorf("write queue journal: %w", err), j.file.Truncate(j.size))
	}
	j.size += int64(written)
	return nil
}

func (j *journal) close() error {
	return errors.Join(j.file.Close(), unlock(j.lock))
}
