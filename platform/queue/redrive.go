package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Redrive moves messages from a dead-letter queue back to the queue that they come from. Each is sent first and deleted afterwards: whatever happens
// in between, it is in one of the queues, at worst in both. It keeps its body and nothing else: its id, its time and its count of deliveries are new.
type Redrive struct {
	From, To *Queue
	Rate     int // messages a second at most; 1 or more
	Limit    int // messages at most; 0 means as many as there are at the beginning, so that those that fail again are not moved round and round
	// Progress, if there is one, is called after each batch.
	Progress func(Moved)
}

// Moved is what a redrive has done.
type Moved struct {
	Limit     int       // messages at most
	Sent      int       // taken by To
	Undeleted int       // of these, still in From, from where they will be sent once more
	Left      []Refusal // not moved, by their message id, with the reason
}

// codeTooLarge is our code for a message that Send does not take.
const codeTooLarge = "TooLarge"

// redriveVisibility hides a batch for longer than it takes to send it, and what is left until the end as a rule.
const redriveVisibility = time.Minute

// Run moves messages until there are no more, the limit is reached or ctx ends. It says what it has done also when it fails.
func (r Redrive) Run(ctx context.Context) (Moved, error) {
	if r.Rate < 1 || r.Limit < 0 {
		return Moved{}, fmt.Errorf("redrive %s: rate %d is below 1 or limit %d below 0", r.From.name, r.Rate, r.Limit)
	}
	run := redriving{Redrive: r, moved: Moved{Limit: r.Limit}, left: map[string]string{}, undeleted: map[string]bool{}}
	if r.Limit == 0 {
		count, err := r.From.Attributes(ctx)
		if err != nil {
			return Moved{}, err
		}
		run.moved.Limit = count.Visible + count.InFlight + count.Delayed
	}
	err := run.all(ctx)
	_ = r.From.GiveBack(context.WithoutCancel(ctx), slices.Collect(maps.Values(run.left))) // they come back without that too
	return run.moved, err
}

// redriving is a redrive under way.
type redriving struct {
	Redrive
	next      time.Time // when more may be sent
	moved     Moved
	left      map[string]string // the last receipt of each message that is not moved, by id
	undeleted map[string]bool   // ids of messages that were sent and not deleted
}

func (r *redriving) all(ctx context.Context) error {
	for {
		room := min(MaxEntries, r.Rate, r.moved.Limit-r.moved.Sent-len(r.moved.Left)) // so that a batch is sent within a second
		if room < 1 {
			return nil
		}
		messages, err := r.From.Receive(ctx, room, lookWait, redriveVisibility)
		if err != nil {
			return err
		}
		news, err := r.batch(ctx, messages)
		if err != nil || !news {
			return err
		}
		if r.Progress != nil {
			r.Progress(r.moved)
		}
	}
}

// batch moves messages. It tells whether there was any that it had not met before: when there is none, they begin to come round again.
func (r *redriving) batch(ctx context.Context, messages []Message) (news bool, err error) {
	var sendable, sent []Message
	for _, message := range messages {
		_, left := r.left[message.ID]
		switch {
		case left:
			r.left[message.ID] = message.Receipt
			continue
		case r.undeleted[message.ID]:
			sent = append(sent, message)
		case len(message.Body) > MaxBytes:
			r.leave(message, Refusal{Code: codeTooLarge, Message: fmt.Sprintf("%d bytes are more than %d", len(message.Body), MaxBytes)})
		default:
			sendable = append(sendable, message)
		}
		news = true
	}
	for _, packed := range pack(sendable) {
		if err == nil {
			err = r.move(ctx, packed)
			continue
		}
		r.keep(packed)
	}
	if err != nil {
		return news, err
	}
	return news, r.delete(ctx, sent)
}

// keep gives messages back at the end.
func (r *redriving) keep(messages []Message) {
	for _, message := range messages {
		r.left[message.ID] = message.Receipt
	}
}

// leave keeps a message that cannot be moved.
func (r *redriving) leave(message Message, why Refusal) {
	why.ID = message.ID
	r.moved.Left = append(r.moved.Left, why)
	r.keep([]Message{message})
}

// move sends messages, when their time has come, and deletes those that were taken.
func (r *redriving) move(ctx context.Context, messages []Message) error {
	byReceipt := map[string]Message{} // not by id: a queue may hold a message twice
	var entries []Entry
	for _, message := range messages {
		byReceipt[message.Receipt] = message
		entries = append(entries, Entry{ID: message.Receipt, Body: message.Body})
	}
	err := r.pace(ctx, len(messages))
	var result SendResult
	if err == nil {
		result, err = r.To.Send(ctx, entries)
	}
	if err != nil {
		r.keep(messages)
		return err // what was taken all the same is a duplicate now
	}
	for _, refused := range result.Refused {
		r.leave(byReceipt[refused.ID], refused)
	}
	var sent []Message
	for _, receipt := range result.Accepted {
		sent = append(sent, byReceipt[receipt])
	}
	r.moved.Sent += len(sent)
	return r.delete(context.WithoutCancel(ctx), sent) // even if nothing more is to be sent
}

// delete deletes what was sent. What is still there when it comes again is deleted then.
func (r *redriving) delete(ctx context.Context, sent []Message) error {
	var receipts []string
	for _, message := range sent {
		receipts = append(receipts, message.Receipt)
		r.undeleted[message.ID] = true
	}
	failed, err := r.From.Delete(ctx, receipts)
	for _, message := range sent {
		kept := func(f Refusal) bool { return f.ID == message.Receipt }
		if err == nil && !slices.ContainsFunc(failed, kept) {
			delete(r.undeleted, message.ID)
		}
	}
	r.moved.Undeleted = len(r.undeleted)
	return err
}

// pace waits until n more messages may be sent.
func (r *redriving) pace(ctx context.Context, n int) error {
	now := time.Now()
	if r.next.Before(now) {
		r.next = now
	}
	timer := time.NewTimer(r.next.Sub(now))
	defer timer.Stop()
	r.next = r.next.Add(time.Duration(n) * time.Second / time.Duration(r.Rate))
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pack makes batches that one send takes.
func pack(messages []Message) [][]Message {
	var batches [][]Message
	size := 0
	for _, message := range messages {
		size += len(message.Body)
		if len(batches) == 0 || size > MaxBytes {
			batches, size = append(batches, nil), len(message.Body)
		}
		batches[len(batches)-1] = append(batches[len(batches)-1], message)
	}
	return batches
}
