package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// Most events need not be looked for: the relay of the process that writes one
// owns its row from the beginning and is handed the event when it is committed.
// That saves the three statements that find, claim and read a row. Whatever goes
// wrong on that way, the row is due for every relay when its lease ends.

// maxFresh is how many committed events may wait in memory for their relay. A
// process that writes faster than its relay sends leaves the rest to the table.
const maxFresh = 1000

// fresh are committed events that belong to the relay and were not sent yet.
type fresh struct {
	mu     sync.Mutex
	rows   []row
	closed bool // the relay has ended
}

// add takes a row, unless the relay has ended.
func (f *fresh) add(r row) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.rows = append(f.rows, r)
	}
	return !f.closed
}

// take removes up to n rows, the oldest first.
func (f *fresh) take(n int) []row {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = min(n, len(f.rows))
	taken := f.rows[:n:n]
	f.rows = f.rows[n:]
	return taken
}

func (f *fresh) len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.rows)
}

// close takes all that is left, and lets nothing more in.
func (f *fresh) close() []row {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return f.rows
}

// Append is the function Append with an event that this relay sends soon after
// the commit. A relay that does not run, has trouble or is full leaves the event
// to whoever finds it.
func (r *Relay) Append(ctx context.Context, tx *mysql.Tx, e Event) error {
	payload, err := e.payload()
	if err != nil {
		return fmt.Errorf("append event %s: %w", e.Type, err)
	}
	if !r.takesFresh() {
		tx.OnCommit(r.Wake)
		return insert(ctx, tx, e, payload, reservation{})
	}
	lastSend := r.lastSend()
	err = insert(ctx, tx, e, payload, reservation{r.token, r.lease})
	if err != nil {
		return err
	}
	tx.OnCommit(func() { r.handOver(row{e.ID, payload, 1, lastSend}) }) //nolint:contextcheck // what it may have to do outlives the request
	return nil
}

// lastSend is until when a lease that begins now may be used.
func (r *Relay) lastSend() time.Time { return r.now().Add(r.lease - r.lease/marginPart) }

func (r *Relay) takesFresh() bool {
	return r.running.Load() && !r.stopped() && r.health.ok() && r.fresh.len() < maxFresh
}

// handOver gives the relay a committed event. When the relay has ended since it
// was appended, another one shall not have to wait for the end of the lease.
func (r *Relay) handOver(event row) {
	if r.fresh.add(event) {
		r.Wake()
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
		defer cancel()
		r.giveBack(ctx, []row{event})
	}()
}

// releaseTimeout is for one statement. The lease ends anyway.
const releaseTimeout = time.Second

// giveBack lets other relays have rows that were not sent.
func (r *Relay) giveBack(ctx context.Context, unsent []row) {
	err := r.rows.release(ctx, r.token, idsOf(unsent))
	if err != nil {
		r.log.Debug("events not given back, their lease will end", "count", len(unsent), "error", err)
	}
}

// sendFresh sends the events of this process, one batch.
func (r *Relay) sendFresh(ctx context.Context) (worked, error) {
	batch := r.fresh.take(batchRows)
	if len(batch) == 0 {
		return worked{}, nil
	}
	return worked{claimed: len(batch), more: r.fresh.len() > 0}, r.deliver(ctx, r.token, batch)
}
