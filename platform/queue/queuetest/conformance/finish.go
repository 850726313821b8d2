package conformance

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var finishBehaviours = []behaviour{
	{"a deleted message does not come again", deleted},
	{"deleting a second time is no error", deletedTwice},
	{"a receipt that never was is ReceiptHandleIsInvalid", wrongReceipt},
	{"an older receipt deletes without an error", olderReceipt},
	{"visibility zero gives a message back at once", givenBack},
	{"a longer visibility keeps a message hidden", extended},
	{"a change of the visibility counts from the change", shortened},
	{"the visibility of a message that is not in flight cannot be changed: MessageNotInflight", notInFlight},
	{"the visibility of a deleted message cannot be changed", changedAfterDelete},
	{"a visibility of more than 12 hours is InvalidParameterValue", tooLongVisibility},
}

// received makes a queue with one message and receives it.
func (s *suite) received(ctx context.Context) (url string, receipt *string, err error) {
	url, err = s.queueHolding(ctx, "a")
	if err != nil {
		return "", nil, err
	}
	message, err := s.receiveOne(ctx, url)
	return url, message.ReceiptHandle, err
}

func (s *suite) delete(ctx context.Context, url string, receipt *string) error {
	_, err := s.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: receipt})
	return err
}

func (s *suite) changeVisibility(ctx context.Context, url string, receipt *string, d time.Duration) error {
	_, err := s.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl:          &url,
		ReceiptHandle:     receipt,
		VisibilityTimeout: int32(d / time.Second), //nolint:gosec // 12 hours at most
	})
	return err
}

func deleted(ctx context.Context, s *suite) error {
	url, receipt, err := s.received(ctx)
	if err != nil {
		return err
	}
	err = s.delete(ctx, url, receipt)
	if err != nil {
		return err
	}
	err = s.wantDepth(ctx, url, "0", "0", "0")
	if s.advance != nil {
		s.advance(s.visibility())
	}
	return errors.Join(err, s.receiveNone(ctx, url))
}

func deletedTwice(ctx context.Context, s *suite) error {
	url, receipt, err := s.received(ctx)
	if err != nil {
		return err
	}
	return errors.Join(s.delete(ctx, url, receipt), s.delete(ctx, url, receipt))
}

func wrongReceipt(ctx context.Context, s *suite) error {
	url, _, err := s.received(ctx)
	if err != nil {
		return err
	}
	receipt := aws.String("no such receipt")
	return errors.Join(
		wantError[*types.ReceiptHandleIsInvalid](s.delete(ctx, url, receipt)),
		wantError[*types.ReceiptHandleIsInvalid](s.changeVisibility(ctx, url, receipt, time.Second)),
	)
}

// olderReceipt does not say whether the message is gone afterwards: SQS says only that it might not be.
func olderReceipt(ctx context.Context, s *suite) error {
	url, older, err := s.received(ctx)
	if err != nil {
		return err
	}
	err = s.changeVisibility(ctx, url, older, 0)
	if err != nil {
		return err
	}
	_, err = s.receiveOne(ctx, url)
	return errors.Join(err, s.delete(ctx, url, older))
}

func givenBack(ctx context.Context, s *suite) error {
	url, receipt, err := s.received(ctx)
	if err != nil {
		return err
	}
	err = s.changeVisibility(ctx, url, receipt, 0)
	if err != nil {
		return err
	}
	again, err := s.receive(ctx, url, 0)
	return errors.Join(err, same(len(again), 1))
}

func extended(ctx context.Context, s *suite) error {
	return s.visibleAfter(ctx, nil, 2*s.visibility())
}

func shortened(ctx context.Context, s *suite) error {
	return s.visibleAfter(ctx, map[string]string{"VisibilityTimeout": "600"}, s.visibility())
}

// visibleAfter receives a message from a queue with these attributes, changes its visibility, and demands that it comes back just then.
func (s *suite) visibleAfter(ctx context.Context, attributes map[string]string, d time.Duration) error {
	url, err := s.queueWith(ctx, attributes)
	if err != nil {
		return err
	}
	err = s.send(ctx, url, "a")
	if err != nil {
		return err
	}
	message, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	since := time.Now()
	err = s.changeVisibility(ctx, url, message.ReceiptHandle, d)
	if err != nil {
		return err
	}
	_, err = s.receiveAfter(ctx, url, since, d)
	return err
}

func notInFlight(ctx context.Context, s *suite) error {
	url, receipt, err := s.received(ctx)
	if err != nil {
		return err
	}
	err = s.changeVisibility(ctx, url, receipt, 0)
	if err != nil {
		return err
	}
	return wantError[*types.MessageNotInflight](s.changeVisibility(ctx, url, receipt, time.Minute))
}

// changedAfterDelete asks for no certain error: the API reference names none for it.
func changedAfterDelete(ctx context.Context, s *suite) error {
	url, receipt, err := s.received(ctx)
	if err != nil {
		return err
	}
	err = s.delete(ctx, url, receipt)
	if err != nil {
		return err
	}
	if s.changeVisibility(ctx, url, receipt, time.Minute) == nil {
		return errors.New("it was changed")
	}
	return nil
}

func tooLongVisibility(ctx context.Context, s *suite) error {
	url, receipt, err := s.received(ctx)
	if err != nil {
		return err
	}
	return wantInvalidParameterValue(s.changeVisibility(ctx, url, receipt, 12*time.Hour+time.Second))
}
