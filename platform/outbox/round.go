package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
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

// fate is what became of a round's rows. A row that is in neither list was not
// sent.
type fate struct {
	accepted []string
	refused  []refusal
}

type refusal struct {
	row
	queue.Refusal
}

// round claims due rows, sends them and writes down what became of them. No
// transaction is open meanwhile. Whatever happens in between, a row ends up
// sent, or due again, or is due again when its lease ends.
func (r *Relay) round(ctx context.Context) (worked, error) {
	due, err := r.rows.due(ctx)
	if err != nil || len(due) == 0 {
		return worked{}, err
	}
	done := worked{more: len(due) == batchRows}
	token := uuid.NewString() // of this round: a claim that is carried out late finds nobody who uses it
	lastSend := time.Now().Add(r.lease - r.lease/marginPart)
	done.claimed, err = r.rows.claim(ctx, token, due)
	if mysql.IsDeadlock(err) || mysql.IsLockWait(err) {
		return worked{}, nil // another relay is at these rows: they are sent, one way or the other
	}
	if err != nil || done.claimed == 0 {
		return done, err
	}
	batch, err := r.rows.claimedBy(ctx, token)
	if err != nil {
		return done, err
	}
	f, sendErr := r.send(ctx, batch, lastSend)
	r.metrics.count(f, batch, sendErr)
	err = r.settle(ctx, token, f)
	if err == nil && len(f.accepted)+len(f.refused) < len(batch) {
		err = r.rows.release(ctx, token)
	}
	return done, errors.Join(sendErr, err)
}

// worked is what a round did.
type worked struct {
	claimed int
	more    bool // there is more to do at once
}

// send sends the rows one batch after the other. It ends early when the queue
// fails, when the relay is to stop, and when the lease comes to its end.
func (r *Relay) send(ctx context.Context, all []row, lastSend time.Time) (fate, error) {
	var f fate
	var sendable []row
	byID := make(map[string]row, len(all))
	for _, row := range all {
		byID[row.id] = row
		if row.payload == "" || len(row.payload) > queue.MaxBytes {
			f.refused = append(f.refused, unsendable(row)) // it would fail the calls that it is in, for ever
			continue
		}
		sendable = append(sendable, row)
	}
	for _, entries := range batches(sendable) {
		if r.stopped() || time.Now().After(lastSend) {
			return f, nil
		}
		result, err := r.queue.Send(ctx, entries)
		if err != nil {
			return f, fmt.Errorf("%w: %w", errSend, err)
		}
		f.accepted = append(f.accepted, result.Accepted...)
		for _, refused := range result.Refused {
			f.refused = append(f.refused, refusal{byID[refused.ID], refused})
		}
	}
	return f, nil
}

// unsendable refuses a row that Append cannot have written.
func unsendable(r row) refusal {
	return refusal{r, queue.Refusal{ID: r.id, Code: "Unsendable", Message: "its message is empty or too large", SenderFault: true}}
}

// batches packs rows as tightly as the queue allows, in their order.
func batches(all []row) [][]queue.Entry {
	var packed [][]queue.Entry
	var batch []queue.Entry
	size := 0
	for _, row := range all {
		full := len(batch) == queue.MaxEntries || size+len(row.payload) > queue.MaxBytes
		if full {
			packed = append(packed, batch)
			batch, size = nil, 0
		}
		batch = append(batch, queue.Entry{ID: row.id, Body: row.payload})
		size += len(row.payload)
	}
	if len(batch) > 0 {
		packed = append(packed, batch)
	}
	return packed
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
