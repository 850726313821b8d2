package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
)

var serviceNames = []string{"audit", "auth", "notes", "web"}

func serviceProperties() []property {
	secret := regexp.MustCompile(`(?i)(password|secret|token|_key)$`)
	return []property{
		{11, "four services run on Fargate, and jobs beside them", func(w *world, f *faults) {
			for env, m := range w.environments {
				diff := cmp.Diff(serviceNames, keysOf(m.all("aws_ecs_service")))
				f.check(diff == "", "%s: services:\n%s", env.Name, diff)
				want := []string{"task-dbinit", "task-audit", "task-audit-ops", "task-auth", "task-migrate-audit", "task-migrate-auth", "task-migrate-notes", "task-notes", "task-web"}
				slices.Sort(want)
				diff = cmp.Diff(want, keysOf(m.all("aws_ecs_task_definition")))
				f.check(diff == "", "%s: task definitions:\n%s", env.Name, diff)
				for name, task := range m.all("aws_ecs_task_definition") {
					f.check(slices.Equal(words(task["requires_compatibilities"]), []string{"FARGATE"}) && task["network_mode"] == "awsvpc", "%s: %s is not Fargate's", env.Name, name)
				}
			}
		}},
		{12, "every service has more tasks when its CPU is busy", func(w *world, f *faults) {
			for env, m := range w.environments {
				for _, service := range serviceNames {
					scale := m.one("aws_appautoscaling_target", "scale-"+service)
					least, _ := scale["min_capacity"].(float64)
					most, _ := scale["max_capacity"].(float64)
					f.check(least >= 1 && least <= most, "%s: %s has %v to %v tasks", env.Name, service, least, most)
					f.check(env.Name != "prod" || least >= 2, "prod: %s may have one task", service)
					tracking := at(m.one("aws_appautoscaling_policy", "scale-"+service+"-cpu"), "target_tracking_scaling_policy_configuration")
					f.check(at(tracking, "predefined_metric_specification")["predefined_metric_type"] == "ECSServiceAverageCPUUtilization", "%s: %s does not follow its CPU", env.Name, service)
				}
				requests := at(m.one("aws_appautoscaling_policy", "scale-web-requests"), "target_tracking_scaling_policy_configuration", "predefined_metric_specification")
				f.check(requests["predefined_metric_type"] == "ALBRequestCountPerTarget", "%s: web does not follow its requests", env.Name)
				backlog := at(m.one("aws_appautoscaling_policy", "scale-audit-backlog"), "target_tracking_scaling_policy_configuration", "customized_metric_specification")
				f.check(strings.Contains(fmt.Sprint(backlog["metrics"]), "ApproximateNumberOfMessagesVisible"), "%s: audit does not follow what waits for it", env.Name)
			}
		}},
		{32, "a deployment replaces tasks one by one, and is taken back if they fail", func(w *world, f *faults) {
			for env, m := range w.environments {
				for name, service := range m.all("aws_ecs_service") {
					breaker := at(service, "deployment_circuit_breaker")
					f.check(breaker["enable"] == true && breaker["rollback"] == true, "%s: %s has no circuit breaker", env.Name, name)
					f.check(service["deployment_minimum_healthy_percent"] == 100.0 && service["deployment_maximum_percent"] == 200.0, "%s: %s has a gap when it is deployed", env.Name, name)
					f.check(service["deployment_controller"] == nil, "%s: %s is not deployed by ECS", env.Name, name)
					alarms := at(service, "alarms")
					f.check(alarms["enable"] == true && alarms["rollback"] == true && len(words(alarms["alarm_names"])) > 0, "%s: no alarm takes a deployment of %s back", env.Name, name)
					ignored := words(at(service, "lifecycle")["ignore_changes"])
					f.check(slices.Contains(ignored, "task_definition") && slices.Contains(ignored, "desired_count"), "%s: Terraform would undo what is deployed of %s", env.Name, name)
					f.check(service["desired_count"] == 0.0, "%s: %s starts before there is an image", env.Name, name)
				}
			}
		}},
		{34, "secrets are SecureStrings outside of Terraform's state, and never in the open", func(w *world, f *faults) {
			for env, m := range w.environments {
				places := map[string]block{}
				for name, parameter := range m.all("aws_ssm_parameter") {
					places[word(parameter["name"])] = parameter
					f.check(parameter["value"] == nil && parameter["insecure_value"] == nil, "%s: %s has its value in the stack", env.Name, name)
					f.check(parameter["value_wo"] == "unset" && parameter["value_wo_version"] == 1.0, "%s: %s is not made empty", env.Name, name)
					public := name == "parameter-mysql-ca" || name == "parameter-tls-ca"
					f.check(public || parameter["type"] == "SecureString" && target(parameter["key_id"]) == "key-app", "%s: %s is not encrypted with our key", env.Name, name)
				}
				for name, container := range containers(m) {
					for _, variable := range each(container["environment"]) {
						f.check(!secret.MatchString(word(variable["name"])), "%s: %s has %v in the open", env.Name, name, variable["name"])
					}
					for _, given := range each(container["secrets"]) {
						_, path, _ := strings.Cut(word(given["valueFrom"]), ":parameter")
						admin := name == "task-dbinit" && given["name"] == "SETUP_MYSQL_PASSWORD"
						f.check(places[path] != nil || admin, "%s: %s gets %v from %s, which is not there", env.Name, name, given["name"], path)
					}
				}
				for name, project := range m.all("aws_codebuild_project") {
					for _, variable := range each(at(project, "environment")["environment_variable"]) {
						f.check(!secret.MatchString(word(variable["name"])), "%s: %s has %v in the open", env.Name, name, variable["name"])
					}
				}
				f.check(len(places) == 24, "%s has %d parameters", env.Name, len(places))
			}
		}},
		{40, "dev costs little: spot tasks, one NAT gateway, a database that pauses, nights off, a budget", func(w *world, f *faults) {
			dev := w.Modules["dev"]
			for name, service := range dev.all("aws_ecs_service") {
				f.check(at(service, "capacity_provider_strategy")["capacity_provider"] == "FARGATE_SPOT", "%s is not spot", name)
				sleep, wake := dev.one("aws_appautoscaling_scheduled_action", "sleep-"+name), dev.one("aws_appautoscaling_scheduled_action", "wake-"+name)
				f.check(at(sleep, "scalable_target_action")["max_capacity"] == "0", "%s does not sleep", name)
				f.check(atoi(at(wake, "scalable_target_action")["min_capacity"]) >= 1, "%s does not wake", name)
				f.check(sleep["timezone"] != nil && sleep["timezone"] == wake["timezone"], "%s sleeps and wakes in different zones", name)
			}
			f.check(len(dev.all("aws_nat_gateway")) == 1, "dev has %d NAT gateways", len(dev.all("aws_nat_gateway")))
			f.check(at(dev.one("aws_rds_cluster", "database"), "serverlessv2_scaling_configuration")["min_capacity"] == 0.0, "dev's database does not pause")
			f.check(at(dev.one("aws_ecs_cluster", "cluster"), "setting")["value"] == "disabled", "dev pays for Container Insights")
			for env, m := range w.environments {
				budget := m.one("aws_budgets_budget", "budget")
				f.check(budget["limit_unit"] == "USD" && len(each(budget["notification"])) == 2, "%s has no budget", env.Name)
				f.check(env.Name == "dev" || len(m.all("aws_appautoscaling_scheduled_action")) == 0, "%s sleeps", env.Name)
			}
		}},
		{0, "containers run as nobody, on a disk that they cannot write, and end in time", func(w *world, f *faults) {
			for env, m := range w.environments {
				for name, container := range containers(m) {
					f.check(container["user"] == "65532:65532", "%s: %s runs as %v", env.Name, name, container["user"])
					f.check(container["readonlyRootFilesystem"] == true, "%s: %s can write its disk", env.Name, name)
					f.check(container["stopTimeout"] == 60.0, "%s: %s is killed after %v s", env.Name, name, container["stopTimeout"])
					f.check(slices.Equal(words(at(container, "linuxParameters", "capabilities")["drop"]), []string{"ALL"}), "%s: %s keeps capabilities", env.Name, name)
					f.check(container["privileged"] == nil, "%s: %s is privileged", env.Name, name)
				}
				for name, service := range m.all("aws_ecs_service") {
					f.check(service["enable_execute_command"] == false, "%s: one can log in to %s", env.Name, name)
					f.check(word(at(containers(m)["task-"+name], "healthCheck")["command"]) == "" &&
						slices.Equal(words(at(containers(m)["task-"+name], "healthCheck")["command"]), []string{"CMD", "/app", "healthcheck"}), "%s: nobody asks %s for its health", env.Name, name)
				}
			}
		}},
		{0, "a service collects its garbage before its task's memory is full", func(w *world, f *faults) {
			for env, m := range w.environments {
				for _, service := range serviceNames {
					memory := atoi(m.one("aws_ecs_task_definition", "task-"+service)["memory"])
					limit := 0
					for _, variable := range each(containers(m)["task-"+service]["environment"]) {
						if variable["name"] == "GOMEMLIMIT" {
							limit = memoryLimit(word(variable["value"]))
						}
					}
					f.check(limit >= memory*70/100 && limit <= memory*85/100, "%s: %s has %d MiB and collects at %d", env.Name, service, memory, limit)
				}
			}
		}},
		{0, "services find each other by name, as the contracts say who calls whom", func(w *world, f *faults) {
			for env, m := range w.environments {
				for _, service := range serviceNames {
					var got []string
					for _, variable := range each(containers(m)["task-"+service]["environment"]) {
						if strings.HasSuffix(word(variable["name"]), "_TARGET") {
							got = append(got, word(variable["value"]))
						}
					}
					var want []string
					for _, callee := range callees(w.Calls, service) {
						want = append(want, "dns:///"+callee+".notejam-"+env.Name+".internal:9090")
						registry := m.one("aws_service_discovery_service", target(at(m.one("aws_ecs_service", callee), "service_registries")["registry_arn"]))
						f.check(registry["name"] == callee, "%s: %s has no name", env.Name, callee)
					}
					for _, callee := range callees(w.Calls, service) {
						f.check(slices.Contains(callersOf(m, callee), service), "%s: %s has no certificate to call %s with", env.Name, service, callee)
					}
					slices.Sort(got)
					slices.Sort(want)
					diff := cmp.Diff(want, got)
					f.check(diff == "", "%s: whom %s calls:\n%s", env.Name, service, diff)
				}
			}
		}},
	}
}

// callersOf reads who may call a service from the environment's output.
func callersOf(m module, service string) []string {
	callers := at(parse(orEmpty(at(m.JSON, "output", "callers")["value"])))
	return words(callers[service])
}

// containers gives the one container of each task definition by the definition's name.
func containers(m module) map[string]block {
	all := map[string]block{}
	for name, task := range m.all("aws_ecs_task_definition") {
		all[name] = only(parse(word(task["container_definitions"])))
	}
	return all
}

// memoryLimit gives mebibytes.
func memoryLimit(text string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(text, "MiB"))
	return n
}
