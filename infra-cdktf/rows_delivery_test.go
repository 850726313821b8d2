package main

import (
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

func deliveryProperties() []property {
	return []property{
		{4, "the source comes from GitLab by one connection", func(w *world, f *faults) {
			for name, m := range w.Modules {
				connections := m.all("aws_codeconnections_connection")
				f.check((name == "shared") == (len(connections) == 1), "%s has %d connections", name, len(connections))
				for _, connection := range connections {
					f.check(connection["provider_type"] == "GitLab", "the connection leads to %v", connection["provider_type"])
				}
			}
			kept := w.Modules["shared"].one("aws_ssm_parameter", "connection-arn")
			f.check(target(kept["insecure_value"]) == "gitlab", "the connection is not written down: %v", kept["insecure_value"])
			for env, m := range w.environments {
				source := actionsOf(m, "Source")
				f.check(len(source) == 1 && source[0]["provider"] == "CodeStarSourceConnection", "%s: the source is %v", env.Name, source)
				for _, action := range source {
					used := word(at(action, "configuration")["ConnectionArn"])
					read := at(m.JSON, "data", "aws_ssm_parameter", target(used))
					f.check(read["name"] == kept["name"], "%s: it uses the connection %s", env.Name, used)
					f.check(at(action, "configuration")["FullRepositoryId"] == w.Account.Repository, "%s: it reads another project", env.Name)
				}
			}
		}},
		{27, "each environment has a pipeline, with its stages in order", func(w *world, f *faults) {
			for env, m := range w.environments {
				want := []string{"Source", "Test", "Image", "Migrate", "Deploy", "Smoke"}
				if env.Approval {
					want = []string{"Source", "Test", "Image", "Approve", "Migrate", "Deploy", "Smoke"}
				}
				diff := cmp.Diff(want, stageNames(m))
				f.check(diff == "", "%s: stages:\n%s", env.Name, diff)
				pipeline := m.one("aws_codepipeline", "pipeline")
				f.check(pipeline["pipeline_type"] == "V2", "%s: the pipeline is %v", env.Name, pipeline["pipeline_type"])
			}
			f.check(slices.Contains(stageNames(w.Modules["prod"]), "Approve"), "nobody approves releases to prod")
		}},
		{28, "a push to the environment's branch starts its pipeline, and no other", func(w *world, f *faults) {
			branches := map[string]string{"dev": "dev", "qa": "qa", "prod": "main"}
			for env, m := range w.environments {
				trigger := at(m.one("aws_codepipeline", "pipeline"), "trigger")
				pushed := words(at(trigger, "git_configuration", "push", "branches")["includes"])
				f.check(slices.Equal(pushed, []string{branches[env.Name]}), "%s: pushes to %v start it", env.Name, pushed)
				f.check(at(trigger, "git_configuration")["source_action_name"] == "Source", "%s: the trigger is of another source", env.Name)
				for _, action := range actionsOf(m, "Source") {
					got := at(action, "configuration")
					f.check(got["BranchName"] == branches[env.Name] && got["DetectChanges"] == "false", "%s: the source is %v", env.Name, got)
				}
			}
		}},
		{29, "tests come before images", func(w *world, f *faults) { inOrder(w, f, "Test", "Image") }},
		{30, "images are kept once, scanned and never changed, each service's in its own repository", func(w *world, f *faults) {
			shared := w.Modules["shared"]
			repositories := shared.all("aws_ecr_repository")
			diff := cmp.Diff([]string{"images-audit", "images-auth", "images-notes", "images-setup", "images-web"}, keysOf(repositories))
			f.check(diff == "", "repositories:\n%s", diff)
			for name, repository := range repositories {
				f.check(repository["image_tag_mutability"] == "IMMUTABLE", "%s: a tag can change its image", name)
				f.check(at(repository, "image_scanning_configuration")["scan_on_push"] == true, "%s is not scanned", name)
				f.check(target(shared.one("aws_ecr_lifecycle_policy", name+"-kept")["repository"]) == name, "%s grows for ever", name)
			}
			for env, m := range w.environments {
				for _, action := range actionsOf(m, "Image") {
					f.check(slices.Equal(words(action["output_artifacts"]), []string{"images"}), "%s: images have no digests", env.Name)
				}
				for _, stage := range []string{"Migrate", "Deploy", "Smoke"} {
					for _, action := range actionsOf(m, stage) {
						f.check(slices.Contains(words(action["input_artifacts"]), "images"), "%s: %s does not know the digests", env.Name, stage)
					}
				}
			}
		}},
		{31, "the database is brought up to date after images are built and before services are deployed", func(w *world, f *faults) {
			inOrder(w, f, "Image", "Migrate", "Deploy")
			for env, m := range w.environments {
				for _, service := range []string{"auth", "notes", "audit"} {
					container := containers(m)["task-migrate-"+service]
					f.check(slices.Equal(words(container["command"]), []string{"migrate"}), "%s: the migration of %s runs %v", env.Name, service, container["command"])
					f.check(containers(m)["task-"+service]["command"] == nil, "%s: %s does something else than serve", env.Name, service)
				}
			}
		}},
		{32, "a release that fails is taken back, and those who are called are deployed first", func(w *world, f *faults) {
			for env, m := range w.environments {
				for _, stage := range each(m.one("aws_codepipeline", "pipeline")["stage"]) {
					if stage["name"] != "Deploy" {
						continue
					}
					f.check(at(stage, "on_failure")["result"] == "ROLLBACK", "%s: a failed deployment stays", env.Name)
					order := map[string]any{}
					for _, action := range each(stage["action"]) {
						order[word(at(action, "configuration")["EnvironmentVariables"])] = action["run_order"]
					}
					called, caller := `[{"name":"SERVICES","type":"PLAINTEXT","value":"auth notes audit"}]`, `[{"name":"SERVICES","type":"PLAINTEXT","value":"web"}]`
					f.check(len(order) == 2 && order[called] == 1.0 && order[caller] == 2.0, "%s: the order is %v", env.Name, order)
				}
			}
		}},
		{32, "a release to prod is watched, and taken back if people notice it", func(w *world, f *faults) {
			for _, stage := range each(w.Modules["prod"].one("aws_codepipeline", "pipeline")["stage"]) {
				if stage["name"] != "Smoke" {
					continue
				}
				condition := at(stage, "on_success", "condition")
				rule := at(condition, "rule")
				f.check(condition["result"] == "ROLLBACK" && at(rule, "rule_type_id")["provider"] == "CloudWatchAlarm", "nothing watches it: %v", condition)
				alarm := w.Modules["prod"].one("aws_cloudwatch_composite_alarm", target(at(rule, "configuration")["AlarmName"]))
				for _, part := range []string{"site-errors", "site-slow", "site-unhealthy"} {
					f.check(strings.Contains(word(alarm["alarm_rule"]), "alarm-"+part), "what people notice lacks %s: %v", part, alarm["alarm_rule"])
				}
			}
		}},
		{33, "builds log into groups of ours", func(w *world, f *faults) {
			for env, m := range w.environments {
				for name, project := range m.all("aws_codebuild_project") {
					logs := at(project, "logs_config", "cloudwatch_logs")
					group := m.one("aws_cloudwatch_log_group", target(logs["group_name"]))
					f.check(logs["status"] == "ENABLED" && group["retention_in_days"] == float64(env.Keep.Builds), "%s: %s logs into %v", env.Name, name, logs)
				}
			}
		}},
		{35, "no bridge brings the source over", func(w *world, f *faults) {
			for name, m := range w.Modules {
				for kind := range at(m.JSON, "resource") {
					f.check(!strings.HasPrefix(kind, "aws_api_gateway") && !strings.HasPrefix(kind, "aws_apigateway") && !strings.HasPrefix(kind, "aws_lambda") && kind != "aws_codepipeline_webhook",
						"%s: there is a %s", name, kind)
				}
			}
		}},
		{36, "what a person has to do once is told by shared", func(w *world, f *faults) {
			for _, output := range []string{"connection_arn", "connection_status", "name_servers"} {
				f.check(at(w.Modules["shared"].JSON, "output", output)["value"] != nil, "shared does not tell its %s", output)
			}
		}},
		{37, "builds run the buildspecs of the repository", func(w *world, f *faults) {
			for env, m := range w.environments {
				var specs []string
				for _, project := range m.all("aws_codebuild_project") {
					specs = append(specs, word(at(project, "source")["buildspec"]))
				}
				slices.Sort(specs)
				diff := cmp.Diff([]string{"buildspecs/deploy.yml", "buildspecs/drift.yml", "buildspecs/image.yml", "buildspecs/migrate.yml", "buildspecs/smoke.yml", "buildspecs/test.yml"}, specs)
				f.check(diff == "", "%s: buildspecs:\n%s", env.Name, diff)
			}
		}},
		{0, "only the build of images runs Docker", func(w *world, f *faults) {
			for env, m := range w.environments {
				for name, project := range m.all("aws_codebuild_project") {
					f.check(at(project, "environment")["privileged_mode"] == (name == "build-image"), "%s: %s is privileged: %v", env.Name, name, at(project, "environment")["privileged_mode"])
				}
			}
		}},
	}
}

func stageNames(m module) []string {
	var names []string
	for _, stage := range each(m.one("aws_codepipeline", "pipeline")["stage"]) {
		names = append(names, word(stage["name"]))
	}
	return names
}

func actionsOf(m module, name string) []block {
	for _, stage := range each(m.one("aws_codepipeline", "pipeline")["stage"]) {
		if stage["name"] == name {
			return each(stage["action"])
		}
	}
	return nil
}

func inOrder(w *world, f *faults, stages ...string) {
	for env, m := range w.environments {
		before := -1
		for _, stage := range stages {
			at := slices.Index(stageNames(m), stage)
			f.check(at > before, "%s: %s comes too early, or never, in %v", env.Name, stage, stageNames(m))
			before = at
		}
	}
}
