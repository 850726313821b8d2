package queue

import (
	"context"
	"time"
)

const (
	// lookWait makes a receive ask all of the queue's servers. One that does not wait asks some, and may find nothing in a queue that has messages.
	lookWait = time.Second
	// lookVisibility is how long messages are hidden from others when they cannot be given back.
	lookVisibility = 30 * time.Second
)

// Browse shows messages that wait in the queue, each once, until look returns false, limit were shown or there are no more, and gives all of them
// back. What somebody else has received meanwhile it does not see. The queue counts a look as a delivery: Browse is for a queue from which nothing is
// moved away after so many, as a dead-letter queue is.
func (q *Queue) Browse(ctx context.Context, limit int, look func(Message) (more bool)) error {
	var receipts []string
	defer func() {
		_ = q.GiveBack(context.WithoutCancel(ctx), receipts) // they come back without that too
	}()
	seen := map[string]bool{}
	for more := true; more && len(seen) < limit; {
		messages, err := q.Receive(ctx, min(MaxEntries, limit-len(seen)), lookWait, lookVisibility)
		if err != nil {
			return err
		}
		before := len(seen)
		for _, message := range messages {
			receipts = append(receipts, message.Receipt)
			if more && !seen[message.ID] {
				seen[message.ID] = true
				more = look(message)
			}
		}
		if len(seen) == before {
			return nil // there are none, or only those that were looked at so long ago that they are back
		}
	}
	return nil
}
