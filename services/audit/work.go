package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/planted"
)

// process records what a batch says, or why a message of it says nothing, and
// deletes what is recorded. Once the consumer is to stop it gives the batch back
// unread: it belongs to other replicas.
func (c *Consumer) process(ctx context.Context, batch []*delivery) {
	if c.stopped() {
		for _, d := range batch {
			c.giveBack(ctx, d, 0)
		}
		return
	}
	var readable, finished []*delivery
	for _, d := range batch {
		event, err := decode(d.Body)
		var bad *poison
		if !errors.As(err, &bad) {
			d.event = event
			if planted.Bug(planted.DedupByMessage) {
				d.event.ID = d.ID
			}
			readable = append(readable, d)
			continue
		}
		err = c.guarded(ctx, func(ctx context.Context) error { return c.quarantine(ctx, d, bad) })
		if err != nil {
			c.fail(ctx, d, err)
			continue
		}
		finished = append(finished, d)
	}
	if planted.Bug(planted.DeleteBeforeRecord) {
		c.deleteBatch(ctx, readable)
		sleep(ctx, planted.Linger)
	}
	finished = append(finished, c.record(ctx, readable)...)
	if ctx.Err() == nil { // else it is over: what is not deleted comes again when its visibility ends
		c.deleteBatch(ctx, finished)
	}
}

func (c *Consumer) stopped() bool {
	select {
	case <-c.stopping:
		return true
	default:
		return false
	}
}

// record gives those of the deliveries whose events are recorded. One that fails
// must not keep its neighbours: when a batch fails, each is tried alone, unless
// it is clear that the database is away.
func (c *Consumer) record(ctx context.Context, batch []*delivery) (recorded []*delivery) {
	if len(batch) == 0 {
		return nil
	}
	err := c.guarded(ctx, func(ctx context.Context) error { return c.recordAll(ctx, batch) })
	switch {
	case err == nil:
		return batch
	case len(batch) == 1 || fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil:
		for _, d := range batch {
			c.fail(ctx, d, err)
		}
		return nil
	}
	for _, d := range batch {
		recorded = append(recorded, c.record(ctx, []*delivery{d})...)
	}
	return recorded
}

// recordAll records all of the batch or nothing.
func (c *Consumer) recordAll(ctx context.Context, batch []*delivery) error {
	events := make([]Event, len(batch))
	for i, d := range batch {
		events[i] = d.event
	}
	spanned, end := c.spans.record(ctx, batch)
	isNew, err := c.store.Record(spanned, events)
	end(err)
	if err != nil {
		return err
	}
	for i, e := range events {
		if !isNew[i] {
			c.metrics.messages.WithLabelValues("repeated").Inc()
			if planted.Bug(planted.EffectTwice) {
				e.ID = uuid.NewString()
				_, _ = c.store.Record(ctx, []Event{e})
			}
			continue
		}
		c.metrics.messages.WithLabelValues("recorded").Inc()
		c.metrics.lag.Observe(max(0, time.Since(e.Time).Seconds())) // clocks differ a little
		if !knownTypes[e.Type] {
			c.metrics.unknownTypes.Inc()
			c.log.Warn("event of an unknown type recorded", "event_id", e.ID, "type", e.Type)
		}
	}
	return nil
}

// guarded bounds a piece of work. A panic in it is an error like any other: the
// consumer outlives it.
func (c *Consumer) guarded(ctx context.Context, work func(context.Context) error) (err error) {
	defer func() {
		value := recover()
		if value != nil {
			c.metrics.panics.Inc()
			c.log.Error("panic", "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
			err = errors.New("panic while recording")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	return work(ctx)
}

// fail lets a message that was not recorded come again later.
func (c *Consumer) fail(ctx context.Context, d *delivery, err error) {
	c.suspect.Store(true)
	if ctx.Err() != nil {
		return // it is over: the message's visibility will end
	}
	c.metrics.messages.WithLabelValues("returned").Inc()
	c.log.Warn("message not recorded, it will come again", "message_id", d.ID, "receive_count", d.ReceiveCount, "error", err)
	c.giveBack(ctx, d, c.returnAfter(d.ReceiveCount))
}

// quarantine keeps the message for a person to look at. The log does not show
// what is in it.
func (c *Consumer) quarantine(ctx context.Context, d *delivery, why *poison) error {
	isNew, err := c.store.Quarantine(ctx, d.Body, why.Error())
	if err != nil {
		return err
	}
	c.metrics.messages.WithLabelValues("quarantined").Inc()
	if isNew {
		digest := sha256.Sum256([]byte(d.Body))
		c.log.Error("message put into quarantine",
			"message_id", d.ID, "digest", hex.EncodeToString(digest[:]), "bytes", len(d.Body), "reason", why.Error())
	}
	return nil
}

// giveBack lets the message come again after a while. If the queue does not
// hear it, it comes when its visibility ends.
func (c *Consumer) giveBack(ctx context.Context, d *delivery, after time.Duration) {
	c.held.remove(d)
	err := c.queue.ChangeVisibility(ctx, d.Receipt, after)
	if err != nil {
		c.log.Debug("message not given back", "message_id", d.ID, "error", err)
	}
}

// returnAfter grows with each delivery, so that a message that keeps failing
// lets the others pass, and reaches the dead-letter queue only after minutes.
func (c *Consumer) returnAfter(receives int) time.Duration {
	wait := c.pace.minReturn
	for range receives - 1 {
		wait = min(2*wait, c.pace.maxReturn)
	}
	return jittered(wait)
}
