package queuetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// store holds the queues. Every change of them is a record that is written to the journal first and then applied; a restart applies the same records.
type store struct {
	mu      sync.Mutex
	queues  map[string]*queue
	journal *journal // nil: in memory only
	offset  time.Duration
	order   uint64 // of the next message
	calls   map[string]int
	faults  Faults
	dice    *rand.Rand
}

func openStore(cfg Config) (*store, error) {
	s := &store{
		queues: make(map[string]*queue),
		calls:  make(map[string]int),
		dice:   rand.New(rand.NewPCG(cfg.Seed, 0)), //nolint:gosec // faults must repeat, not surprise
	}
	if cfg.Dir != "" {
		journal, err := openJournal(cfg.Dir, s.apply)
		if err != nil {
			return nil, err
		}
		s.journal = journal
	}
	err := s.configure(cfg.Queues)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// configure makes the queues or gives them their config, and has the journal written anew when much of it is gone.
func (s *store) configure(queues []QueueConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, config := range queues {
		config, err := config.complete()
		if err != nil {
			return err
		}
		err = s.commit(record{Op: opQueue, Queue: config.Name, Config: &config})
		if err != nil {
			return err
		}
	}
	for _, config := range queues {
		if config.DeadLetter != "" && s.queues[config.DeadLetter] == nil {
			return fmt.Errorf("queue %q: its dead-letter queue %q does not exist", config.Name, config.DeadLetter)
		}
	}
	s.compactIfDue(startSlack)
	return nil
}

// close must come after the last call.
func (s *store) close() error {
	if s.journal == nil {
		return nil
	}
	s.awaitCompaction()
	return s.journal.close()
}

// now is the server's clock.
func (s *store) now() time.Time { return time.Now().Add(s.offset) }

// commit makes changes that outlive the process: when it returns nil they may be acknowledged.
func (s *store) commit(records ...record) error {
	if len(records) == 0 {
		return nil
	}
	if s.journal != nil {
		err := s.journal.append(records)
		if err != nil {
			return err
		}
	}
	for _, r := range records {
		err := s.apply(r)
		if err != nil {
			return err
		}
	}
	if s.journal != nil {
		s.compactIfDue(s.journal.slack)
	}
	return nil
}

// apply makes one change. An error is a damaged journal: what this process commits, it has checked.
func (s *store) apply(r record) error {
	if r.Op == opQueue {
		return s.applyConfig(r)
	}
	q := s.queues[r.Queue]
	if q == nil {
		return fmt.Errorf("%s: no queue %q", r.Op, r.Queue)
	}
	if r.Op == opPurge {
		q.purge()
		return nil
	}
	m := q.messages[r.Key]
	if (m == nil) != (r.Op == opPut) {
		return fmt.Errorf("%s: message %q of queue %q exists: %t", r.Op, r.Key, r.Queue, m != nil)
	}
	switch r.Op {
	case opPut:
		s.order++
		m := &message{key: r.Key, id: r.ID, body: r.Body, sent: r.Sent.UnixNano()}
		q.add(entry{visible: r.Visible.UnixNano(), order: s.order, count: r.Count, message: m})
	case opHide:
		q.hide(m, r)
	case opMove:
		to := s.queues[r.To]
		if to == nil {
			return fmt.Errorf("%s: no queue %q", r.Op, r.To)
		}
		e := q.remove(m)
		e.visible = r.Visible.UnixNano()
		to.add(e)
	case opDelete:
		q.remove(m)
	default:
		return fmt.Errorf("unknown operation %q", r.Op)
	}
	return nil
}

func (s *store) applyConfig(r record) error {
	if r.Config == nil {
		return fmt.Errorf("%s: no config for %q", r.Op, r.Queue)
	}
	q := s.queues[r.Queue]
	if q == nil {
		q = newQueue(s.now())
		s.queues[r.Queue] = q
	}
	q.config = *r.Config
	return nil
}
