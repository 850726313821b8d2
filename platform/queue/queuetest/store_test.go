package queuetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStore_ReplayingTheJournalGivesTheSameState makes random changes and compares what a restart finds with what was there.
func TestStore_ReplayingTheJournalGivesTheSameState(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			cfg := Config{Dir: t.TempDir(), Seed: seed, Queues: []QueueConfig{{Name: "q", DeadLetter: "dead", MaxReceive: 2}, {Name: "dead"}}}
			s := reopen(t, cfg, nil)
			s.setFaults(Faults{Duplicate: 20, Delay: 20, DelayBy: 10 * time.Second, Reorder: true})
			dice := rand.New(rand.NewPCG(seed, 1))
			var handles []string
			for range 200 {
				handles = append(handles, change(t, s, dice, handles)...)
			}
			want := s.snapshot()
			s = reopen(t, cfg, s)
			if diff := cmp.Diff(byKey(want), byKey(s.snapshot())); diff != "" {
				t.Errorf("after the restart (-want +got):\n%s", diff)
			}
			err := s.close()
			if err != nil {
				t.Error(err)
			}
		})
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
		q := s.queues["q"]
		_ = s.delete(q, pick()) // a handle of the other queue is refused
	case n < 80:
		seconds := dice.IntN(3)
		_ = s.changeVisibility(s.queues["q"], pick(), &seconds) // or it is in flight no more
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

func byKey(records []record) map[string]record {
	all := make(map[string]record)
	for _, r := range records {
		all[r.Queue+"/"+r.Key] = r
	}
	return all
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

func TestSchedule_TheLongestVisibleComesFirst(t *testing.T) {
	q := &queue{messages: make(map[string]*message), changed: make(chan struct{})}
	now := time.Now()
	for i, age := range []int{3, -1, 5, 0, 5, 1} {
		q.add(&message{key: fmt.Sprint(i), visible: now.Add(-time.Duration(age) * time.Second), order: uint64(i)})
	}
	q.remove(q.messages["5"])
	var keys []string
	for _, m := range q.schedule.visible(now, 10) {
		keys = append(keys, m.key)
	}
	if diff := cmp.Diff([]string{"2", "4", "0", "3"}, keys); diff != "" {
		t.Errorf("visible (-want +got):\n%s", diff)
	}
	if limited := q.schedule.visible(now, 2); len(limited) != 2 || len(q.schedule) != 5 {
		t.Errorf("with a limit of 2 came %d messages, %d are scheduled", len(limited), len(q.schedule))
	}
}
