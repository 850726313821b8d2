package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/codebuildproject"
)

// The build projects, by what they do. Each runs buildspecs/NAME.yml of the released source, but for drift, which is of no
// release.
const (
	testBuild    = "test"
	imageBuild   = "image"
	migrateBuild = "migrate"
	deployBuild  = "deploy"
	smokeBuild   = "smoke"
	driftBuild   = "drift"
)

// build is one project and what it may do besides reading the source and writing its log.
type build struct {
	Name       string
	Size       string // of the machine, SMALL unless it is given
	Privileged bool   // it runs Docker
	Minutes    int
	Settings   map[string]string
	Rights     []Statement
	// Fetches is where it gets its source, if not from the pipeline.
	Fetches *codebuildproject.CodebuildProjectSource
}

// builds makes the projects of the pipeline.
func (s *stack) builds(network network, groups map[string]*string) {
	for _, b := range s.buildList(network, groups) {
		s.project(b)
	}
}

func (s *stack) buildList(network network, groups map[string]*string) []build {
	cluster := "notejam-" + s.Env.Name
	return []build{
		{Name: testBuild, Minutes: 45, Size: "MEDIUM", Rights: []Statement{
			Allow("ReportsTests", []string{"codebuild:BatchPutCodeCoverages", "codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:CreateReportGroup", "codebuild:UpdateReport"},
				s.Account.arn("codebuild", "report-group/"+s.name(testBuild)+"-*")),
		}},
		{Name: imageBuild, Minutes: 30, Privileged: true, Settings: map[string]string{"REGISTRY": s.Account.image("")}, Rights: s.imageRights()},
		{Name: migrateBuild, Minutes: 30, Rights: s.migrateRights(), Settings: map[string]string{
			"CLUSTER": cluster, "SUBNETS": joined(network.Subnets[app]), "SECURITY_GROUP": *groups[migrateGroup],
		}},
		{Name: deployBuild, Minutes: 30, Rights: s.deployRights(), Settings: map[string]string{"CLUSTER": cluster, "MIN_TASKS": s.minTasks()}},
		{Name: smokeBuild, Minutes: 15, Settings: map[string]string{"SITE": "https://" + s.Env.Host}},
	}
}

// minTasks is how many tasks a service that has none is started with: "auth=1 notes=1 …".
func (s *stack) minTasks() string {
	var least []string
	for _, program := range Programs() {
		least = append(least, fmt.Sprintf("%s=%d", program.Name, s.Env.Tasks[program.Name].Min))
	}
	return strings.Join(least, " ")
}

func joined(tokens []*string) string {
	all := ""
	for i, token := range tokens {
		if i > 0 {
			all += ","
		}
		all += *token
	}
	return all
}

func (s *stack) project(b build) codebuildproject.CodebuildProject {
	group := s.path("codebuild/" + b.Name)
	logs := s.logGroup("build-"+b.Name, group, s.Env.Keep.Builds)
	rights := []Statement{Allow("WritesItsLog", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, s.logARN(group))}
	source, artifacts, branch := b.Fetches, "NO_ARTIFACTS", str(s.Env.Branch)
	if source == nil {
		source, artifacts, branch = &codebuildproject.CodebuildProjectSource{Type: str("CODEPIPELINE"), Buildspec: strf("buildspecs/%s.yml", b.Name)}, "CODEPIPELINE", nil
		rights = append(
			rights,
			Allow("ReadsAndHandsOnArtifacts", []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"}, "arn:aws:s3:::"+s.artifactsName()+"/*"),
			s.encryptsFor("s3"),
		)
	}
	return codebuildproject.NewCodebuildProject(s.scope, str("build-"+b.Name), &codebuildproject.CodebuildProjectConfig{
		Name: str(s.name(b.Name)), Description: strf("Runs buildspecs/%s.yml.", b.Name), ServiceRole: s.role("build-"+b.Name, "codebuild.amazonaws.com", append(rights, b.Rights...)...),
		BuildTimeout: num(b.Minutes), QueuedTimeout: num(60), EncryptionKey: s.made.App,
		Artifacts: &codebuildproject.CodebuildProjectArtifacts{Type: str(artifacts)}, Source: source, SourceVersion: branch,
		Environment: &codebuildproject.CodebuildProjectEnvironment{
			Type: str("ARM_CONTAINER"), ComputeType: str("BUILD_GENERAL1_" + cmp.Or(b.Size, "SMALL")), Image: str("aws/codebuild/amazonlinux-aarch64-standard:3.0"),
			PrivilegedMode: b.Privileged, EnvironmentVariable: s.variables(b),
		},
		LogsConfig: &codebuildproject.CodebuildProjectLogsConfig{CloudwatchLogs: &codebuildproject.CodebuildProjectLogsConfigCloudwatchLogs{
			Status: str("ENABLED"), GroupName: logs.Name(),
		}},
	})
}

func (s *stack) variables(b build) []*codebuildproject.CodebuildProjectEnvironmentEnvironmentVariable {
	settings := map[string]string{"NOTEJAM_ENVIRONMENT": s.Env.Name}
	for name, value := range b.Settings {
		settings[name] = value
	}
	var variables []*codebuildproject.CodebuildProjectEnvironmentEnvironmentVariable
	for _, pair := range pairs(settings, "value") {
		pair := pair.(object)
		variables = append(variables, &codebuildproject.CodebuildProjectEnvironmentEnvironmentVariable{
			Name: str(pair["name"].(string)), Value: str(pair["value"].(string)), Type: str("PLAINTEXT"),
		})
	}
	return variables
}
