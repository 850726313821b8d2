package queuetest

import (
	"fmt"
	"testing"
	"time"
)

// many is what waits while the tests here count the work that a call makes. bench_test.go measures the time, with a million.
const many = 50_000

// mostCompared is more than ten messages ever take: each is put into a schedule, goes into the other one and is removed there, each time up or down a
// heap of 2^16 at most, with two comparisons a level.
const mostCompared = maxEntries * 3 * 16 * 2

func TestStore_WhatWaitsMakesNoCallSlower(t *testing.T) {
	s := reopen(t, Config{Queues: []QueueConfig{{Name: "q", DeadLetter: "dead", MaxReceive: 1000}, {Name: "dead"}}}, nil)
	for range many / maxEntries {
		sendTen(t, s, "q")
		sendTen(t, s, "dead")
	}
	for what, do := range map[string]func(){
		"send, receive and delete": func() { sendTen(t, s, "q"); deleteAll(t, s, "q", receiveTen(t, s, "q")) },
		"give back":                func() { giveBack(t, s, "q", receiveTen(t, s, "q")) },
		"read dead letters":        func() { giveBack(t, s, "dead", receiveTen(t, s, "dead")) },
		"count":                    func() { s.queues["q"].depth(s.now()) },
	} {
		before := compared(s)
		do()
		if n := compared(s) - before; n > mostCompared {
			t.Errorf("to %s while %d messages wait takes %d comparisons, want at most %d", what, many, n, mostCompared)
		}
	}
}

func compared(s *store) (n int) {
	for _, q := range s.queues {
		n += q.ready.compared + q.hidden.compared
	}
	return n
}

// A million messages that were received too often must not hold up everybody while one call moves them.
func TestStore_ALookMovesOnlySoManyToTheDeadLetters(t *testing.T) {
	s := reopen(t, Config{Queues: []QueueConfig{{Name: "q", DeadLetter: "dead", MaxReceive: 1}, {Name: "dead"}}}, nil)
	const poison = 2*maxMoves + maxEntries
	for range poison / maxEntries {
		sendTen(t, s, "q")
		receiveTen(t, s, "q")
	}
	s.advance(time.Minute)
	sendTen(t, s, "q")
	looks := 0
	for more := true; more; looks++ {
		before := len(s.queues["dead"].messages)
		messages, next, err := s.receive(receiveInput{QueueURL: "q"})
		if err != nil {
			t.Fatal(err)
		}
		if moved := len(s.queues["dead"].messages) - before; moved > maxMoves {
			t.Errorf("a look moved %d messages, want at most %d", moved, maxMoves)
		}
		more = next.again
		if more == (len(messages) == 1) {
			t.Errorf("look %d found %d messages and says that there are more: %t", looks, len(messages), more)
		}
	}
	if moved := len(s.queues["dead"].messages); looks != 3 || moved != poison {
		t.Errorf("%d looks moved %d messages, want 3 and %d", looks, moved, poison)
	}
}

func sendTen(t *testing.T, s *store, queue string) {
	t.Helper()
	in := sendBatchInput{QueueURL: queue}
	for i := range maxEntries {
		in.Entries = append(in.Entries, sendBatchEntry{ID: fmt.Sprint(i), sendEntry: sendEntry{MessageBody: "a"}})
	}
	out, err := s.sendBatch(in)
	if err != nil || len(out.Failed) > 0 {
		t.Fatalf("send: failed %v, error %v", out.Failed, err)
	}
}

func receiveTen(t *testing.T, s *store, queue string) (handles []string) {
	t.Helper()
	limit := maxEntries
	messages, _, err := s.receive(receiveInput{QueueURL: queue, MaxNumberOfMessages: &limit})
	if err != nil || len(messages) != limit {
		t.Fatalf("received %d messages, error %v", len(messages), err)
	}
	for _, m := range messages {
		handles = append(handles, m.ReceiptHandle)
	}
	return handles
}

func deleteAll(t *testing.T, s *store, queue string, handles []string) {
	t.Helper()
	for _, handle := range handles {
		err := finish(s, func() ([]record, error) { return s.delete(nil, s.queues[queue], handle) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

func giveBack(t *testing.T, s *store, queue string, handles []string) {
	t.Helper()
	atOnce := 0
	for _, handle := range handles {
		err := finish(s, func() ([]record, error) { return s.changeVisibility(nil, s.queues[queue], handle, &atOnce) })
		if err != nil {
			t.Fatal(err)
		}
	}
}
