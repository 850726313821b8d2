package queuetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// journal is the file that makes the store outlive its process: a record for each change, written before the change is acknowledged. It is handed to
// the operating system and not synced: it survives kill -9, and not a power cut. A start replays it; compact.go keeps it short.
type journal struct {
	name string
	file *os.File
	lock *os.File
	size int64  // up to here the file is whole
	text []byte // for append, again and again

	slack  int64         // how much of what is gone is not worth a compaction
	kept   int64         // its size when it was last compacted
	ended  chan struct{} // closed by the compaction that runs, at its end; nil when none does
	failed error         // what the last compaction ended with
}

const (
	journalName = "queue.journal"
	lockName    = "queue.lock"
	// keptText is the room for text that append keeps: more than all but the largest batches.
	keptText = 1 << 16
)

// openJournal replays the journal in dir into apply and keeps it open for more.
func openJournal(dir string, apply func(record) error) (*journal, error) {
	err := os.MkdirAll(dir, 0o700)
	if err != nil {
		return nil, fmt.Errorf("open queue journal: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open queue journal: %w", err)
	}
	j := &journal{name: filepath.Join(dir, journalName), lock: lock, slack: defaultSlack}
	j.file, err = os.OpenFile(j.name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open queue journal: %w", err), unlock(lock))
	}
	j.size, err = replay(j.file, apply)
	if err == nil {
		err = j.file.Truncate(j.size)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open queue journal %s: %w", j.name, err), j.close())
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

// replay reads whole records, and says where the last one ends. One that is not finished was being written when the process died: nobody was told that
// it is kept.
func replay(file io.Reader, apply func(record) error) (size int64, err error) {
	lines := bufio.NewReaderSize(file, recordBytes)
	for number := 1; ; number++ {
		r, bytes, err := readRecord(lines)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return size, nil
		}
		if err == nil {
			err = apply(r)
		}
		if err != nil {
			return size, fmt.Errorf("record %d, at byte %d, is damaged: %w", number, size, err)
		}
		size += int64(bytes)
	}
}

// append writes records in one write. After a failed one (a full disk) the file is cut back, so that the next one does not follow half a record.
func (j *journal) append(records []record) error {
	text := j.text[:0]
	for _, r := range records {
		text = r.appendTo(text)
	}
	if cap(text) <= keptText {
		j.text = text
	}
	_, err := j.file.Write(text)
	if err != nil {
		return errors.Join(fmt.Errorf("write queue journal: %w", err), j.file.Truncate(j.size))
	}
	j.size += int64(len(text))
	return nil
}

func (j *journal) close() error {
	return errors.Join(j.failed, j.file.Close(), unlock(j.lock))
}
