package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/codepipeline"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsssmparameter"
)

// What stages hand to each other: the source, and images.json, which names each service's image by its digest.
const (
	sourceArtifact = "source"
	imagesArtifact = "images"
)

type (
	stage  = codepipeline.CodepipelineStage
	action = codepipeline.CodepipelineStageAction
)

// pipeline releases what is pushed to the environment's branch: it is tested, made into images, the database is brought
// up to date, and only then are the services deployed, those that are called before the one that calls them.
func (s *stack) pipeline(connection, topic, objective *string) {
	bucket := s.artifacts()
	execution := "SUPERSEDED" // of two pushes only the later one matters
	if s.Env.Approval {
		execution = "QUEUED" // what a person let pass is not overtaken
	}
	codepipeline.NewCodepipeline(s.scope, str("pipeline"), &codepipeline.CodepipelineConfig{
		Name: str(s.name("pipeline")), PipelineType: str("V2"), ExecutionMode: str(execution),
		RoleArn: s.role("pipeline", "codepipeline.amazonaws.com", s.pipelineRights(*connection, *topic)...),
		ArtifactStore: []*codepipeline.CodepipelineArtifactStore{{
			Location: bucket, Type: str("S3"),
			EncryptionKey: &codepipeline.CodepipelineArtifactStoreEncryptionKey{Id: s.made.App, Type: str("KMS")},
		}},
		Trigger: []*codepipeline.CodepipelineTrigger{{
			ProviderType: str("CodeStarSourceConnection"),
			GitConfiguration: &codepipeline.CodepipelineTriggerGitConfiguration{
				SourceActionName: str("Source"),
				Push: []*codepipeline.CodepipelineTriggerGitConfigurationPush{{
					Branches:  &codepipeline.CodepipelineTriggerGitConfigurationPushBranches{Includes: list(s.Env.Branch)},
					FilePaths: &codepipeline.CodepipelineTriggerGitConfigurationPushFilePaths{Excludes: list("docs/**", "**/*.md")},
				}},
			},
		}},
		Stage: s.stages(connection, topic, objective),
	})
}

// source is the connection to GitLab, which shared has written down.
func (s *stack) source() *string {
	return dataawsssmparameter.NewDataAwsSsmParameter(s.scope, str("connection"), &dataawsssmparameter.DataAwsSsmParameterConfig{
		Name: str(connectionParameter),
	}).InsecureValue()
}

func (s *stack) stages(connection, topic, objective *string) []*stage {
	images := s.runs(imageBuild, "Image", nil)
	images.OutputArtifacts = list(imagesArtifact)
	stages := []*stage{
		{Name: str("Source"), Action: []*action{{
			Name: str("Source"), Category: str("Source"), Owner: str("AWS"), Provider: str("CodeStarSourceConnection"), Version: str("1"),
			OutputArtifacts: list(sourceArtifact),
			Configuration: texts(map[string]string{
				"ConnectionArn": *connection, "FullRepositoryId": s.Account.Repository, "BranchName": s.Env.Branch,
				"DetectChanges": "false", // the trigger does
			}),
		}}},
		{Name: str("Test"), Action: []*action{s.runs(testBuild, "Test", nil)}},
		{Name: str("Image"), Action: []*action{images}},
	}
	if s.Env.Approval {
		stages = append(stages, s.approval(topic))
	}
	called := s.runs(deployBuild, "Services", map[string]string{"SERVICES": "auth notes audit"})
	caller := s.runs(deployBuild, "Web", map[string]string{"SERVICES": "web"})
	caller.RunOrder = num(2)
	return append(
		stages,
		&stage{Name: str("Migrate"), Action: []*action{s.runs(migrateBuild, "Migrate", nil)}},
		&stage{
			Name: str("Deploy"), Action: []*action{called, caller},
			OnFailure: &codepipeline.CodepipelineStageOnFailure{Result: str("ROLLBACK")},
		},
		s.smoke(objective),
	)
}

