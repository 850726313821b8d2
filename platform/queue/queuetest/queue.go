package queuetest

import "time"

// queue is one queue. None of what it does looks at all of its messages, except a purge.
type queue struct {
	config   QueueConfig
	messages map[string]*message // by key
	ready    schedule            // what could be received at the time of settled
	hidden   schedule            // what becomes visible later
	inFlight int                 // how many of hidden were received
	bytes    int64               // what the messages take in a journal, about
	settled  int64               // in Unix nanoseconds
	purged   time.Time           // when a call purged it last
	changed  chan struct{}       // closed when a message may have become visible; nil when nobody waits for that
}

// message is one stored copy of a message. But for its place in a schedule it never changes, so that a compaction reads it without the lock.
type message struct {
	key   string // its own
	id    string // the message's: copies that a fault made share it
	body  string
	sent  int64     // in Unix nanoseconds
	in    *schedule // ready or hidden of its queue
	index int       // in that
}

func newQueue(now time.Time) *queue {
	return &queue{messages: make(map[string]*message), settled: now.UnixNano()}
}

// settle makes ready what has become visible by now.
func (q *queue) settle(now time.Time) {
	q.settled = max(q.settled, now.UnixNano())
	for len(q.hidden.entries) > 0 && q.hidden.entries[0].visible <= q.settled {
		q.insert(q.extract(q.hidden.entries[0].message))
	}
}

// add takes in a message: a new one, or one of another queue.
func (q *queue) add(e entry) {
	q.messages[e.message.key] = e.message
	q.bytes += e.message.size()
	q.insert(e)
	q.wake()
}

// remove gives the entry that the message had.
func (q *queue) remove(m *message) entry {
	delete(q.messages, m.key)
	q.bytes -= m.size()
	return q.extract(m)
}

func (q *queue) hide(m *message, r record) {
	e := q.extract(m)
	sooner := r.Visible.UnixNano() < e.visible
	e.visible, e.count = r.Visible.UnixNano(), r.Count
	q.insert(e)
	if sooner {
		q.wake()
	}
}

func (q *queue) purge() {
	// A map and a slice keep the room that they once had: new ones do not.
	q.messages = make(map[string]*message)
	q.ready, q.hidden = schedule{}, schedule{}
	q.inFlight, q.bytes = 0, 0
}

func (q *queue) insert(e entry) {
	if e.visible <= q.settled {
		q.ready.push(e)
		return
	}
	if e.count > 0 {
		q.inFlight++
	}
	q.hidden.push(e)
}

func (q *queue) extract(m *message) entry {
	e := m.in.remove(m.index)
	if m.in == &q.hidden && e.count > 0 {
		q.inFlight--
	}
	return e
}

// depth counts the messages by state.
func (q *queue) depth(now time.Time) (visible, inFlight, delayed int) {
	q.settle(now)
	return len(q.ready.entries), q.inFlight, len(q.hidden.entries) - q.inFlight
}

// wait gives a channel that is closed when it is worth looking again.
func (q *queue) wait() <-chan struct{} {
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	return q.changed
}

// wake makes waiting long polls look again.
func (q *queue) wake() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

func (m *message) entry() entry { return m.in.entries[m.index] }

// lineBytes is about what a message's line takes in a journal beside its body: two UUIDs, two times and a name.
const lineBytes = 150

func (m *message) size() int64 { return lineBytes + int64(len(m.body)) }
