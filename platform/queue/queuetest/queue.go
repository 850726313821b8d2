package queuetest

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// queue is one queue. schedule holds all of its messages, the earliest visible first: those up to now can be received.
type queue struct {
	config   QueueConfig
	messages map[string]*message // by key
	schedule schedule
	changed  chan struct{} // closed and replaced whenever a message may have become visible
}

// message is one stored copy of a message.
type message struct {
	key     string // its own
	id      string // the message's: copies that a fault made share it
	body    string
	sent    time.Time
	visible time.Time
	count   int    // deliveries so far; the last one's receipt handle has this number
	order   uint64 // of arrival, among equally visible
	index   int    // in the schedule
}

func (q *queue) add(m *message) {
	q.messages[m.key] = m
	heap.Push(&q.schedule, m)
	q.wake()
}

func (q *queue) remove(m *message) {
	delete(q.messages, m.key)
	heap.Remove(&q.schedule, m.index)
}

func (q *queue) hide(m *message, r record) {
	sooner := r.Visible.Before(m.visible)
	m.visible, m.count = r.Visible, r.Count
	heap.Fix(&q.schedule, m.index)
	if sooner {
		q.wake()
	}
}

// wake makes waiting long polls look again.
func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// depth counts the messages by state.
func (q *queue) depth(now time.Time) (visible, inFlight, delayed int) {
	for _, m := range q.messages {
		switch {
		case !m.visible.After(now):
			visible++
		case m.count > 0:
			inFlight++
		default:
			delayed++
		}
	}
	return visible, inFlight, delayed
}

// schedule is a heap of messages, the earliest visible first.
type schedule []*message

func (s schedule) Len() int { return len(s) }

func (s schedule) Less(i, j int) bool {
	if !s[i].visible.Equal(s[j].visible) {
		return s[i].visible.Before(s[j].visible)
	}
	return s[i].order < s[j].order
}

func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push is for package heap.
func (s *schedule) Push(x any) {
	m := x.(*message)
	m.index = len(*s)
	*s = append(*s, m)
}

// Pop is for package heap.
func (s *schedule) Pop() any {
	last := len(*s) - 1
	m := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return m
}

// visible returns up to limit messages that can be received now, the longest visible first. The schedule stays as it is.
func (s *schedule) visible(now time.Time, limit int) []*message {
	var found []*message
	for len(found) < limit && len(*s) > 0 && !(*s)[0].visible.After(now) {
		found = append(found, heap.Pop(s).(*message))
	}
	for _, m := range found {
		heap.Push(s, m)
	}
	return found
}

// inOrder lists all messages as they arrived.
func (s schedule) inOrder() []*message {
	all := slices.Clone(s)
	slices.SortFunc(all, func(a, b *message) int { return cmp.Compare(a.order, b.order) })
	return all
}
