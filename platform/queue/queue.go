// Package queue sends, receives and deletes messages on Amazon SQS, or on a server that speaks its protocol. It is the only package of the services
// that imports the AWS SDK.
//
// Delivery is at least once and in no order: a message may come twice, and comes again when it is not deleted before its visibility ends.
//
//	q, err := queue.Open(ctx, cfg, metrics)     // does not connect
//	result, err := q.Send(ctx, entries)         // read Accepted and Refused
//	messages, err := q.Receive(ctx, 10, 20*time.Second, time.Minute)
//	failed, err := q.Delete(ctx, receipts)      // only what is recorded
package queue

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/prometheus/client_golang/prometheus"
)

// Limits that are checked before a call is made.
const (
	// MaxEntries is how many entries one batch may have. It is SQS's own limit.
	MaxEntries = 10
	// MaxBytes is how large the bodies of one batch may be together, and so the largest body. SQS itself allows 1 MiB (1,048,576 bytes, developer
	// guide, message quotas); we stay at the 256 KiB that it allowed before, which every server with its protocol takes.
	MaxBytes = 256 << 10
	// MaxWait is the longest long poll, SQS's own limit.
	MaxWait = 20 * time.Second
	// MaxVisibility is the longest visibility timeout, SQS's own limit.
	MaxVisibility = 12 * time.Hour
)

// callTimeout bounds one call with its retry; a long poll has it on top of its wait. A healthy call takes milliseconds.
const callTimeout = 5 * time.Second

// Queue is one queue. It is safe for concurrent use.
type Queue struct {
	url    string
	name   string
	client *sqs.Client
	calls  *calls
}

// Open prepares a client of the queue. It reads settings and, on AWS, the SDK's own configuration, and does not connect. Two open clients of one queue
// cannot share a registry.
func Open(ctx context.Context, cfg Config, metrics prometheus.Registerer) (*Queue, error) {
	err := cfg.validate()
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	client, err := cfg.client(ctx)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	name := path.Base(cfg.URL)
	calls, err := newCalls(name, metrics)
	if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", name, err)
	}
	return &Queue{url: cfg.URL, name: name, client: client, calls: calls}, nil
}

// Name is the last part of the queue's URL.
func (q *Queue) Name() string { return q.name }

// Attributes is how many messages a queue holds, by state. SQS calls the numbers approximate: they lag by up to a minute.
type Attributes struct {
	Visible  int // may be received now
	InFlight int // received, and neither deleted nor visible again
	Delayed  int // sent, and not visible yet
}

// Attributes counts the queue's messages.
func (q *Queue) Attributes(ctx context.Context) (Attributes, error) {
	var out *sqs.GetQueueAttributesOutput
	err := q.call(ctx, opAttributes, callTimeout, func(ctx context.Context) (outcome, error) {
		var err error
		out, err = q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: &q.url,
			AttributeNames: []types.QueueAttributeName{
				types.QueueAttributeNameApproximateNumberOfMessages,
				types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
				types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
			},
		})
		return whole, err
	})
	if err != nil {
		return Attributes{}, err
	}
	var attributes Attributes
	for name, number := range map[types.QueueAttributeName]*int{
		types.QueueAttributeNameApproximateNumberOfMessages:           &attributes.Visible,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &attributes.InFlight,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    &attributes.Delayed,
	} {
		*number, err = strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			return Attributes{}, fmt.Errorf("queue %s: read %s: %w", q.name, name, err)
		}
	}
	return attributes, nil
}

// IsMissing reports whether the queue does not exist: a setting is wrong, or somebody removed it.
func IsMissing(err error) bool {
	var missing *types.QueueDoesNotExist
	return errors.As(err, &missing)
}

// call makes one call with a deadline, counts it, and says in its error which queue and which operation failed.
func (q *Queue) call(ctx context.Context, op operation, limit time.Duration, do func(context.Context) (outcome, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	out, err := do(ctx)
	q.calls.observe(op, out, err, time.Since(start))
	if err != nil {
		return fmt.Errorf("queue %s: %s: %w", q.name, op, err)
	}
	return nil
}

// seconds is SQS's unit. It rounds up: a second too long is a later redelivery, one too short is a duplicate.
func seconds(d time.Duration) int32 {
	return int32((d + time.Second - 1) / time.Second) //nolint:gosec // callers have checked it against MaxVisibility or MaxWait
}
