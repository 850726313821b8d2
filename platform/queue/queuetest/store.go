package queuetest

import (
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

// record is one change of the state and one line of the journal. Which fields count depends on Op.
type record struct {
	Op      string       `json:"op"`
	Queue   string       `json:"queue"`
	Config  *QueueConfig `json:"config,omitempty"`  // opQueue
	Key     string       `json:"key,omitempty"`     // opPut, opHide, opMove, opDelete
	ID      string       `json:"id,omitempty"`      // opPut
	Body    string       `json:"body,omitempty"`    // opPut
	Sent    time.Time    `json:"sent,omitzero"`     // opPut
	Visible time.Time    `json:"visible,omitzero"`  // opPut, opHide, opMove
	Count   int          `json:"received,omitzero"` // opPut, opHide
	To      string       `json:"to,omitempty"`      // opMove
}

// The operations of records.
const (
	opQueue  = "queue"  // make the queue, or give it this config
	opPut    = "put"    // add a message
	opHide   = "hide"   // set when it is visible, and how often it was received
	opMove   = "move"   // to the dead-letter queue
	opDelete = "delete" // one message
	opPurge  = "purge"  // all messages
)

func openStore(cfg Config) (*store, error) {
	s := &store{
		queues: make(map[string]*queue),
		calls:  make(map[string]int),
		dice:   rand.New(rand.NewPCG(cfg.Seed, 0)), //nolint:gosec // faults must repeat, not surprise
	}
	if cfg.Dir != "" {
		journal, err := openJournal(cfg.Dir, s.apply, s.snapshot)
		if err != nil {
			return nil, err
		}
		s.journal = journal
	}
	for _, config := range cfg.Queues {
		config, err := config.complete()
		if err == nil {
			err = s.commit(record{Op: opQueue, Queue: config.Name, Config: &config})
		}
		if err != nil {
			_ = s.close()
			return nil, err
		}
	}
	for _, config := range cfg.Queues {
		if config.DeadLetter != "" && s.queues[config.DeadLetter] == nil {
			_ = s.close()
			return nil, fmt.Errorf("queue %q: its dead-letter queue %q does not exist", config.Name, config.DeadLetter)
		}
	}
	return s, nil
}

func (s *store) close() error {
	if s.journal == nil {
		return nil
	}
	return s.journal.close()
}

// now is the server's clock.
func (s *store) now() time.Time { return time.Now().Add(s.offset) }

// commit makes changes that outlive the process: when it returns nil they may be acknowledged.
func (s *store) commit(records ...record) error {
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
		clear(q.messages)
		q.schedule = nil
		return nil
	}
	m := q.messages[r.Key]
	if (m == nil) != (r.Op == opPut) {
		return fmt.Errorf("%s: message %q of queue %q exists: %t", r.Op, r.Key, r.Queue, m != nil)
	}
	switch r.Op {
	case opPut:
		s.order++
		q.add(&message{key: r.Key, id: r.ID, body: r.Body, sent: r.Sent, visible: r.Visible, count: r.Count, order: s.order})
	case opHide:
		q.hide(m, r)
	case opMove:
		to := s.queues[r.To]
		if to == nil {
			return fmt.Errorf("%s: no queue %q", r.Op, r.To)
		}
		q.remove(m)
		m.visible = r.Visible
		to.add(m)
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
		q = &queue{messages: make(map[string]*message), changed: make(chan struct{})}
		s.queues[r.Queue] = q
	}
	q.config = *r.Config
	return nil
}

// snapshot is the shortest way to the present state.
func (s *store) snapshot() []record {
	var queues, messages []record
	for name, q := range s.queues {
		queues = append(queues, record{Op: opQueue, Queue: name, Config: &q.config})
		for _, m := range q.schedule.inOrder() {
			messages = append(messages, record{
				Op: opPut, Queue: name, Key: m.key, ID: m.id, Body: m.body, Sent: m.sent, Visible: m.visible, Count: m.count,
			})
		}
	}
	return append(queues, messages...)
}
