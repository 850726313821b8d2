package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ceanomalymonitor"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ceanomalysubscription"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchlogresourcepolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/codeconnectionsconnection"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iampolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53record"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53zone"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/s3accountpublicaccessblock"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ssmparameter"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// connectionParameter is where shared writes down the connection to GitLab, whose ARN nobody can know before.
const connectionParameter = "/notejam/shared/connection-arn"

// shared is the stack of what all environments use: the public zone, the connection to GitLab, the images, and what an
// account has once.
func shared(app cdktf.App, account Account) {
	s := newStack(app, "shared", account)
	s.Env = Environment{Name: "shared", Protect: true}

	s.publicZone()
	s.connection()
	s.registries()
	s.boundaryPolicy()
	s.eventLogs()
	s.costWatch()
	s3accountpublicaccessblock.NewS3AccountPublicAccessBlock(s.scope, str("no-public-bucket"), &s3accountpublicaccessblock.S3AccountPublicAccessBlockConfig{
		BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
	})
}

// publicZone is where every environment has its name. Only Amazon may make certificates for them.
func (s *stack) publicZone() {
	zone := route53zone.NewRoute53Zone(s.scope, str("zone"), &route53zone.Route53ZoneConfig{
		Name: str(s.Account.Zone), Comment: str("Notejam"), ForceDestroy: false, Lifecycle: s.guarded(),
	})
	route53record.NewRoute53Record(s.scope, str("caa"), &route53record.Route53RecordConfig{
		ZoneId: zone.ZoneId(), Name: str(s.Account.Zone), Type: str("CAA"), Ttl: num(3600),
		Records: list(`0 issue "amazon.com"`, `0 issuewild ";"`),
	})
	s.output("name_servers", "the NS records that the parent zone needs, once", zone.NameServers())
}

// connection is how pipelines get the source. A person approves it once, in the console, before the first pipeline is
// made: until then a push starts nothing.
func (s *stack) connection() {
	connection := codeconnectionsconnection.NewCodeconnectionsConnection(s.scope, str("gitlab"), &codeconnectionsconnection.CodeconnectionsConnectionConfig{
		Name: str("notejam-gitlab"), ProviderType: str("GitLab"),
	})
	ssmparameter.NewSsmParameter(s.scope, str("connection-arn"), &ssmparameter.SsmParameterConfig{
		Name: str(connectionParameter), Type: str("String"), InsecureValue: connection.Arn(),
	})
	s.output("connection_arn", "the connection to GitLab", connection.Arn())
	s.output("connection_status", "PENDING until a person has approved it in the console", connection.ConnectionStatus())
}

// boundaryPolicy is what no role of ours can ever do, whatever its own policy says.
func (s *stack) boundaryPolicy() {
	iampolicy.NewIamPolicy(s.scope, str("boundary"), &iampolicy.IamPolicyConfig{
		Name: str("notejam-boundary"), Description: str("What no role of Notejam may do."),
		Policy: text(object{"Version": "2012-10-17", "Statement": array{
			object{"Sid": "WhatTheRoleItselfAllows", "Effect": "Allow", "Action": "*", "Resource": "*"},
			object{
				"Sid": "NobodyElse", "Effect": "Deny", "Resource": "*",
				"Action": array{"account:*", "iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Put*", "iam:Set*", "iam:Update*", "organizations:*"},
			},
			object{
				"Sid": "NoKeyIsLost", "Effect": "Deny", "Resource": "*",
				"Action": array{"kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"},
			},
			object{
				"Sid": "NoOtherRegion", "Effect": "Deny", "NotAction": array{"budgets:*", "iam:*", "route53:*", "sts:*"}, "Resource": "*",
				"Condition": object{"StringNotEquals": object{"aws:RequestedRegion": s.Account.Region}},
			},
		}}),
	})
}

// eventLogs lets EventBridge write into log groups. An account may have ten such policies, so this is the only one.
func (s *stack) eventLogs() {
	cloudwatchlogresourcepolicy.NewCloudwatchLogResourcePolicy(s.scope, str("event-logs"), &cloudwatchlogresourcepolicy.CloudwatchLogResourcePolicyConfig{
		PolicyName: str("notejam-events"),
		PolicyDocument: policy(Statement{
			Reason: "EventsAreLogged", Effect: "Allow", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resources: []string{s.Account.arn("logs", "log-group:/aws/events/notejam-*:*")},
			Principal: object{"Service": array{"delivery.logs.amazonaws.com", "events.amazonaws.com"}},
		}),
	})
}

// costWatch tells a person when something costs what it never did.
func (s *stack) costWatch() {
	monitor := ceanomalymonitor.NewCeAnomalyMonitor(s.scope, str("costs"), &ceanomalymonitor.CeAnomalyMonitorConfig{
		Name: str("notejam"), MonitorType: str("DIMENSIONAL"), MonitorDimension: str("SERVICE"),
	})
	ceanomalysubscription.NewCeAnomalySubscription(s.scope, str("costs-mail"), &ceanomalysubscription.CeAnomalySubscriptionConfig{
		Name: str("notejam"), Frequency: str("DAILY"), MonitorArnList: &[]*string{monitor.Arn()},
		Subscriber: []*ceanomalysubscription.CeAnomalySubscriptionSubscriber{{Type: str("EMAIL"), Address: str(s.Account.AlarmEmail)}},
		ThresholdExpression: &ceanomalysubscription.CeAnomalySubscriptionThresholdExpression{
			Dimension: &ceanomalysubscription.CeAnomalySubscriptionThresholdExpressionDimension{
				Key: str("ANOMALY_TOTAL_IMPACT_ABSOLUTE"), MatchOptions: list("GREATER_THAN_OR_EQUAL"), Values: list("20"),
			},
		},
	})
}
