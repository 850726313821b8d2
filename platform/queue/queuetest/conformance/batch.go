package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var batchBehaviours = []behaviour{
	{"a batch answers each entry under its id", wholeBatch},
	{"a wrong entry of a batch fails alone", partialBatch},
	{"an empty batch is EmptyBatchRequest", emptyBatch},
	{"a batch of more than ten is TooManyEntriesInBatchRequest", tooManyEntries},
	{"an entry id that comes twice is BatchEntryIdsNotDistinct", repeatedID},
	{"an entry id with another character is InvalidBatchEntryId", wrongID},
	{"a batch of more than 1 MiB is BatchRequestTooLong", tooLongBatch},
	{"a batch of deletes answers good and wrong receipts apart", partialDelete},
	{"an empty batch of deletes is EmptyBatchRequest", emptyDelete},
	{"a batch of deletes with an id twice is BatchEntryIdsNotDistinct", repeatedDelete},
	{"a batch of more than ten deletes is TooManyEntriesInBatchRequest", tooManyDeletes},
	{"a batch of visibility changes answers good and wrong receipts apart", partialVisibility},
}

func entries(ids ...string) []types.SendMessageBatchRequestEntry {
	var all []types.SendMessageBatchRequestEntry
	for _, id := range ids {
		all = append(all, types.SendMessageBatchRequestEntry{Id: aws.String(id), MessageBody: aws.String("body of " + id)})
	}
	return all
}

func numbered(count int) []string {
	var ids []string
	for i := range count {
		ids = append(ids, strconv.Itoa(i))
	}
	return ids
}

// sendBatch sends to a new queue.
func (s *suite) sendBatch(ctx context.Context, entries []types.SendMessageBatchRequestEntry) (url string, out *sqs.SendMessageBatchOutput, err error) {
	url, err = s.queue(ctx)
	if err != nil {
		return "", nil, err
	}
	out, err = s.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
	return url, out, err
}

func wholeBatch(ctx context.Context, s *suite) error {
	ids := numbered(10)
	url, out, err := s.sendBatch(ctx, entries(ids...))
	if err != nil {
		return err
	}
	sent := make(map[string]string) // body by message id
	var accepted []string
	for _, entry := range out.Successful {
		accepted = append(accepted, aws.ToString(entry.Id))
		sent[aws.ToString(entry.MessageId)] = "body of " + aws.ToString(entry.Id)
	}
	slices.Sort(accepted)
	err = errors.Join(same(accepted, ids), same(len(out.Failed), 0))
	if err != nil {
		return err
	}
	got := make(map[string]string)
	for len(got) < len(ids) {
		messages, err := s.receive(ctx, url, s.longWait())
		if err != nil || len(messages) == 0 {
			return fmt.Errorf("received %d of %d messages: %w", len(got), len(ids), orNone(err))
		}
		for _, message := range messages {
			got[aws.ToString(message.MessageId)] = aws.ToString(message.Body)
		}
	}
	return same(got, sent)
}

func partialBatch(ctx context.Context, s *suite) error {
	batch := entries("good", "wrong", "fine")
	batch[1].DelaySeconds = 901
	url, out, err := s.sendBatch(ctx, batch)
	if err != nil {
		return err
	}
	if len(out.Failed) != 1 {
		return fmt.Errorf("%d entries failed, want 1", len(out.Failed))
	}
	failed := out.Failed[0]
	return errors.Join(
		same(aws.ToString(failed.Id), "wrong"),
		same(aws.ToString(failed.Code), "InvalidParameterValue"),
		same(failed.SenderFault, true),
		same(len(out.Successful), 2),
		s.wantDepth(ctx, url, "2", "0", "0"),
	)
}

func emptyBatch(ctx context.Context, s *suite) error {
	_, _, err := s.sendBatch(ctx, []types.SendMessageBatchRequestEntry{})
	return wantError[*types.EmptyBatchRequest](err)
}

