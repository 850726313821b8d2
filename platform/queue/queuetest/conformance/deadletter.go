package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var deadLetterBehaviours = []behaviour{
	{"a message that was received too often moves to the dead-letter queue", movesWhenExhausted},
	{"a move to the dead-letter queue leaves neighbours alone", neighboursStay},
}

// redrivePolicy is JSON in an attribute; servers write the count as a number or as text.
type redrivePolicy struct {
	DeadLetterTargetARN string      `json:"deadLetterTargetArn"`
	MaxReceiveCount     json.Number `json:"maxReceiveCount"`
}

func parsePolicy(text string) (redrivePolicy, error) {
	var policy redrivePolicy
	err := json.Unmarshal([]byte(text), &policy)
	if err != nil {
		return redrivePolicy{}, fmt.Errorf("read RedrivePolicy %q: %w", text, err)
	}
	return policy, nil
}

// queueWithDeadLetters makes a queue whose messages move after two receives.
func (s *suite) queueWithDeadLetters(ctx context.Context) (url, dead string, err error) {
	dead, err = s.queue(ctx)
	if err != nil {
		return "", "", err
	}
	arn, err := s.arn(ctx, dead)
	if err != nil {
		return "", "", err
	}
	url, err = s.queueWith(ctx, map[string]string{"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"2"}`, arn)})
	return url, dead, err
}

// receiveAndGiveBack is a consumer that fails.
func (s *suite) receiveAndGiveBack(ctx context.Context, url string) error {
	message, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	return s.changeVisibility(ctx, url, message.ReceiptHandle, 0)
}

func movesWhenExhausted(ctx context.Context, s *suite) error {
	url, dead, err := s.queueWithDeadLetters(ctx)
	if err != nil {
		return err
	}
	err = s.send(ctx, url, "poison")
	if err != nil {
		return err
	}
	err = errors.Join(s.receiveAndGiveBack(ctx, url), s.receiveAndGiveBack(ctx, url), s.receiveNone(ctx, url))
	if err != nil {
		return err
	}
	moved, err := s.receiveOne(ctx, dead)
	if err != nil {
		return fmt.Errorf("dead-letter queue: %w", err)
	}
	return errors.Join(
		same(aws.ToString(moved.Body), "poison"),
		s.wantDepth(ctx, url, "0", "0", "0"),
		s.delete(ctx, dead, moved.ReceiptHandle),
		s.wantDepth(ctx, dead, "0", "0", "0"),
	)
}

func neighboursStay(ctx context.Context, s *suite) error {
	url, dead, err := s.queueWithDeadLetters(ctx)
	if err != nil {
		return err
	}
	err = s.send(ctx, url, "poison")
	if err != nil {
		return err
	}
	err = errors.Join(s.receiveAndGiveBack(ctx, url), s.receiveAndGiveBack(ctx, url), s.send(ctx, url, "good"))
	if err != nil {
		return err
	}
	good, err := s.receiveOne(ctx, url)
	if err != nil {
		return err
	}
	moved, err := s.receiveOne(ctx, dead)
	return errors.Join(err, same(aws.ToString(good.Body), "good"), same(aws.ToString(moved.Body), "poison"))
}
