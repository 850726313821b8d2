package conformance

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

var queueBehaviours = []behaviour{
	{"a queue is found by its name", foundByName},
	{"making a queue again gives the same queue", madeAgain},
	{"making a queue again with other attributes is QueueNameExists", madeDifferently},
	{"a queue that nobody made is QueueDoesNotExist", missingQueue},
	{"attributes are answered as they were set", attributesAsSet},
	{"an unknown attribute is InvalidAttributeName", unknownAttribute},
	{"attributes count what is visible, in flight and delayed", depth},
	{"a purge removes all messages, those in flight too", purge},
	{"a second purge within a minute is PurgeQueueInProgress", purgeTwice},
}

func foundByName(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	out, err := s.client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(path.Base(url))})
	if err != nil {
		return err
	}
	if got := aws.ToString(out.QueueUrl); got != url {
		return fmt.Errorf("got %q, want %q", got, url)
	}
	return nil
}

func madeAgain(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "kept")
	if err != nil {
		return err
	}
	again, err := s.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(path.Base(url))})
	if err != nil {
		return err
	}
	_, err = s.receiveOne(ctx, aws.ToString(again.QueueUrl))
	return err
}

func madeDifferently(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	_, err = s.client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName:  aws.String(path.Base(url)),
		Attributes: map[string]string{"VisibilityTimeout": "17"},
	})
	return wantError[*types.QueueNameExists](err)
}

func missingQueue(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	url += "-missing"
	_, urlErr := s.client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(path.Base(url))})
	_, receiveErr := s.receive(ctx, url, 0)
	_, deleteErr := s.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: aws.String("x")})
	_, attributesErr := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url})
	_, batchErr := s.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries("a")})
	for _, err := range []error{urlErr, receiveErr, deleteErr, attributesErr, batchErr, s.send(ctx, url, "a")} {
		err = wantError[*types.QueueDoesNotExist](err)
		if err != nil {
			return err
		}
	}
	return nil
}

func attributesAsSet(ctx context.Context, s *suite) error {
	dead, err := s.queue(ctx)
	if err != nil {
		return err
	}
	deadARN, err := s.arn(ctx, dead)
	if err != nil {
		return err
	}
	policy := fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":7}`, deadARN)
	url, err := s.queueWith(ctx, map[string]string{"VisibilityTimeout": "44", "RedrivePolicy": policy})
	if err != nil {
		return err
	}
	names := []types.QueueAttributeName{types.QueueAttributeNameVisibilityTimeout, types.QueueAttributeNameRedrivePolicy}
	out, err := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return err
	}
	got, err := parsePolicy(out.Attributes["RedrivePolicy"])
	if err != nil {
		return err
	}
	want := redrivePolicy{DeadLetterTargetARN: deadARN, MaxReceiveCount: "7"}
	return errors.Join(same(got, want), same(out.Attributes["VisibilityTimeout"], "44"))
}

func unknownAttribute(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	_, err = s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"Colour"}})
	return wantError[*types.InvalidAttributeName](err)
}

func depth(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a", "b", "c")
	if err != nil {
		return err
	}
	_, err = s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, VisibilityTimeout: 600})
	if err != nil {
		return err
	}
	_, err = s.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("later"), DelaySeconds: 600})
	if err != nil {
		return err
	}
	return s.wantDepth(ctx, url, "2", "1", "1")
}

func purge(ctx context.Context, s *suite) error {
	url, err := s.queueHolding(ctx, "a", "b")
	if err != nil {
		return err
	}
	_, err = s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, VisibilityTimeout: 600})
	if err != nil {
		return err
	}
	_, err = s.client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
	if err != nil {
		return err
	}
	return s.wantDepth(ctx, url, "0", "0", "0")
}

func purgeTwice(ctx context.Context, s *suite) error {
	url, err := s.queue(ctx)
	if err != nil {
		return err
	}
	_, err = s.client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
	if err != nil {
		return err
	}
	_, err = s.client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &url})
	return wantError[*types.PurgeQueueInProgress](err)
}

func (s *suite) wantDepth(ctx context.Context, url, visible, inFlight, delayed string) error {
	want := map[string]string{
		"ApproximateNumberOfMessages":           visible,
		"ApproximateNumberOfMessagesNotVisible": inFlight,
		"ApproximateNumberOfMessagesDelayed":    delayed,
	}
	var names []types.QueueAttributeName
	for name := range want {
		names = append(names, types.QueueAttributeName(name))
	}
	out, err := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return err
	}
	return same(out.Attributes, want)
}

func (s *suite) arn(ctx context.Context, url string) (string, error) {
	names := []types.QueueAttributeName{types.QueueAttributeNameQueueArn}
	out, err := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return "", err
	}
	return out.Attributes["QueueArn"], nil
}

// same compares what a server said with what it should say.
func same[V any](got, want V) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("differs (-want +got):\n%s", diff)
	}
	return nil
}