func tooManyEntries(ctx context.Context, s *suite) error {
	url, _, err := s.sendBatch(ctx, entries(numbered(11)...))
	return errors.Join(wantError[*types.TooManyEntriesInBatchRequest](err), s.receiveNone(ctx, url))
}

func repeatedID(ctx context.Context, s *suite) error {
	url, _, err := s.sendBatch(ctx, entries("a", "b", "a"))
	return errors.Join(wantError[*types.BatchEntryIdsNotDistinct](err), s.receiveNone(ctx, url))
}

func wrongID(ctx context.Context, s *suite) error {
	for _, id := range []string{"a.b", strings.Repeat("a", 81)} {
		_, _, err := s.sendBatch(ctx, entries("fine", id))
		err = wantError[*types.InvalidBatchEntryId](err)
		if err != nil {
			return fmt.Errorf("%q: %w", id, err)
		}
	}
	return nil
}

func tooLongBatch(ctx context.Context, s *suite) error {
	batch := entries("a", "b")
	batch[0].MessageBody = aws.String(strings.Repeat("x", neverFits/2))
	batch[1].MessageBody = aws.String(strings.Repeat("x", neverFits/2+1))
	url, _, err := s.sendBatch(ctx, batch)
	return errors.Join(wantError[*types.BatchRequestTooLong](err), s.receiveNone(ctx, url))
}

func partialDelete(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a")
	if err != nil {
		return err
	}
	got, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	out, err := s.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("wrong"), ReceiptHandle: aws.String("no such receipt")},
		{Id: aws.String("good"), ReceiptHandle: got.ReceiptHandle},
	}})
	if err != nil {
		return err
	}
	if len(out.Failed) != 1 || len(out.Successful) != 1 {
		return fmt.Errorf("%d failed and %d succeeded, want 1 each", len(out.Failed), len(out.Successful))
	}
	return errors.Join(
		same(aws.ToString(out.Successful[0].Id), "good"),
		same(aws.ToString(out.Failed[0].Id), "wrong"),
		same(aws.ToString(out.Failed[0].Code), "ReceiptHandleIsInvalid"),
		same(out.Failed[0].SenderFault, true),
		s.wantDepth(ctx, url, "0", "0", "0"),
	)
}

func emptyDelete(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	_, err = s.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: []types.DeleteMessageBatchRequestEntry{}})
	return wantError[*types.EmptyBatchRequest](err)
}

func repeatedDelete(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a", "b")
	if err != nil {
		return err
	}
	return wantError[*types.BatchEntryIdsNotDistinct](s.deleteBatch(ctx, url, "same", "same"))
}

func tooManyDeletes(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	return wantError[*types.TooManyEntriesInBatchRequest](s.deleteBatch(ctx, url, numbered(11)...))
}

// deleteBatch deletes receipts that do not exist, each another.
func (s *suite) deleteBatch(ctx context.Context, url string, ids ...string) error {
	var batch []types.DeleteMessageBatchRequestEntry
	for i, id := range ids {
		batch = append(batch, types.DeleteMessageBatchRequestEntry{Id: aws.String(id), ReceiptHandle: aws.String("receipt " + strconv.Itoa(i))})
	}
	_, err := s.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: batch})
	return err
}

func partialVisibility(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a")
	if err != nil {
		return err
	}
	got, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	out, err := s.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: &url,
		Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("wrong"), ReceiptHandle: aws.String("no such receipt"), VisibilityTimeout: 0},
			{Id: aws.String("good"), ReceiptHandle: got.ReceiptHandle, VisibilityTimeout: 0},
		},
	})
	if err != nil {
		return err
	}
	if len(out.Failed) != 1 || len(out.Successful) != 1 {
		return fmt.Errorf("%d failed and %d succeeded, want 1 each", len(out.Failed), len(out.Successful))
	}
	_, err = s.receiveOne(ctx, url)
	return errors.Join(err, same(aws.ToString(out.Successful[0].Id), "good"), same(aws.ToString(out.Failed[0].Code), "ReceiptHandleIsInvalid"))
}
