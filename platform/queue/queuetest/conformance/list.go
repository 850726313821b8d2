package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
)

var listBehaviours = []behaviour{
	{"a list of queues has those whose name begins with the prefix", list},
	{"a list of queues goes on page by page", listPages},
	{"a page of queues has 1 to 1000 or is refused", listLimit},
}

// family makes so many queues whose names begin alike.
func (s *suite) family(ctx context.Context, size int) (prefix string, urls []string, err error) {
	prefix = "family-" + uuid.NewString()
	for i := range size {
		out, err := s.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(fmt.Sprintf("%s-%d", prefix, i))})
		if err != nil {
			return "", nil, fmt.Errorf("create queue: %w", err)
		}
		urls = append(urls, aws.ToString(out.QueueUrl))
	}
	return prefix, urls, nil
}

func list(ctx context.Context, s *suite) error {
	prefix, urls, err := s.family(ctx, 2)
	if err != nil {
		return err
	}
	some, err := s.client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: &prefix})
	if err != nil {
		return err
	}
	none, err := s.client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String(prefix + "-none")})
	if err != nil {
		return err
	}
	slices.Sort(some.QueueUrls)
	return errors.Join(same(some.QueueUrls, urls), same(len(none.QueueUrls), 0))
}

func listPages(ctx context.Context, s *suite) error {
	prefix, urls, err := s.family(ctx, 3)
	if err != nil {
		return err
	}
	first, err := s.client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: &prefix, MaxResults: aws.Int32(2)})
	if err != nil {
		return err
	}
	if len(first.QueueUrls) != 2 || aws.ToString(first.NextToken) == "" {
		return fmt.Errorf("the first page has %d queues of 3 and the token %q, want 2 and a token", len(first.QueueUrls), aws.ToString(first.NextToken))
	}
	second, err := s.client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: &prefix, MaxResults: aws.Int32(2), NextToken: first.NextToken})
	if err != nil {
		return err
	}
	all := slices.Concat(first.QueueUrls, second.QueueUrls)
	slices.Sort(all)
	return errors.Join(same(all, urls), same(aws.ToString(second.NextToken), ""))
}

// listLimit asks for no certain error: the API reference gives the range and names no error for it.
func listLimit(ctx context.Context, s *suite) error {
	for _, size := range []int32{-1, 0, 1001} {
		_, err := s.client.ListQueues(ctx, &sqs.ListQueuesInput{MaxResults: &size})
		if err == nil {
			return fmt.Errorf("a page of %d was answered", size)
		}
	}
	return nil
}
