package conformance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"
)

// suite is what one behaviour works with.
type suite struct {
	client  *sqs.Client
	advance func(time.Duration)
}

// visibility is how long the suite hides messages: what a test can wait for, or long enough that nothing comes back by itself.
func (s *suite) visibility() time.Duration {
	if s.advance == nil {
		return 2 * time.Second
	}
	return time.Minute
}

// queue makes a queue that hides messages for s.visibility.
func (s *suite) queue(ctx context.Context) (url string, err error) {
	return s.queueWith(ctx, nil)
}

func (s *suite) queueWith(ctx context.Context, attributes map[string]string) (url string, err error) {
	all := map[string]string{"VisibilityTimeout": strconv.Itoa(int(s.visibility() / time.Second))}
	for name, value := range attributes {
		all[name] = value
	}
	out, err := s.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("conformance-" + uuid.NewString()), Attributes: all})
	if err != nil {
		return "", fmt.Errorf("create queue: %w", err)
	}
	return aws.ToString(out.QueueUrl), nil
}

func (s *suite) send(ctx context.Context, url string, bodies ...string) error {
	for _, body := range bodies {
		_, err := s.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}

// queueHolding makes a queue with one message for each body.
func (s *suite) queueHolding(ctx context.Context, bodies ...string) (url string, err error) {
	url, err = s.queue(ctx)
	if err != nil {
		return "", err
	}
	return url, s.send(ctx, url, bodies...)
}

// receive asks for up to ten messages with all that is known about them.
func (s *suite) receive(ctx context.Context, url string, wait time.Duration) ([]types.Message, error) {
	out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &url,
		MaxNumberOfMessages:         10,
		WaitTimeSeconds:             int32(wait / time.Second), //nolint:gosec // at most 20
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	return out.Messages, nil
}

// longWait is a long poll for what must come. Where the clock can be moved, all that must come is there.
func (s *suite) longWait() time.Duration {
	if s.advance == nil {
		return 10 * time.Second
	}
	return 2 * time.Second
}

// receiveOne waits for exactly one message.
func (s *suite) receiveOne(ctx context.Context, url string) (types.Message, error) {
	messages, err := s.receive(ctx, url, s.longWait())
	if err != nil {
		return types.Message{}, err
	}
	if len(messages) != 1 {
		return types.Message{}, fmt.Errorf("received %d messages, want 1", len(messages))
	}
	return messages[0], nil
}

// receiveNone looks once and demands that nothing is there.
func (s *suite) receiveNone(ctx context.Context, url string) error {
	messages, err := s.receive(ctx, url, 0)
	if err != nil {
		return err
	}
	if len(messages) > 0 {
		return fmt.Errorf("received %q, want nothing", aws.ToString(messages[0].Body))
	}
	return nil
}

// receiveAfter demands that the queue's one message comes when d has passed since a moment, and not before.
func (s *suite) receiveAfter(ctx context.Context, url string, since time.Time, d time.Duration) (types.Message, error) {
	if s.advance != nil {
		s.advance(d - 30*time.Second) // far enough from the end for the slowest machine
		err := s.receiveNone(ctx, url)
		if err != nil {
			return types.Message{}, fmt.Errorf("before %v have passed: %w", d, err)
		}
		s.advance(30 * time.Second)
		return s.receiveOne(ctx, url)
	}
	message, err := s.receiveOne(ctx, url)
	if err != nil {
		return types.Message{}, fmt.Errorf("after %v: %w", d, err)
	}
	const tolerance = 100 * time.Millisecond // clocks that count in milliseconds
	if early := d - time.Since(since); early > tolerance {
		return types.Message{}, fmt.Errorf("received %v too early", early)
	}
	return message, nil
}

// wantError demands an error of the SDK's type E.
func wantError[E error](err error) error {
	var want E
	if !errors.As(err, &want) {
		return fmt.Errorf("got the error %w, want %T", orNone(err), want)
	}
	return nil
}

// wantInvalidParameterValue demands an error that the SDK has no type for, only its code.
func wantInvalidParameterValue(err error) error {
	const code = "InvalidParameterValue"
	var got smithy.APIError
	if !errors.As(err, &got) || got.ErrorCode() != code {
		return fmt.Errorf("got the error %w, want %s", orNone(err), code)
	}
	return nil
}

var errNone = errors.New("none")

func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}
