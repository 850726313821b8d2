package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/sqsqueue"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/sqsqueuepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/sqsqueueredriveallowpolicy"
)

const (
	// maxReceives is the tries that audit has with an event; then it waits for a person (docs/runbook.md).
	maxReceives = 10
	// fortnight is the longest that SQS keeps a message, in seconds.
	fortnight = 14 * 24 * 3600
	// visibility is AUDIT_QUEUE_VISIBILITY, in seconds.
	visibility = 60
)

// queues are that of events and the one of those that audit failed to record.
type queues struct{ Events, Dead sqsqueue.SqsQueue }

func (s *stack) queues() queues {
	dead := s.queue("events-dead", nil)
	events := s.queue("events", text(object{"deadLetterTargetArn": *dead.Arn(), "maxReceiveCount": maxReceives}))
	sqsqueueredriveallowpolicy.NewSqsQueueRedriveAllowPolicy(s.scope, str("events-dead-source"), &sqsqueueredriveallowpolicy.SqsQueueRedriveAllowPolicyConfig{
		QueueUrl: dead.Id(), RedriveAllowPolicy: text(object{"redrivePermission": "byQueue", "sourceQueueArns": array{s.Account.arn("sqs", s.name("events"))}}),
	})
	return queues{Events: events, Dead: dead}
}

func (s *stack) queue(name string, redrive *string) sqsqueue.SqsQueue {
	queue := sqsqueue.NewSqsQueue(s.scope, str(name), &sqsqueue.SqsQueueConfig{
		Name: str(s.name(name)), KmsMasterKeyId: s.made.App, KmsDataKeyReusePeriodSeconds: num(3600),
		MessageRetentionSeconds: num(fortnight), VisibilityTimeoutSeconds: num(visibility), ReceiveWaitTimeSeconds: num(20),
		RedrivePolicy: redrive,
	})
	sqsqueuepolicy.NewSqsQueuePolicy(s.scope, str(name+"-policy"), &sqsqueuepolicy.SqsQueuePolicyConfig{
		QueueUrl: queue.Id(),
		Policy: policy(
			deny("OnlyEncrypted", "sqs:*", object{"Bool": object{"aws:SecureTransport": "false"}}, *queue.Arn()),
			deny("OnlyThisAccount", "sqs:*", object{"StringNotEquals": object{"aws:PrincipalAccount": s.Account.ID}}, *queue.Arn()),
		),
	})
	return queue
}

// deny is a line of a resource's policy that forbids everybody what the condition names.
func deny(reason, action string, condition object, resources ...string) Statement {
	return Statement{Reason: reason, Effect: "Deny", Actions: []string{action}, Resources: resources, Conditions: condition, Principal: "*"}
}
