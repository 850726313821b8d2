package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// work takes one message after the other. Once the consumer is to stop, it
// gives them back unread.
func (c *Consumer) work(ctx context.Context, waiting <-chan *delivery, finished chan<- *delivery) {
	for d := range waiting {
		if c.stopped() {
			c.giveBack(ctx, d, 0)
			continue
		}
		err := c.process(ctx, d)
		c.giveRoom(1)
		switch {
		case err == nil:
			finished <- d
			continue
		case ctx.Err() != nil:
			continue // it is over: the message's visibility will end
		}
		c.metrics.messages.WithLabelValues("returned").Inc()
		c.log.Warn("message not recorded, it will come again", "message_id", d.ID, "receive_count", d.ReceiveCount, "error", err)
		c.suspect.Store(true)
		c.giveBack(ctx, d, c.returnAfter(d.ReceiveCount))
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

// process records what the message says, or why it says nothing. After an error
// it is as if the message had not been received. A panic is an error like any
// other: the consumer outlives it.
func (c *Consumer) process(ctx context.Context, d *delivery) (err error) {
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
	event, err := decode(d.Body)
	var bad *poison
	if errors.As(err, &bad) {
		return c.quarantine(ctx, d, bad)
	}
	isNew, err := c.store.Record(ctx, event)
	if err != nil {
		return err
	}
	if !isNew {
		c.metrics.messages.WithLabelValues("repeated").Inc()
		return nil
	}
	c.metrics.messages.WithLabelValues("recorded").Inc()
	if !knownTypes[event.Type] {
		c.metrics.unknownTypes.Inc()
		c.log.Warn("event of an unknown type recorded", "event_id", event.ID, "type", event.Type)
	}
	return nil
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
