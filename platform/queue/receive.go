package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Message is one delivery of a message.
type Message struct {
	ID           string // the queue's; a message that was sent twice has two
	Body         string
	Receipt      string    // names this delivery in Delete and ChangeVisibility; the next delivery has another
	ReceiveCount int       // deliveries so far, this one included; 0 when the server does not say
	SentAt       time.Time // to the millisecond, by the server's clock; zero when the server does not say
}

// Receive takes up to limit messages (1 to MaxEntries) and hides them from others for visibility (1 s to MaxVisibility; 0 takes the queue's own). When
// there are none it waits for one as long as wait says (up to MaxWait); none after that is no error. Both are rounded up to seconds.
func (q *Queue) Receive(ctx context.Context, limit int, wait, visibility time.Duration) ([]Message, error) {
	err := checkReceive(limit, wait, visibility)
	if err != nil {
		return nil, fmt.Errorf("queue %s: %s: %w", q.name, opReceive, err)
	}
	var messages []Message
	err = q.call(ctx, opReceive, wait+callTimeout, func(ctx context.Context) (outcome, error) {
		out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl:            &q.url,
			MaxNumberOfMessages: int32(limit), //nolint:gosec // at most MaxEntries
			WaitTimeSeconds:     seconds(wait),
			VisibilityTimeout:   seconds(visibility),
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{
				types.MessageSystemAttributeNameApproximateReceiveCount,
				types.MessageSystemAttributeNameSentTimestamp,
			},
		})
		if err != nil {
			return "", err
		}
		messages = make([]Message, len(out.Messages))
		for i, message := range out.Messages {
			messages[i] = fromSQS(message)
			if !messages[i].SentAt.IsZero() {
				q.calls.age.Observe(max(0, time.Since(messages[i].SentAt).Seconds())) // clocks differ a little
			}
		}
		return whole, nil
	})
	return messages, err
}

// Delete removes deliveries, at most MaxEntries. A delivery that is gone already is no failure; one that failed comes again.
func (q *Queue) Delete(ctx context.Context, receipts []string) (failed []Refusal, err error) {
	if len(receipts) > MaxEntries {
		return nil, fmt.Errorf("queue %s: %s: %d entries are more than %d", q.name, opDelete, len(receipts), MaxEntries)
	}
	if len(receipts) == 0 {
		return nil, nil
	}
	batch := make([]types.DeleteMessageBatchRequestEntry, len(receipts))
	for i, receipt := range receipts {
		batch[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(receipt)}
	}
	err = q.call(ctx, opDelete, callTimeout, func(ctx context.Context) (outcome, error) {
		out, err := q.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.url, Entries: batch})
		if err != nil {
			return "", err
		}
		deleted := make(positions)
		for _, entry := range out.Successful {
			deleted.add(entry.Id)
		}
		failed = refusals(deleted, out.Failed, len(receipts), func(i int) string { return receipts[i] })
		return outcomeOf(failed), nil
	})
	return failed, err
}

// ChangeVisibility hides a delivery for d from now on (0 to MaxVisibility since it was received, rounded up to seconds). Zero gives it back at once.
func (q *Queue) ChangeVisibility(ctx context.Context, receipt string, d time.Duration) error {
	if d < 0 || d > MaxVisibility {
		return fmt.Errorf("queue %s: %s: %v is not between 0 and %v", q.name, opVisibility, d, MaxVisibility)
	}
	return q.call(ctx, opVisibility, callTimeout, func(ctx context.Context) (outcome, error) {
		_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl:          &q.url,
			ReceiptHandle:     &receipt,
			VisibilityTimeout: seconds(d),
		})
		return whole, err
	})
}

// GiveBack makes deliveries, any number, visible to others at once. What fails comes back when its visibility ends; the error says why.
func (q *Queue) GiveBack(ctx context.Context, receipts []string) error {
	var problems []error
	for batch := range slices.Chunk(receipts, MaxEntries) {
		entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(batch))
		for i, receipt := range batch {
			entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(receipt)}
		}
		err := q.call(ctx, opVisibility, callTimeout, func(ctx context.Context) (outcome, error) {
			out, err := q.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.url, Entries: entries})
			if err != nil {
				return "", err
			}
			if len(out.Failed) > 0 {
				return partial, nil
			}
			return whole, nil
		})
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func checkReceive(limit int, wait, visibility time.Duration) error {
	switch {
	case limit < 1 || limit > MaxEntries:
		return fmt.Errorf("limit %d is not between 1 and %d", limit, MaxEntries)
	case wait < 0 || wait > MaxWait:
		return fmt.Errorf("wait %v is not between 0 and %v", wait, MaxWait)
	case visibility < 0 || visibility > MaxVisibility:
		return fmt.Errorf("visibility %v is not between 0 and %v", visibility, MaxVisibility)
	}
	return nil
}

// fromSQS does without the count and the time when the server leaves them out: a message is worth more than its statistics.
func fromSQS(message types.Message) Message {
	m := Message{
		ID:      aws.ToString(message.MessageId),
		Body:    aws.ToString(message.Body),
		Receipt: aws.ToString(message.ReceiptHandle),
	}
	count, err := strconv.Atoi(message.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	if err == nil {
		m.ReceiveCount = count
	}
	sent, err := strconv.ParseInt(message.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)], 10, 64)
	if err == nil {
		m.SentAt = time.UnixMilli(sent).UTC()
	}
	return m
}
