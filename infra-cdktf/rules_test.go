package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// policies gives the statements of every role's policy by the policy's name.
func policies(m module) map[string][]block {
	all := map[string][]block{}
	for name, p := range m.all("aws_iam_role_policy") {
		all[name] = each(at(parse(word(p["policy"])))["Statement"])
	}
	return all
}

func ruleProperties() []property {
	return []property{
		{0, "no role may do everything, or anything to everything", func(w *world, f *faults) {
			for name, m := range w.Modules {
				for role, statements := range policies(m) {
					size := len(word(m.one("aws_iam_role_policy", role)["policy"]))
					f.check(size < 10_000, "%s: the policy %s has %d characters, and AWS takes 10,240", name, role, size)
					for _, st := range statements {
						f.check(plain.MatchString(word(st["Sid"])), "%s: %s gives the reason %q, and AWS takes only letters and digits", name, role, st["Sid"])
						for _, action := range words(st["Action"]) {
							f.check(!strings.Contains(action, "*"), "%s: %s may %s", name, role, action)
							f.check(!slices.Contains(words(st["Resource"]), "*") || slices.Contains(unscopable, action), "%s: %s may %s everywhere", name, role, action)
						}
						f.check(len(words(st["Resource"])) > 0 && len(words(st["Action"])) > 0, "%s: %s has a line without effect", name, role)
					}
				}
				for _, kind := range []string{"aws_iam_role_policy_attachment", "aws_iam_policy_attachment", "aws_iam_user", "aws_iam_access_key"} {
					f.check(len(m.all(kind)) == 0, "%s: there is an %s", name, kind)
				}
			}
		}},
		{0, "every role is bounded, and taken on by one service for this account alone", func(w *world, f *faults) {
			for env, m := range w.environments {
				f.check(len(m.all("aws_iam_role")) > 15, "%s has %d roles", env.Name, len(m.all("aws_iam_role")))
				for name, role := range m.all("aws_iam_role") {
					f.check(role["permissions_boundary"] == "arn:aws:iam::"+w.Account.ID+":policy/notejam-boundary", "%s: %s has no boundary", env.Name, name)
					f.check(role["managed_policy_arns"] == nil, "%s: %s has policies of AWS", env.Name, name)
					trust := at(parse(word(role["assume_role_policy"])), "Statement")
					f.check(len(words(at(trust, "Principal")["Service"])) == 1, "%s: %s is taken on by %v", env.Name, name, trust["Principal"])
					f.check(at(trust, "Condition", "StringEquals")["aws:SourceAccount"] == w.Account.ID, "%s: %s may be taken on for another account", env.Name, name)
				}
			}
			f.check(len(w.Modules["shared"].one("aws_iam_policy", "boundary")) > 0, "there is no boundary")
		}},
		{0, "roles are handed to tasks alone, each by its name", func(w *world, f *faults) {
			for name, m := range w.Modules {
				for role, statements := range policies(m) {
					for _, st := range statements {
						if !slices.Contains(words(st["Action"]), "iam:PassRole") {
							continue
						}
						f.check(at(st, "Condition", "StringEquals")["iam:PassedToService"] == "ecs-tasks.amazonaws.com", "%s: %s hands roles to anybody", name, role)
						for _, resource := range words(st["Resource"]) {
							f.check(!strings.Contains(resource, "*") && hasRole(m, resource), "%s: %s hands on %s", name, role, resource)
						}
					}
				}
			}
		}},
		{0, "a task never has the role that starts it, and no two services share a secret", func(w *world, f *faults) {
			for env, m := range w.environments {
				readers := map[string][]string{}
				for name, task := range m.all("aws_ecs_task_definition") {
					if name == "task-dbinit" { // it sets the passwords of all
						continue
					}
					exec := target(task["execution_role_arn"])
					f.check(exec != target(task["task_role_arn"]), "%s: %s has the role that starts it", env.Name, name)
					for _, st := range policies(m)["rights-"+strings.TrimPrefix(exec, "role-")] {
						for _, secret := range words(st["Resource"]) {
							if slices.Contains(words(st["Action"]), "ssm:GetParameters") && !strings.HasSuffix(secret, "-ca") {
								readers[secret] = append(readers[secret], name)
							}
						}
					}
				}
				for secret, names := range readers {
					f.check(len(names) == 1, "%s: %v read %s", env.Name, names, secret)
				}
				f.check(len(readers) == 21, "%s: %d secrets are read", env.Name, len(readers))
			}
		}},
		{0, "only the task that makes the database's users reads the administrator's password", func(w *world, f *faults) {
			for env, m := range w.environments {
				readers := 0
				for role, statements := range policies(m) {
					for _, st := range statements {
						if slices.Contains(words(st["Action"]), "secretsmanager:GetSecretValue") {
							readers++
							f.check(role == "rights-dbinit-exec" && slices.Equal(targets(st["Resource"]), []string{"database"}), "%s: %s reads %v", env.Name, role, st["Resource"])
						}
					}
				}
				f.check(readers == 1, "%s: %d roles read it", env.Name, readers)
				f.check(m.one("aws_ecs_task_definition", "task-dbinit")["task_role_arn"] == nil, "%s: the task itself may ask AWS", env.Name)
				for _, secret := range each(containers(m)["task-dbinit"]["secrets"]) {
					_, path, _ := strings.Cut(word(secret["valueFrom"]), "parameter/notejam/"+env.Name+"/")
					if _, password, _ := strings.Cut(path, "/"); password != "" {
						want := "SETUP_" + strings.ToUpper(strings.NewReplacer("/", "_", "-", "_").Replace(path))
						f.check(secret["name"] == want, "%s: %s is given as %v", env.Name, path, secret["name"])
					}
				}
			}
		}},
		{0, "those who send events cannot read them, audit cannot send, and only an operator's task touches dead letters", func(w *world, f *faults) {
			want := map[string]map[string][]string{
				"auth-task":      {"events": {"sqs:SendMessage"}},
				"notes-task":     {"events": {"sqs:SendMessage"}},
				"audit-task":     {"events": {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}},
				"audit-ops-task": {"events": {"sqs:SendMessage"}, "events-dead": {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}},
			}
			for env, m := range w.environments {
				got := map[string]map[string][]string{}
				for role, statements := range policies(m) {
					role = strings.TrimPrefix(role, "rights-")
					if role == "build-drift" { // which only looks; rows_drift_test.go holds it to that
						continue
					}
					for _, st := range statements {
						if !strings.HasPrefix(words(st["Action"])[0], "sqs:") {
							continue
						}
						for _, resource := range words(st["Resource"]) {
							queue := resource[strings.LastIndex(resource, "-events")+1:]
							if got[role] == nil {
								got[role] = map[string][]string{}
							}
							got[role][queue] = words(st["Action"])
						}
					}
				}
				f.check(fmt.Sprint(got) == fmt.Sprint(want), "%s: the queues' users are %v", env.Name, got)
			}
		}},
		{0, "policies of buckets, queues and topics let nobody in who is not named, and nothing in the clear", func(w *world, f *faults) {
			for name, m := range w.Modules {
				for _, kind := range []string{"aws_s3_bucket_policy", "aws_sqs_queue_policy", "aws_sns_topic_policy"} {
					for id, p := range m.all(kind) {
						encrypted := false
						for _, st := range each(at(parse(word(p["policy"])))["Statement"]) {
							f.check(st["Principal"] != "*" || st["Effect"] == "Deny", "%s: %s lets everybody in", name, id)
							encrypted = encrypted || st["Effect"] == "Deny" && at(st, "Condition", "Bool")["aws:SecureTransport"] == "false"
						}
						f.check(encrypted, "%s: %s takes what comes in the clear", name, id)
					}
				}
				for id := range m.all("aws_s3_bucket") {
					private := m.one("aws_s3_bucket_public_access_block", id+"-private")
					for _, what := range []string{"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"} {
						f.check(private[what] == true, "%s: bucket %s: %s is off", name, id, what)
					}
				}
			}
		}},
		{0, "keys belong to the account, and who else uses one is named and limited", func(w *world, f *faults) {
			for name, m := range w.Modules {
				for id, key := range m.all("aws_kms_key") {
					owned := false
					for _, st := range each(at(parse(word(key["policy"])))["Statement"]) {
						whole := slices.Contains(words(st["Action"]), "kms:*")
						root := at(st, "Principal")["AWS"] == "arn:aws:iam::"+w.Account.ID+":root"
						owned = owned || whole && root
						f.check(whole == root, "%s: %s gives %v all of it", name, id, st["Principal"])
						service := words(at(st, "Principal")["Service"])
						limited := len(at(st, "Condition")) > 0 || slices.Equal(service, []string{"events.amazonaws.com"}) // which knows no conditions
						f.check(root || len(service) > 0 && limited, "%s: %s is used by %v", name, id, st["Principal"])
					}
					f.check(owned, "%s: nobody could ever change %s", name, id)
				}
			}
		}},
		{0, "arguments have Terraform's names, not the bindings'", func(w *world, f *faults) {
			for name, m := range w.Modules {
				for kind, resources := range at(m.JSON, "resource") {
					for id, resource := range at(resources) {
						for _, key := range camelCase(resource) {
							f.check(false, "%s: %s.%s has %s", name, kind, id, key)
						}
					}
				}
			}
		}},
		{0, "everything has the tags that costs are told apart by", func(w *world, f *faults) {
			for name, m := range w.Modules {
				tags := at(m.JSON, "provider", "aws", "default_tags", "tags")
				for _, tag := range []string{"CostCenter", "Environment", "ManagedBy", "Project", "Repository"} {
					f.check(tags[tag] != nil, "%s: there is no tag %s", name, tag)
				}
				f.check(tags["Environment"] == name, "%s: the environment's tag is %v", name, tags["Environment"])
				f.check(slices.Equal(words(at(m.JSON, "provider", "aws")["allowed_account_ids"]), []string{w.Account.ID}), "%s: it may be applied to any account", name)
			}
			for env, m := range w.environments {
				for id, service := range m.all("aws_ecs_service") {
					f.check(service["propagate_tags"] == "SERVICE", "%s: tasks of %s have no tags", env.Name, id)
				}
			}
		}},
	}
}

func hasRole(m module, arn string) bool {
	for _, role := range m.all("aws_iam_role") {
		if strings.HasSuffix(arn, ":role/"+word(role["name"])) {
			return true
		}
	}
	return false
}

var plain = regexp.MustCompile(`^[A-Za-z0-9]+$`)

var capital = regexp.MustCompile(`[A-Z]`)

// camelCase finds names with capitals, but for what is a map of free names.
func camelCase(v any) []string {
	var found []string
	for _, b := range each(v) {
		for _, key := range slices.Sorted(maps.Keys(b)) {
			switch key {
			case "//", "tags", "configuration", "dimensions":
				continue
			}
			if capital.MatchString(key) {
				found = append(found, key)
			}
			found = append(found, camelCase(b[key])...)
		}
	}
	return found
}
