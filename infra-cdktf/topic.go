package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/budgetsbudget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopic"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/snstopicsubscription"
)

// topic is where a person learns what needs one. It gives the topic's ARN.
func (s *stack) topic() *string {
	topic := snstopic.NewSnsTopic(s.scope, str("alarms"), &snstopic.SnsTopicConfig{Name: str(s.name("alarms")), KmsMasterKeyId: s.made.App})
	publishes := func(reason, service string) Statement {
		return Statement{
			Reason: reason, Effect: "Allow", Actions: []string{"sns:Publish"}, Resources: []string{*topic.Arn()},
			Principal: object{"Service": service}, Conditions: object{"StringEquals": object{"aws:SourceAccount": s.Account.ID}},
		}
	}
	events := publishes("Events", "events.amazonaws.com")
	events.Conditions = nil // EventBridge knows none for a topic
	snstopicpolicy.NewSnsTopicPolicy(s.scope, str("alarms-policy"), &snstopicpolicy.SnsTopicPolicyConfig{
		Arn: topic.Arn(),
		Policy: policy(
			publishes("Alarms", "cloudwatch.amazonaws.com"), events,
			publishes("DatabaseEvents", "events.rds.amazonaws.com"),
			deny("OnlyEncrypted", "sns:Publish", object{"Bool": object{"aws:SecureTransport": "false"}}, *topic.Arn()),
		),
	})
	snstopicsubscription.NewSnsTopicSubscription(s.scope, str("alarms-mail"), &snstopicsubscription.SnsTopicSubscriptionConfig{
		TopicArn: topic.Arn(), Protocol: str("email"), Endpoint: str(s.Account.AlarmEmail),
	})
	return topic.Arn()
}

// events puts into log groups what has no log of its own: the pipeline's steps, ECS's deployments and stopped tasks, and
// AWS's own troubles. A pipeline that failed goes to the topic as well.
func (s *stack) events(topic *string) {
	s.eventLog("pipeline", object{
		"source": array{"aws.codepipeline"}, "detail": object{"pipeline": array{s.name("pipeline")}},
	})
	s.eventLog("ecs", object{
		"source":      array{"aws.ecs"},
		"detail-type": array{"ECS Deployment State Change", "ECS Service Action", "ECS Task State Change"},
		"$or": array{
			object{"detail": object{"clusterArn": array{s.Account.arn("ecs", "cluster/notejam-"+s.Env.Name)}, "lastStatus": array{"STOPPED"}}},
			object{"resources": array{object{"prefix": s.Account.arn("ecs", "service/notejam-"+s.Env.Name+"/")}}},
		},
	})
	s.eventLog("health", object{"source": array{"aws.health"}})
	failed := cloudwatcheventrule.NewCloudwatchEventRule(s.scope, str("pipeline-failed"), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Name: str(s.name("pipeline-failed")), Description: str("A release failed."),
		EventPattern: text(object{
			"source": array{"aws.codepipeline"}, "detail-type": array{"CodePipeline Pipeline Execution State Change"},
			"detail": object{"pipeline": array{s.name("pipeline")}, "state": array{"FAILED"}},
		}),
	})
	cloudwatcheventtarget.NewCloudwatchEventTarget(s.scope, str("pipeline-failed-mail"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Rule: failed.Name(), Arn: topic,
	})
}

func (s *stack) eventLog(name string, pattern object) {
	// The prefix /aws/events/ is what the resource policy in shared, and EventBridge itself, ask for.
	group := "/aws/events/" + s.name(name)
	s.logGroup("events-"+name, group, s.Env.Keep.Events)
	rule := cloudwatcheventrule.NewCloudwatchEventRule(s.scope, str("events-"+name), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Name: str(s.name(name)), Description: strf("Keeps what happens to %s in its log.", name), EventPattern: text(pattern),
	})
	cloudwatcheventtarget.NewCloudwatchEventTarget(s.scope, str("events-"+name+"-log"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Rule: rule.Name(), Arn: str(s.Account.arn("logs", "log-group:"+group)), // without the ":*" of policies
	})
}

// budget tells a person when the environment costs, or will cost, more than it should.
func (s *stack) budget() {
	notification := func(kind string, percent int) *budgetsbudget.BudgetsBudgetNotification {
		return &budgetsbudget.BudgetsBudgetNotification{
			NotificationType: str(kind), ComparisonOperator: str("GREATER_THAN"), Threshold: num(percent), ThresholdType: str("PERCENTAGE"),
			SubscriberEmailAddresses: list(s.Account.AlarmEmail),
		}
	}
	budgetsbudget.NewBudgetsBudget(s.scope, str("budget"), &budgetsbudget.BudgetsBudgetConfig{
		Name: str("notejam-" + s.Env.Name), BudgetType: str("COST"), TimeUnit: str("MONTHLY"),
		LimitAmount: strf("%.1f", s.Env.Budget), LimitUnit: str("USD"),
		CostFilter:   []*budgetsbudget.BudgetsBudgetCostFilter{{Name: str("TagKeyValue"), Values: list("user:Environment$" + s.Env.Name)}},
		Notification: []*budgetsbudget.BudgetsBudgetNotification{notification("ACTUAL", 80), notification("FORECASTED", 100)},
	})
}
