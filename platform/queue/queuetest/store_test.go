package queuetest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStore_ReplayingTheJournalGivesTheSameState makes random changes and compares what a restart finds with what was there. Every second time the
// journal is compacted over and over meanwhile, and every third time at the end.
func TestStore_ReplayingTheJournalGivesTheSameState(t *testing.T) {
	t.Parallel()
	compactions := 0
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			cfg := Config{Dir: t.TempDir(), Seed: seed, Queues: []QueueConfig{{Name: "q", DeadLetter: "dead", MaxReceive: 2}, {Name: "dead"}}}
			s := reopen(t, cfg, nil)
			if seed%2 == 1 {
				s.journal.slack = 0
			}
			s.setFaults(Faults{Duplicate: 20, Delay: 20, DelayBy: 10 * time.Second, Reorder: true})
			dice := rand.New(rand.NewPCG(seed, 1))
			var handles []string
			for i := range 200 {
				handles = append(handles, change(t, s, dice, handles)...)
				if i%10 == 0 {
					s.awaitCompaction() // so that the next one has something to write
				}
				wantCountsRight(t, s)
			}
			want := stateOf(s)
			if seed%3 == 0 {
				compactNow(s)
			}
			old := s
			s = reopen(t, cfg, old)
			if diff := cmp.Diff(want, stateOf(s)); diff != "" {
				t.Errorf("after the restart (-want +got):\n%s", diff)
			}
			wantCountsRight(t, s)
			if old.journal.kept > 0 {
				compactions++
			}
			err := s.close()
			if err != nil {
				t.Error(err)
			}
		})
	}
	if compactions == 0 {
		t.Error("no journal was compacted")
	}
}

func reopen(t *testing.T, cfg Config, old *store) *store {
	t.Helper()
	if old != nil {
		err := old.close()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := openStore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// change makes one random change and returns the receipts that came of it.
func change(t *testing.T, s *store, dice *rand.Rand, handles []string) (more []string) {
	t.Helper()
	var err error
	pick := func() string { return handles[dice.IntN(len(handles))] }
	switch n := dice.IntN(100); {
	case n < 40 || len(handles) == 0 && n < 95:
		_, err = s.send(sendInput{QueueURL: "q", sendEntry: sendEntry{MessageBody: fmt.Sprint(n)}})
		received, _, receiveErr := s.receive(receiveInput{QueueURL: []string{"q", "dead"}[n%2]})
		for _, m := range received {
			more = append(more, m.ReceiptHandle)
		}
		if err == nil {
			err = receiveErr
		}
	case n < 60:
		_ = finish(s, func() ([]record, error) { return s.delete(nil, s.queues["q"], pick()) }) // a handle of the other queue is refused
	case n < 80:
		seconds := dice.IntN(3)
		_ = finish(s, func() ([]record, error) { return s.changeVisibility(nil, s.queues["q"], pick(), &seconds) }) // or it is in flight no more
	case n < 98:
		s.advance(time.Duration(dice.IntN(20)) * time.Second)
	default:
		err = s.purge("q")
	}
	if err != nil {
		t.Fatal(err)
	}
	return more
}

// finish makes the changes of a delete or of a changed visibility.
func finish(s *store, draft func() ([]record, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, err := draft()
	if err != nil {
		return err
	}
	return s.commit(changes...)
}

func compactNow(s *store) {
	s.awaitCompaction()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compactIfDue(math.MinInt64 / 2)
}

// keptMessage is what a restart must keep of a message.
type keptMessage struct {
	Key, ID, Body string
	Sent, Visible int64
	Count         int
}

// stateOf lists the messages of each queue as they arrived.
func stateOf(s *store) map[string][]keptMessage {
	state := make(map[string][]keptMessage)
	for name, q := range s.queues {
		arrived := slices.SortedFunc(maps.Values(q.messages), func(a, b *message) int { return int(a.entry().order) - int(b.entry().order) })
		for _, m := range arrived {
			state[name] = append(state[name], keptMessage{m.key, m.id, m.body, m.sent, m.entry().visible, m.entry().count})
		}
	}
	return state
}

// wantCountsRight counts one by one what a queue keeps count of.
func wantCountsRight(t *testing.T, s *store) {
	t.Helper()
	type depth struct{ visible, inFlight, delayed int }
	for name, q := range s.queues {
		var got, want depth
		var bytes int64
		now := s.now()
		got.visible, got.inFlight, got.delayed = q.depth(now)
		for _, m := range q.messages {
			bytes += m.size()
			switch e := m.entry(); {
			case e.visible <= now.UnixNano():
				want.visible++
			case e.count > 0:
				want.inFlight++
			default:
				want.delayed++
			}
		}
		if got != want || q.bytes != bytes {
			t.Errorf("queue %s has %+v and %d bytes, want %+v and %d", name, got, q.bytes, want, bytes)
		}
	}
}

// A process that is being started holds a copy of all our open files for a moment, the lock's included.
func TestStore_ClosingFreesTheFolderWhoeverHasACopyOfTheLock(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := reopen(t, cfg, nil)
	copied, err := syscall.Dup(int(s.journal.lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	s = reopen(t, cfg, s)
	err = errors.Join(s.close(), syscall.Close(copied))
	if err != nil {
		t.Error(err)
	}
}

func TestStore_WhatTheJournalDoesNotTakeIsNotAcknowledged(t *testing.T) {
	s := reopen(t, Config{Dir: t.TempDir(), Queues: []QueueConfig{{Name: "q"}}}, nil)
	err := s.journal.file.Close()
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.send(sendInput{QueueURL: "q", sendEntry: sendEntry{MessageBody: "a"}})
	if err == nil || !strings.Contains(err.Error(), "write queue journal") {
		t.Errorf("sending without a journal: error %v", err)
	}
	if visible, _, _ := s.queues["q"].depth(s.now()); visible != 0 {
		t.Errorf("%d messages are kept, want none", visible)
	}
	_ = s.journal.lock.Close()
}
