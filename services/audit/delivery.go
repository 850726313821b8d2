package audit

import (
	"context"
	"sync"
	"time"

	"gitlab.com/notejam/notejam/platform/queue"
)

// delivery is a received message on its way to being deleted or given back.
type delivery struct {
	queue.Message
	event    Event // once it is read
	received time.Time
	extended time.Time // when its visibility was last set
}

// held are the deliveries that nobody else may have meanwhile.
type held struct {
	mu         sync.Mutex
	deliveries map[*delivery]bool
}

func (h *held) add(message queue.Message) *delivery {
	now := time.Now()
	d := &delivery{Message: message, received: now, extended: now}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deliveries[d] = true
	return d
}

func (h *held) remove(d *delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.deliveries, d)
}

// due gives the deliveries whose visibility was set before a point in time, but
// not those that have been held too long: something is wrong with them, and
// another replica may have more luck.
func (h *held) due(extendedBefore, receivedAfter time.Time) []*delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	var due []*delivery
	for d := range h.deliveries {
		if d.extended.Before(extendedBefore) && d.received.After(receivedAfter) {
			due = append(due, d)
		}
	}
	return due
}

// keep extends the visibility of what is held, at the latest when half of it
// has passed, until ctx ends. A message whose extension fails may come twice,
// no more.
func (c *Consumer) keep(ctx context.Context) {
	ticker := time.NewTicker(c.visibility / 6)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		now := time.Now()
		for _, d := range c.held.due(now.Add(-c.visibility/3), now.Add(-c.pace.keep)) {
			err := c.queue.ChangeVisibility(ctx, d.Receipt, c.visibility)
			if err != nil {
				c.log.Debug("message not kept", "message_id", d.ID, "error", err)
				continue
			}
			d.extended = now // read and written by this goroutine only, once it is held
		}
	}
}

// deleteBatch deletes messages that are recorded. One that the queue keeps
// comes again and is found to be recorded.
func (c *Consumer) deleteBatch(ctx context.Context, batch []*delivery) {
	if len(batch) == 0 {
		return
	}
	receipts := make([]string, len(batch))
	for i, d := range batch {
		receipts[i] = d.Receipt
	}
	failed, err := c.queue.Delete(ctx, receipts)
	for _, d := range batch {
		c.held.remove(d)
	}
	if err != nil {
		c.metrics.undeleted.Add(float64(len(batch)))
		c.log.Debug("recorded messages not deleted", "count", len(batch), "error", err)
		return
	}
	c.metrics.undeleted.Add(float64(len(failed)))
	for _, f := range failed {
		c.log.Debug("recorded message not deleted", "code", f.Code, "reason", f.Message)
	}
}
