package queuetest

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"time"
)

const (
	// defaultSlack is less than anybody minds on a disk.
	defaultSlack = 16 << 20
	// startSlack is some queues and nothing else: a start compacts as soon as it finds more than that gone.
	startSlack = 4 << 10
	// chunkBytes is how much a compaction writes at once.
	chunkBytes = 1 << 20
)

// compactIfDue starts a compaction when more than half of the journal, and more than the slack, is gone, and it has doubled since the last one: so
// compactions write no more than is written anyway. The caller holds the lock and keeps it for the moment that a copy of the schedules takes; the
// writing goes on beside.
func (s *store) compactIfDue(slack int64) {
	j := s.journal
	if j == nil || j.ended != nil || j.size <= 2*max(j.kept, s.live())+slack {
		return
	}
	j.ended = make(chan struct{})
	c := compaction{old: j.file, upTo: j.size}
	go s.compact(c, s.snapshot())
}

// compaction writes a journal that has only what is left.
type compaction struct {
	old, fresh *os.File
	upTo       int64 // the bytes of the old journal that the fresh one stands for
	size       int64 // of the fresh one
}

// compact puts a fresh journal in the place of the old one in one step, so that at every moment one of the two is whole under the name.
func (s *store) compact(c compaction, left snapshot) {
	j := s.journal
	err := c.write(j.name+".new", left.records())
	if err == nil {
		err = c.copyUpTo(s.journalSize()) // most of what was added meanwhile
	}
	if err == nil {
		err = c.fresh.Sync()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		err = c.copyUpTo(j.size)
	}
	if err == nil {
		err = os.Rename(c.fresh.Name(), j.name)
	}
	j.endCompaction(c, err)
}

func (c *compaction) write(name string, records iter.Seq[record]) error {
	var err error
	c.fresh, err = os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR|os.O_APPEND, 0o600) //nolint:gosec // the caller chooses the folder
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(c.fresh, chunkBytes)
	var text []byte
	for r := range records {
		text = r.appendTo(text[:0])
		_, err = out.Write(text)
		if err != nil {
			return err
		}
		c.size += int64(len(text))
	}
	return out.Flush()
}

func (c *compaction) copyUpTo(end int64) error {
	added, err := io.CopyN(c.fresh, io.NewSectionReader(c.old, c.upTo, end-c.upTo), end-c.upTo)
	c.upTo += added
	c.size += added
	return err
}

// endCompaction goes on with the fresh journal, or after an error with the old one, which is whole but long. The caller holds the lock.
func (j *journal) endCompaction(c compaction, err error) {
	if err == nil {
		j.file, j.size, j.failed = c.fresh, c.size, nil
		_ = c.old.Close() // it has no name any more
	} else {
		j.failed = fmt.Errorf("compact queue journal: %w", err)
		if c.fresh != nil {
			_ = errors.Join(c.fresh.Close(), os.Remove(c.fresh.Name()))
		}
	}
	j.kept = j.size
	close(j.ended)
	j.ended = nil
}

// awaitCompaction waits for the compaction that runs, if one does.
func (s *store) awaitCompaction() {
	s.mu.Lock()
	ended := s.journal.ended
	s.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// journalSize reads the journal's size for who does not hold the lock.
func (s *store) journalSize() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.size
}

// live is about how large the journal would be if nothing in it was gone.
func (s *store) live() (bytes int64) {
	for _, q := range s.queues {
		bytes += q.bytes
	}
	return bytes
}

// snapshot is the state at one moment. It shares the messages with the store: what it reads of them does not change.
type snapshot []queueSnapshot

type queueSnapshot struct {
	config  QueueConfig
	entries []entry
}

func (s *store) snapshot() snapshot {
	var all snapshot
	for _, q := range s.queues {
		all = append(all, queueSnapshot{q.config, slices.Concat(q.ready.entries, q.hidden.entries)})
	}
	return all
}

// records is the shortest way to the state: the queues, and then the messages as they arrived.
func (s snapshot) records() iter.Seq[record] {
	return func(yield func(record) bool) {
		for _, q := range s {
			if !yield(record{Op: opQueue, Queue: q.config.Name, Config: &q.config}) {
				return
			}
		}
		for _, q := range s {
			slices.SortFunc(q.entries, func(a, b entry) int { return cmp.Compare(a.order, b.order) })
			for _, e := range q.entries {
				if !yield(e.record(q.config.Name)) {
					return
				}
			}
		}
	}
}

// record is the message as it is, put once.
func (e entry) record(queue string) record {
	m := e.message
	return record{
		Op: opPut, Queue: queue, Key: m.key, ID: m.id, Body: m.body,
		Sent: time.Unix(0, m.sent), Visible: time.Unix(0, e.visible), Count: e.count,
	}
}
