package main

import (
	"regexp"
	"strings"
)

func accountProperties() []property {
	return []property{
		{1, "each environment is a stack with its own state", func(w *world, f *faults) {
			keys := map[string]string{}
			for _, name := range []string{"bootstrap", "shared", "dev", "qa", "prod"} {
				m, there := w.Modules[name]
				f.check(there, "there is no stack %s", name)
				backend := at(m.JSON, "terraform", "backend", "s3")
				key := word(backend["key"])
				f.check(strings.Contains(key, name), "%s: the state's key is %q", name, key)
				alias := w.Modules["bootstrap"].one("aws_kms_alias", "alias-state")
				f.check(backend["kms_key_id"] == w.Account.arn("kms", word(alias["name"])) && target(alias["target_key_id"]) == "key-state", "%s: the state is encrypted with %v", name, backend["kms_key_id"])
				f.check(keys[key] == "", "%s and %s have the same state", name, keys[key])
				f.check(backend["encrypt"] == true && backend["use_lockfile"] == true, "%s: the state is not encrypted and locked", name)
				keys[key] = name
			}
			f.check(len(w.Modules) == 5, "there are %d stacks", len(w.Modules))
		}},
		{2, "versions are pinned, and no token of GitLab is asked for", func(w *world, f *faults) {
			token := regexp.MustCompile(`(?i)gitlab.*token`)
			for name, m := range w.Modules {
				terraform := at(m.JSON, "terraform")
				f.check(terraform["required_version"] == ">= 1.11", "%s: Terraform is %v", name, terraform["required_version"])
				f.check(at(terraform, "required_providers", "aws")["version"] == "5.100.0", "%s: the provider is not pinned", name)
				f.check(len(at(m.JSON, "variable")) == 0, "%s: it asks for variables", name)
				for parameter := range m.all("aws_ssm_parameter") {
					f.check(!token.MatchString(parameter), "%s: %s is a token of GitLab", name, parameter)
				}
			}
		}},
		{5, "all of it is AWS", func(w *world, f *faults) {
			for name, m := range w.Modules {
				providers := at(m.JSON, "terraform", "required_providers")
				f.check(len(providers) == 1 && at(providers, "aws")["source"] == "hashicorp/aws", "%s: its providers are %v", name, providers)
				for kind := range at(m.JSON, "resource") {
					f.check(strings.HasPrefix(kind, "aws_"), "%s: %s is not of AWS", name, kind)
				}
			}
		}},
		{6, "environments differ in what costs, scales and guards", func(w *world, f *faults) {
			facts := map[string]func(module) any{
				"least tasks of web": func(m module) any { return m.one("aws_appautoscaling_target", "scale-web")["min_capacity"] },
				"most tasks of web":  func(m module) any { return m.one("aws_appautoscaling_target", "scale-web")["max_capacity"] },
				"database capacity": func(m module) any {
					return at(m.one("aws_rds_cluster", "database"), "serverlessv2_scaling_configuration")["max_capacity"]
				},
				"days of backup": func(m module) any { return m.one("aws_rds_cluster", "database")["backup_retention_period"] },
				"days of logs":   func(m module) any { return m.one("aws_cloudwatch_log_group", "logs-web")["retention_in_days"] },
				"NAT gateways":   func(m module) any { return len(m.all("aws_nat_gateway")) },
				"deletion guard": func(m module) any { return m.one("aws_rds_cluster", "database")["deletion_protection"] },
			}
			for what, fact := range facts {
				seen := map[any]bool{}
				for _, m := range w.environments {
					value := fact(m)
					f.check(value != nil, "%s: no %s", m.Name, what)
					seen[value] = true
				}
				f.check(len(seen) > 1, "all environments have the same %s", what)
			}
		}},
	}
}