// approval waits for a person.
func (s *stack) approval(topic *string) *stage {
	return &stage{Name: str("Approve"), Action: []*action{{
		Name: str("Approve"), Category: str("Approval"), Owner: str("AWS"), Provider: str("Manual"), Version: str("1"),
		Configuration: texts(map[string]string{"NotificationArn": *topic, "CustomData": "Release to " + s.Env.Host + "?"}),
	}}}
}

// smoke uses the site as a person would. What a person had to approve is then watched for ten minutes, and taken back
// if people notice it.
func (s *stack) smoke(objective *string) *stage {
	smoke := &stage{Name: str("Smoke"), Action: []*action{s.runs(smokeBuild, "Smoke", nil)}}
	if s.Env.Approval {
		smoke.OnSuccess = &codepipeline.CodepipelineStageOnSuccess{Condition: &codepipeline.CodepipelineStageOnSuccessCondition{
			Result: str("ROLLBACK"),
			Rule: []*codepipeline.CodepipelineStageOnSuccessConditionRule{{
				Name:          str("NobodyNotices"),
				Configuration: texts(map[string]string{"AlarmName": *objective, "AlarmStates": "ALARM", "WaitTime": "10"}),
				RuleTypeId: &codepipeline.CodepipelineStageOnSuccessConditionRuleRuleTypeId{
					Category: str("Rule"), Owner: str("AWS"), Provider: str("CloudWatchAlarm"), Version: str("1"),
				},
			}},
		}}
	}
	return smoke
}

// runs is an action that runs a build project. After the images are built each gets their digests, too.
func (s *stack) runs(build, name string, settings map[string]string) *action {
	configuration := map[string]string{"ProjectName": s.name(build)}
	inputs := []string{sourceArtifact}
	if build != testBuild && build != imageBuild {
		inputs = append(inputs, imagesArtifact)
		configuration["PrimarySource"] = sourceArtifact
	}
	if settings != nil {
		variables := array{}
		for _, pair := range pairs(settings, "value") {
			variable := pair.(object)
			variable["type"] = "PLAINTEXT"
			variables = append(variables, variable)
		}
		configuration["EnvironmentVariables"] = *text(variables)
	}
	return &action{
		Name: str(name), Category: str("Build"), Owner: str("AWS"), Provider: str("CodeBuild"), Version: str("1"), RunOrder: num(1),
		InputArtifacts: list(inputs...), Configuration: texts(configuration),
	}
}

// pipelineRights are those to fetch the source and to start builds. It deploys nothing itself.
func (s *stack) pipelineRights(connection, topic string) []Statement {
	var projects []string
	for _, name := range []string{testBuild, imageBuild, migrateBuild, deployBuild, smokeBuild} {
		projects = append(projects, s.Account.arn("codebuild", "project/"+s.name(name)))
	}
	bucket := "arn:aws:s3:::" + s.artifactsName()
	rights := []Statement{
		Allow("FetchesTheSource", []string{"codeconnections:UseConnection"}, connection).
			If(object{"StringEquals": object{"codeconnections:FullRepositoryId": s.Account.Repository}}),
		Allow("Builds", []string{"codebuild:BatchGetBuilds", "codebuild:StartBuild"}, projects...),
		Allow("HandsOnArtifacts", []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"}, bucket+"/*"),
		Allow("KnowsTheBucket", []string{"s3:GetBucketVersioning"}, bucket),
		s.encryptsFor("s3"),
		Allow("AsksForApproval", []string{"sns:Publish"}, topic),
		s.encryptsFor("sns"),
	}
	if s.Env.Approval { // see smoke
		rights = append(rights, AllowUnscoped("WatchesTheObjective", "cloudwatch:DescribeAlarms"))
	}
	return rights
}

// artifacts is the bucket between stages. It gives its name.
func (s *stack) artifacts() *string {
	return s.bucket(bucket{ID: "artifacts", Name: s.artifactsName(), Key: s.made.App, Days: 90})
}

func (s *stack) artifactsName() string {
	return s.name("artifacts-" + s.Account.ID + "-" + s.Account.Region)
}
