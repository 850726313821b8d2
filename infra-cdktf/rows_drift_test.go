package main

import (
	"maps"
	"regexp"
	"slices"
)

var onlyReads = regexp.MustCompile(`^[a-z0-9-]+:(Describe|Get|List|View|BatchGet)`)

func driftProperties() []property {
	return []property{
		{0, "what is on AWS is compared with the branch each night, and a difference reaches a person", func(w *world, f *faults) {
			for env, m := range w.environments {
				project := m.one("aws_codebuild_project", "build-drift")
				source := at(project, "source")
				f.check(source["location"] == "https://gitlab.com/"+w.Account.Repository+".git" && project["source_version"] == env.Branch, "%s: it is compared with %v of %v", env.Name, project["source_version"], source["location"])
				f.check(target(at(source, "auth")["resource"]) == "connection", "%s: the source is fetched by %v", env.Name, at(source, "auth"))
				rule, starts := m.one("aws_cloudwatch_event_rule", "drift-nightly"), m.one("aws_cloudwatch_event_target", "drift-nightly-build")
				f.check(daily.MatchString(word(rule["schedule_expression"])), "%s: it is compared at %v", env.Name, rule["schedule_expression"])
				f.check(target(starts["rule"]) == "drift-nightly" && target(starts["arn"]) == "build-drift" && target(starts["role_arn"]) == "role-drift-nightly", "%s: each night starts %v", env.Name, starts)
				pattern := at(parse(orEmpty(m.one("aws_cloudwatch_event_rule", "drift-found")["event_pattern"])), "detail")
				f.check(slices.Equal(words(pattern["project-name"]), []string{word(project["name"])}) && slices.Contains(words(pattern["build-status"]), "FAILED"), "%s: nobody notices %v", env.Name, pattern)
				mail := m.one("aws_cloudwatch_event_target", "drift-found-mail")
				f.check(target(mail["rule"]) == "drift-found" && target(mail["arn"]) == "alarms", "%s: nobody is told: %v", env.Name, mail)
			}
		}},
		{0, "the comparison may read all that there is, change nothing, and read no secret", func(w *world, f *faults) {
			for env, m := range w.environments {
				may := map[string]bool{}
				for _, st := range policies(m)["rights-build-drift"] {
					for _, action := range words(st["Action"]) {
						may[action] = true
						known := onlyReads.MatchString(action) || st["Sid"] == "WritesItsLog" || action == "codeconnections:UseConnection"
						if action == "kms:Decrypt" {
							known = at(st, "Condition", "ForAnyValue:StringEquals")["kms:ResourceAliases"] == stateAlias
						}
						f.check(known, "%s: the comparison may %s", env.Name, action)
					}
				}
				for kind := range at(m.JSON, "resource") {
					r, known := readBy[kind]
					f.check(known, "%s: nobody says how a %s is read", env.Name, kind)
					for _, action := range slices.Concat(r.Any, r.Of) {
						f.check(may[action], "%s: the comparison may not %s", env.Name, action)
					}
				}
				for id, parameter := range m.all("aws_ssm_parameter") {
					reads := slices.Contains(readers(w, m, word(parameter["name"])), "rights-build-drift")
					f.check(!reads, "%s: the comparison reads %s", env.Name, id)
				}
			}
			used := map[string]bool{}
			for _, m := range w.environments {
				for kind := range at(m.JSON, "resource") {
					used[kind] = true
				}
			}
			for _, kind := range slices.Sorted(maps.Keys(readBy)) {
				f.check(used[kind], "how a %s is read is said, and there is none", kind)
			}
		}},
	}
}

var daily = regexp.MustCompile(`^cron\(\d+ \d+ \* \* \? \*\)$`)
