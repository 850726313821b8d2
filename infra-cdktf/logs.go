package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchloggroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/flowlog"
)

// logGroup is a group that forgets. Each is made here before somebody writes into it: what AWS makes by itself is kept
// for ever.
func (s *stack) logGroup(id, name string, days int) cloudwatchloggroup.CloudwatchLogGroup {
	return cloudwatchloggroup.NewCloudwatchLogGroup(s.scope, str("logs-"+id), &cloudwatchloggroup.CloudwatchLogGroupConfig{
		Name: str(name), RetentionInDays: num(days), KmsKeyId: s.made.App,
	})
}

// flowLog says which connections were refused; in prod, which there were.
func (s *stack) flowLog(n network) {
	logs := s.logGroup("vpc-flow", s.path("vpc-flow"), s.Env.Keep.Flow)
	traffic := "REJECT"
	if s.Env.Name == "prod" {
		traffic = "ALL"
	}
	flowlog.NewFlowLog(s.scope, str("flow-log"), &flowlog.FlowLogConfig{
		VpcId: n.VPC, TrafficType: str(traffic), LogDestinationType: str("cloud-watch-logs"), LogDestination: logs.Arn(),
		IamRoleArn:             s.role("flow-logs", "vpc-flow-logs.amazonaws.com", Allow("WritesItsLog", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, s.logARN(s.path("vpc-flow")))),
		MaxAggregationInterval: num(600), Tags: s.named("flow"),
	})
}

// logARN is what a policy says to let somebody write into a group.
func (s *stack) logARN(name string) string { return s.Account.arn("logs", "log-group:"+name+":*") }

// taskLogs are the groups that containers write into.
func (s *stack) taskLogs() {
	for _, program := range Programs() {
		s.logGroup(program.Name, s.path(program.Name), s.Env.Keep.Logs)
	}
	for _, job := range []string{"dbinit", "migrate", "ops"} {
		s.logGroup(job, s.path(job), s.Env.Keep.Jobs)
	}
}
