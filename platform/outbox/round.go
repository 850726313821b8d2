package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/planted"
	"gitlab.com/notejam/notejam/platform/queue"
)

const (
	// maxAttempts is after how many sends a row that is still refused is parked:
	// with back-off, after about an hour.
	maxAttempts = 20
	// maxBackoff is the longest a refused row waits.
	maxBackoff = 5 * time.Minute
	// marginPart is the part of the lease that is left when a round begins its
	// last send: 10 s of 60, twice what a send may take.
	marginPart = 6
)

// errSend is a call to the queue that failed as a whole.
var errSend = errors.New("send to the queue")

// fate is what became of rows: each is in one of the lists.
type fate struct {
	accepted []string
	refused  []refusal
	unsent   []row
}

type refusal struct {
	row
	queue.Refusal
}

// round claims due rows and delivers them.
func (r *Relay) round(ctx context.Context) (worked, error) {
	due, err := r.rows.due(ctx)
	if planted.Bug(planted.CursorRelay) {
		due = planted.BeyondCursor(due)
	}
	if err != nil || len(due) == 0 {
		return worked{}, err
	}
	done := worked{more: len(due) == batchRows}
	token := uuid.NewString() // of this round: a claim that is carried out late finds nobody who uses it
	lastSend := r.lastSend()
	done.claimed, err = r.rows.claim(ctx, token, due)
	if mysql.IsDeadlock(err) || mysql.IsLockWait(err) {
		return worked{}, nil // another relay is at these rows: they are sent, one way or the other
	}
	if err != nil || done.claimed == 0 {
		return done, err
	}
	batch, err := r.rows.claimedBy(ctx, token, due)
	if err != nil {
		return done, err
	}
	for i := range batch {
		batch[i].lastSend = lastSend
	}
	return done, r.deliver(ctx, token, batch)
}

// deliver sends rows that the token has and writes down what became of them. No
// transaction is open meanwhile. Whatever happens in between, a row ends up
// sent, or due again, or is due again when its lease ends.
func (r *Relay) deliver(ctx context.Context, token string, batch []row) error {
	if planted.Bug(planted.MarkBeforeSend) {
		_ = r.rows.markSent(ctx, token, idsOf(batch))
		pause(ctx, planted.Linger)
	}
	f, sendErr := r.send(ctx, batch)
	r.metrics.count(f, batch, sendErr)
	err := r.settle(ctx, token, f)
	if err == nil && len(f.unsent) > 0 {
		err = r.rows.release(ctx, token, idsOf(f.unsent))
	}
	return errors.Join(sendErr, err)
}

// worked is what a round did.
type worked struct {
	claimed int
	more    bool // there is more to do at once
}

// send sends the rows one batch after the other. It ends early when the queue
// fails, when the relay is to stop, and when a lease comes to its end.
func (r *Relay) send(ctx context.Context, all []row) (f fate, err error) {
	for _, batch := range batches(all) {
		if err != nil || r.stopped() || r.now().After(batch[0].lastSend) {
			f.unsent = append(f.unsent, batch...)
			continue
		}
		if !sendable(batch[0]) {
			f.refused = append(f.refused, unsendable(batch[0]))
			continue
		}
		var result queue.SendResult
		end := r.spans.send(ctx, batch)
		result, err = r.queue.Send(ctx, entries(batch))
		end(result, err)
		if err != nil {
			err = fmt.Errorf("%w: %w", errSend, err)
			f.unsent = append(f.unsent, batch...)
			continue
		}
		if planted.Bug(planted.BatchWhollySent) {
			result = queue.SendResult{Accepted: idsOf(batch)}
		}
		f.accepted = append(f.accepted, result.Accepted...)
		for _, refused := range result.Refused {
			i := slices.IndexFunc(batch, func(r row) bool { return r.id == refused.ID })
			f.refused = append(f.refused, refusal{batch[i], refused})
		}
	}
	return f, err
}

// sendable tells whether the queue could take the row. One that Append cannot
// have written would fail the calls that it is in, for ever.
func sendable(r row) bool { return r.payload != "" && len(r.payload) <= queue.MaxBytes }

func unsendable(r row) refusal {
	return refusal{r, queue.Refusal{ID: r.id, Code: "Unsendable", Message: "its message is empty or too large", SenderFault: true}}
}

// batches packs rows as tightly as the queue allows, in their order. A row that
// cannot be sent is alone in its batch.
func batches(all []row) [][]row {
	var packed [][]row
	begin, size := 0, 0
	for i, r := range all {
		full := i-begin == queue.MaxEntries || size+len(r.payload) > queue.MaxBytes
		if i > begin && (full || !sendable(r) || !sendable(all[i-1])) {
			packed = append(packed, all[begin:i])
			begin, size = i, 0
		}
		size += len(r.payload)
	}
	if begin < len(all) {
		packed = append(packed, all[begin:])
	}
	return packed
}

func entries(batch []row) []queue.Entry {
	entries := make([]queue.Entry, len(batch))
	for i, r := range batch {
		entries[i] = queue.Entry{ID: r.id, Body: r.payload}
	}
	return entries
}

// settle writes down what the queue said.
func (r *Relay) settle(ctx context.Context, token string, f fate) error {
	err := r.rows.markSent(ctx, token, f.accepted)
	if err != nil {
		return err
	}
	for _, refused := range f.refused {
		if refused.SenderFault || refused.attempts > maxAttempts {
			r.log.Error("event parked, the queue does not take it",
				"event_id", refused.id, "attempts", refused.attempts, "code", refused.Code, "reason", refused.Message)
			err = r.rows.park(ctx, token, refused.id)
		} else {
			err = r.rows.delay(ctx, token, refused.id, backoff(refused.attempts))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// backoff is how long a row waits that was refused for the nth time.
func backoff(attempts int) time.Duration {
	wait := maxBackoff
	if attempts < 9 { // 2^9 s are more than maxBackoff
		wait = min(time.Second<<attempts, maxBackoff)
	}
	return jittered(wait)
}
