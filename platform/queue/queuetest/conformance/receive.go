package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

var receiveBehaviours = []behaviour{
	{"an empty queue answers at once without a wait", emptyQueue},
	{"a long poll ends with nothing when its wait is over", longPollEnds},
	{"a long poll gets a message that is sent while it waits", longPollGets},
	{"a received message is hidden until its visibility ends, and then has another receipt", hidden},
	{"the call's visibility goes before the queue's", visibilityOfCall},
	{"a receive takes no more than it asked for, and one by default", limit},
	{"attributes that nobody asked for are not answered", noAttributes},
	{"a receive outside the limits is InvalidParameterValue", receiveLimits},
}

func emptyQueue(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	return s.receiveNone(ctx, url)
}

func longPollEnds(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	messages, err := s.receive(ctx, url, time.Second)
	if err != nil {
		return err
	}
	if took := time.Since(start); took < time.Second {
		return fmt.Errorf("it ended after %v", took)
	}
	return same(len(messages), 0)
}

func longPollGets(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	got := make(chan error, 1)
	go func() {
		_, err := s.receiveOne(ctx, url)
		got <- err
	}()
	return errors.Join(s.send(ctx, url, "a"), <-got)
}

func hidden(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a")
	if err != nil {
		return err
	}
	since := time.Now()
	first, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	second, err := s.receiveAfter(ctx, url, since, s.visibility())
	if err != nil {
		return err
	}
	if aws.ToString(first.ReceiptHandle) == aws.ToString(second.ReceiptHandle) {
		return errors.New("the receipt is the same")
	}
	return errors.Join(
		same(second.Attributes["ApproximateReceiveCount"], "2"),
		same(second.Attributes["SentTimestamp"], first.Attributes["SentTimestamp"]),
		same(aws.ToString(second.MessageId), aws.ToString(first.MessageId)),
	)
}

func visibilityOfCall(ctx context.Context, s *suite) error {
	url, err := s.queueWith(ctx, map[string]string{"VisibilityTimeout": "43200"})
	if err != nil {
		return err
	}
	err = s.send(ctx, url, "a")
	if err != nil {
		return err
	}
	since := time.Now()
	out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:          &url,
		VisibilityTimeout: int32(s.visibility() / time.Second), //nolint:gosec // a minute at most
	})
	if err != nil {
		return err
	}
	_, err = s.receiveAfter(ctx, url, since, s.visibility())
	return errors.Join(err, same(len(out.Messages), 1))
}

func limit(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a", "b", "c", "d")
	if err != nil {
		return err
	}
	one, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url})
	if err != nil {
		return err
	}
	two, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 2})
	if err != nil {
		return err
	}
	if len(one.Messages) > 1 || len(two.Messages) > 2 {
		return fmt.Errorf("received %d and %d messages, want at most 1 and 2", len(one.Messages), len(two.Messages))
	}
	return nil
}

func noAttributes(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a")
	if err != nil {
		return err
	}
	out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url})
	if err != nil {
		return err
	}
	if len(out.Messages) != 1 {
		return fmt.Errorf("received %d messages, want 1", len(out.Messages))
	}
	return same(len(out.Messages[0].Attributes), 0)
}

func receiveLimits(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	for what, in := range map[string]sqs.ReceiveMessageInput{
		"MaxNumberOfMessages 11":  {MaxNumberOfMessages: 11},
		"MaxNumberOfMessages -1":  {MaxNumberOfMessages: -1},
		"WaitTimeSeconds 21":      {WaitTimeSeconds: 21},
		"WaitTimeSeconds -1":      {WaitTimeSeconds: -1},
		"VisibilityTimeout 43201": {VisibilityTimeout: 43201},
	} {
		in.QueueUrl = &url
		_, err := s.client.ReceiveMessage(ctx, &in)
		err = wantInvalidParameterValue(err)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}
