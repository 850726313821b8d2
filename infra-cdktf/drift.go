package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatcheventtarget"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/codebuildproject"
)

// driftTime is in the night of everybody who might be at work on the environment: a half-done change is no drift.
const driftTime = "cron(23 2 * * ? *)"

// drift compares each night what is on AWS with what the environment's branch says. Whoever gets alarms learns of a
// difference, and of a comparison that failed.
func (s *stack) drift(connection, topic *string) {
	build := s.project(build{
		Name: driftBuild, Minutes: 30, Rights: s.driftRights(*connection),
		Fetches: &codebuildproject.CodebuildProjectSource{
			Type: str("GITLAB"), Location: str("https://gitlab.com/" + s.Account.Repository + ".git"), GitCloneDepth: num(1),
			Buildspec: strf("buildspecs/%s.yml", driftBuild),
			Auth:      &codebuildproject.CodebuildProjectSourceAuth{Type: str("CODECONNECTIONS"), Resource: connection},
		},
	})
	nightly := cloudwatcheventrule.NewCloudwatchEventRule(s.scope, str("drift-nightly"), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Name: str(s.name("drift-nightly")), Description: str("What is on AWS is compared with what the branch says."), ScheduleExpression: str(driftTime),
	})
	cloudwatcheventtarget.NewCloudwatchEventTarget(s.scope, str("drift-nightly-build"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Rule: nightly.Name(), Arn: build.Arn(),
		RoleArn: s.role("drift-nightly", "events.amazonaws.com",
			Allow("StartsTheComparison", []string{"codebuild:StartBuild"}, s.Account.arn("codebuild", "project/"+s.name(driftBuild)))),
	})
	found := cloudwatcheventrule.NewCloudwatchEventRule(s.scope, str("drift-found"), &cloudwatcheventrule.CloudwatchEventRuleConfig{
		Name: str(s.name("drift-found")), Description: str("What is on AWS differs from what the branch says, or could not be compared."),
		EventPattern: text(object{
			"source": array{"aws.codebuild"}, "detail-type": array{"CodeBuild Build State Change"},
			"detail": object{"project-name": array{s.name(driftBuild)}, "build-status": array{"FAILED", "FAULT", "STOPPED", "TIMED_OUT"}},
		}),
	})
	cloudwatcheventtarget.NewCloudwatchEventTarget(s.scope, str("drift-found-mail"), &cloudwatcheventtarget.CloudwatchEventTargetConfig{
		Rule: found.Name(), Arn: topic,
		InputTransformer: &cloudwatcheventtarget.CloudwatchEventTargetInputTransformer{
			InputPaths: texts(map[string]string{"log": "$.detail.additional-information.logs.deep-link"}),
			InputTemplate: strf(`"What is on AWS for %s is not what its branch says, a certificate must be issued anew, or the comparison failed. `+
				`The log says which: <log> docs/infra.md says what to do."`, s.Env.Name),
		},
	})
}
