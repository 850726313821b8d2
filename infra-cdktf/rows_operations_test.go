package main

import (
	"strings"
)

func operationProperties() []property {
	return []property{
		{25, "everything logs into groups of ours that forget", func(w *world, f *faults) {
			for env, m := range w.environments {
				names := map[string]bool{}
				for name, group := range m.all("aws_cloudwatch_log_group") {
					days, _ := group["retention_in_days"].(float64)
					f.check(days > 0, "%s: %s is kept for ever", env.Name, name)
					names[word(group["name"])] = true
				}
				for name, container := range containers(m) {
					options := at(container, "logConfiguration", "options")
					f.check(at(container, "logConfiguration")["logDriver"] == "awslogs" && names[word(options["awslogs-group"])], "%s: %s logs into %v", env.Name, name, options["awslogs-group"])
					f.check(options["mode"] == "non-blocking", "%s: a log that does not get through stops %s", env.Name, name)
				}
				for _, export := range words(m.one("aws_rds_cluster", "database")["enabled_cloudwatch_logs_exports"]) {
					f.check(names["/aws/rds/cluster/notejam-"+env.Name+"/"+export], "%s: RDS would make a group for %s that never forgets", env.Name, export)
				}
				for _, rule := range []string{"pipeline", "ecs"} {
					pattern := word(m.one("aws_cloudwatch_event_rule", "events-"+rule)["event_pattern"])
					to := word(m.one("aws_cloudwatch_event_target", "events-"+rule+"-log")["arn"])
					_, group, _ := strings.Cut(to, ":log-group:")
					source := map[string]string{"pipeline": "aws.codepipeline", "ecs": "aws.ecs"}[rule]
					f.check(strings.Contains(pattern, source) && names[group] && strings.HasPrefix(group, "/aws/events/"), "%s: events of %s go to %s", env.Name, rule, to)
				}
				flow := m.one("aws_flow_log", "flow-log")
				f.check(target(flow["vpc_id"]) == "vpc" && len(m.one("aws_cloudwatch_log_group", target(flow["log_destination"]))) > 0, "%s: nobody logs connections", env.Name)
				bucket := target(at(m.one("aws_lb", "alb"), "access_logs")["bucket"])
				f.check(bucket == "lb-logs-policy", "%s: the load balancer logs into %s, before it may", env.Name, bucket)
			}
			f.check(len(w.Modules["shared"].all("aws_cloudwatch_log_resource_policy")) == 1, "EventBridge may not write logs")
		}},
		{26, "a dashboard shows every service, the site, the database and the queues", func(w *world, f *faults) {
			for env, m := range w.environments {
				body := word(m.one("aws_cloudwatch_dashboard", "dashboard")["dashboard_body"])
				widgets := each(at(parse(orEmpty(body)))["widgets"])
				f.check(len(widgets) > 20, "%s: it has %d widgets", env.Name, len(widgets))
				for _, part := range []string{
					`"ServiceName","auth"`, `"ServiceName","notes"`, `"ServiceName","audit"`, `"ServiceName","web"`,
					"${aws_lb.alb.arn_suffix}", `"DBClusterIdentifier","notejam-` + env.Name + `"`,
					`"QueueName","notejam-` + env.Name + `-events"`, `"QueueName","notejam-` + env.Name + `-events-dead"`,
					"/aws/events/notejam-" + env.Name + "-pipeline",
				} {
					f.check(strings.Contains(body, part), "%s: it does not show %s", env.Name, part)
				}
			}
		}},
		{26, "every alarm reaches a person, and says what no data mean", func(w *world, f *faults) {
			for env, m := range w.environments {
				mail := m.one("aws_sns_topic_subscription", "alarms-mail")
				f.check(target(mail["topic_arn"]) == "alarms" && mail["endpoint"] == w.Account.AlarmEmail, "%s: nobody gets the topic's mail", env.Name)
				alarms := m.all("aws_cloudwatch_metric_alarm")
				for name, alarm := range alarms {
					f.check(len(words(alarm["alarm_actions"])) == 1 && target(words(alarm["alarm_actions"])[0]) == "alarms", "%s: %s wakes nobody", env.Name, name)
					f.check(alarm["treat_missing_data"] != nil, "%s: %s does not say what no data mean", env.Name, name)
					f.check(len(word(alarm["alarm_description"])) > 20, "%s: %s does not say what it means", env.Name, name)
				}
				always := []string{"events-dead", "events-old", "site-unhealthy", "auth-memory", "notes-memory", "audit-memory", "web-memory", "auth-parked", "notes-parked"}
				if env.Wide {
					always = append(always, "site-errors", "site-slow", "site-empty", "database-full-capacity", "database-connections", "certificate-old", "auth-held", "notes-held", "audit-unsigned", "auth-cpu", "web-errors")
				}
				for _, name := range always {
					f.check(len(alarms["alarm-"+name]) > 0, "%s: there is no alarm %s", env.Name, name)
				}
			}
		}},
		{0, "every metric that an alarm or a chart takes from logs is counted there", func(w *world, f *faults) {
			for env, m := range w.environments {
				counted := map[string]bool{}
				for name, filter := range m.all("aws_cloudwatch_log_metric_filter") {
					to := at(filter, "metric_transformation")
					counted[word(to["namespace"])+"/"+word(to["name"])] = true
					f.check(len(m.one("aws_cloudwatch_log_group", target(filter["log_group_name"]))) > 0, "%s: %s reads no log", env.Name, name)
				}
				for name, alarm := range m.all("aws_cloudwatch_metric_alarm") {
					namespace := word(alarm["namespace"])
					f.check(!strings.HasPrefix(namespace, "Notejam/") || counted[namespace+"/"+word(alarm["metric_name"])], "%s: %s looks at nothing", env.Name, name)
				}
			}
		}},
	}
}
