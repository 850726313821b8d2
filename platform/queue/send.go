package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Entry is one message to send. ID is the caller's name for it and does not travel.
type Entry struct {
	ID   string
	Body string // not empty, at most MaxBytes, and only characters that XML 1.0 allows
}

// SendResult says what became of each entry: every ID is in one of the two lists.
type SendResult struct {
	Accepted []string
	Refused  []Refusal
}

// Refusal is an entry of a batch that the server did not take, while it may have taken others.
type Refusal struct {
	ID          string // of the entry; for Delete, the receipt
	Code        string // SQS's name of the error
	Message     string // SQS's sentence about it
	SenderFault bool   // true: the same entry will be refused again
}

// codeNoAnswer is our code for an entry that the server's answer does not mention: it counts as not taken, which can cost a duplicate and no loss.
const codeNoAnswer = "NoAnswer"

// Send sends at most MaxEntries entries of at most MaxBytes together. It splits nothing and refuses more before the call; no entries are no call.
// An error is about the call as a whole: some entries may have been taken all the same.
func (q *Queue) Send(ctx context.Context, entries []Entry) (SendResult, error) {
	err := checkBatch(entries)
	if err != nil {
		return SendResult{}, fmt.Errorf("queue %s: %s: %w", q.name, opSend, err)
	}
	if len(entries) == 0 {
		return SendResult{}, nil
	}
	batch := make([]types.SendMessageBatchRequestEntry, len(entries))
	for i, entry := range entries {
		batch[i] = types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(entry.Body)}
	}
	var result SendResult
	err = q.call(ctx, opSend, callTimeout, func(ctx context.Context) (outcome, error) {
		out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: batch})
		if err != nil {
			return "", err
		}
		accepted := make(positions)
		for _, entry := range out.Successful {
			accepted.add(entry.Id)
		}
		for i, entry := range entries {
			if accepted[strconv.Itoa(i)] {
				result.Accepted = append(result.Accepted, entry.ID)
			}
		}
		result.Refused = refusals(accepted, out.Failed, len(entries), func(i int) string { return entries[i].ID })
		return outcomeOf(result.Refused), nil
	})
	if err != nil {
		return SendResult{}, err
	}
	return result, nil
}

func checkBatch(entries []Entry) error {
	if len(entries) > MaxEntries {
		return fmt.Errorf("%d entries are more than %d", len(entries), MaxEntries)
	}
	size := 0
	for _, entry := range entries {
		if entry.Body == "" {
			return errors.New("a body is empty")
		}
		size += len(entry.Body)
	}
	if size > MaxBytes {
		return fmt.Errorf("%d bytes are more than %d", size, MaxBytes)
	}
	return nil
}

// positions are the ids of a batch's entries: their places in it, as text.
type positions map[string]bool

func (p positions) add(id *string) { p[aws.ToString(id)] = true }

// refusals lists every entry that was not accepted, in the order of the batch: with the server's reason where it gave one.
func refusals(accepted positions, failed []types.BatchResultErrorEntry, count int, id func(int) string) []Refusal {
	reasons := make(map[string]types.BatchResultErrorEntry, len(failed))
	for _, entry := range failed {
		reasons[aws.ToString(entry.Id)] = entry
	}
	var refused []Refusal
	for i := range count {
		position := strconv.Itoa(i)
		if accepted[position] {
			continue
		}
		refusal := Refusal{ID: id(i), Code: codeNoAnswer, Message: "the answer does not mention the entry"}
		reason, ok := reasons[position]
		if ok {
			refusal.Code = aws.ToString(reason.Code)
			refusal.Message = aws.ToString(reason.Message)
			refusal.SenderFault = reason.SenderFault
		}
		refused = append(refused, refusal)
	}
	return refused
}

func outcomeOf(refused []Refusal) outcome {
	if len(refused) > 0 {
		return partial
	}
	return whole
}
