package main

import "slices"

const (
	ingress    = "aws_vpc_security_group_ingress_rule"
	egress     = "aws_vpc_security_group_egress_rule"
	rolePolicy = "aws_iam_role_policy"
)

func mistakes() []mistake {
	return slices.Concat(plantedInNetwork(), plantedInParts(), plantedInDelivery(), plantedInRights())
}

func plantedInNetwork() []mistake {
	return []mistake{
		{"each environment is a stack with its own state", "two environments share a state", func(w *world) {
			at(w.Modules["qa"].JSON, "terraform", "backend", "s3")["key"] = "notejam/dev.tfstate"
		}},
		{"each environment is a stack with its own state", "a state is encrypted with a key of S3's own", func(w *world) {
			delete(at(w.Modules["prod"].JSON, "terraform", "backend", "s3"), "kms_key_id")
		}},
		{"versions are pinned, and no token of GitLab is asked for", "the provider is the newest there is", func(w *world) {
			at(w.Modules["dev"].JSON, "terraform", "required_providers", "aws")["version"] = "~> 6.0"
		}},
		{"all of it is AWS", "another provider creeps in", func(w *world) {
			at(w.Modules["dev"].JSON, "terraform", "required_providers")["random"] = block{"source": "hashicorp/random"}
		}},
		{"environments differ in what costs, scales and guards", "prod is as small as dev", func(w *world) {
			for _, name := range []string{"qa", "prod"} {
				set(name, "aws_appautoscaling_target", "scale-web", "max_capacity", 2.0)(w)
			}
		}},
		{"each environment has one VPC of its own addresses", "two VPCs overlap", set("qa", "aws_vpc", "vpc", "cidr_block", "10.10.0.0/16")},
		{"every tier has subnets in two zones, and each part uses its own tier", "both data subnets are in one zone",
			set("prod", "aws_subnet", "data-b", "availability_zone", "us-east-1a")},
		{"every tier has subnets in two zones, and each part uses its own tier", "tasks run in public subnets",
			set("dev", "aws_ecs_service", "auth", "network_configuration.subnets", []any{"${aws_subnet.public-a.id}", "${aws_subnet.public-b.id}"})},
		{"only the load balancer and NAT are public", "the NAT gateway is in a private subnet", set("dev", "aws_nat_gateway", "nat-gateway-a", "subnet_id", "${aws_subnet.app-a.id}")},
		{"only the load balancer and NAT are public", "the data tier has a way out",
			add("prod", "aws_route", "app-a-nat", "data-nat", block{"route_table_id": "${aws_route_table.routes-data.id}"})},
		{"only the load balancer and NAT are public", "tasks have public addresses", set("qa", "aws_ecs_service", "web", "network_configuration.assign_public_ip", true)},
		{"the internet reaches the load balancer alone, and every rule names a port", "SSH is open",
			add("prod", ingress, "internet-alb-443-in", "ssh", block{"security_group_id": "${aws_security_group.group-web.id}", "from_port": 22.0, "to_port": 22.0})},
		{"the internet reaches the load balancer alone, and every rule names a port", "a rule opens all ports", set("dev", egress, "web-internet-443-out", "ip_protocol", "-1")},
		{"the internet reaches the load balancer alone, and every rule names a port", "the default group lets everybody talk",
			set("dev", "aws_default_security_group", "default-group", "ingress", []any{block{"self": true}})},
		{"port 8000 is open to the load balancer alone", "auth may call web",
			add("dev", ingress, "alb-web-8000-in", "auth-web", block{"referenced_security_group_id": "${aws_security_group.group-auth.id}"})},
		{"port 3306 is open to auth, notes, audit and migrations alone", "web reaches the database",
			add("prod", ingress, "auth-db-3306-in", "web-db", block{"referenced_security_group_id": "${aws_security_group.group-web.id}"})},
		{"port 9090 is open to whom the contracts name, and nobody else", "auth may call notes",
			add("qa", ingress, "web-notes-9090-in", "auth-notes", block{"referenced_security_group_id": "${aws_security_group.group-auth.id}"})},
		{"services reach the internet at 443 for AWS, and auth at 587 for mails", "the database reaches the internet",
			add("prod", egress, "web-internet-443-out", "db-internet", block{"security_group_id": "${aws_security_group.group-db.id}"})},
		{"whoever is let in somewhere is let out there, and nobody else is", "notes may not get out to auth", drop("dev", egress, "notes-auth-9090-out")},
	}
}

func plantedInParts() []mistake {
	return []mistake{
		{"each environment's name leads to its load balancer", "qa has dev's name", set("qa", "aws_route53_record", "site", "name", "dev.notejam.example.com")},
		{"the load balancer is public and leads to web alone, at port 8000", "audit is behind the load balancer, too",
			set("dev", "aws_ecs_service", "audit", "load_balancer", []any{block{"container_name": "audit", "container_port": 9090.0}})},
		{"the load balancer listens at 80 and 443", "a third port is open", add("dev", "aws_lb_listener", "https", "debug", block{"port": 9100.0})},
		{"TLS ends at the load balancer with a certificate that AWS has validated", "old TLS is allowed", set("prod", "aws_lb_listener", "https", "ssl_policy", "ELBSecurityPolicy-2016-08")},
		{"TLS ends at the load balancer with a certificate that AWS has validated", "the certificate is used unvalidated",
			set("prod", "aws_lb_listener", "https", "certificate_arn", "${aws_acm_certificate.certificate.arn}")},
		{"HTTP only sends to HTTPS", "pages are served in the clear",
			set("dev", "aws_lb_listener", "http", "default_action", []any{block{"type": "forward", "target_group_arn": "${aws_lb_target_group.target-web.arn}"}})},
		{"there is one public zone, and only Amazon makes certificates for it", "dev makes a zone of its own", bring("dev", "aws_route53_zone")},
		{"every environment makes its own records in the shared zone", "the certificate's records are not made", set("dev", "aws_route53_record", "certificate-proof", "for_each", nil)},
		{"a firewall stands before qa and prod, and long notes only count there", "long notes are refused by the firewall", func(w *world) {
			for _, rule := range each(w.Modules["prod"].one("aws_wafv2_web_acl", "firewall")["rule"]) {
				delete(at(rule, "statement", "managed_rule_group_statement"), "rule_action_override")
			}
		}},
		{"a firewall stands before qa and prod, and long notes only count there", "sessions are in the firewall's log",
			set("qa", "aws_wafv2_web_acl_logging_configuration", "firewall-log", "redacted_fields", nil)},
		{"the load balancer logs, drops bad headers, and is guarded in qa and prod", "prod's load balancer can be deleted", set("prod", "aws_lb", "alb", "enable_deletion_protection", false)},
		{"the database is Aurora MySQL Serverless v2", "an instance is public", set("prod", "aws_rds_cluster_instance", "database-1", "publicly_accessible", true)},
		{"the database grows and shrinks with what it has to do", "the database cannot grow", set("qa", "aws_rds_cluster", "database", "serverlessv2_scaling_configuration.max_capacity", 0.5)},
		{"the database is backed up, and not lost by mistake", "prod's backups are kept a day", set("prod", "aws_rds_cluster", "database", "backup_retention_period", 1.0)},
		{"the database is backed up, and not lost by mistake", "prod's database may be destroyed", set("prod", "aws_rds_cluster", "database", "lifecycle.prevent_destroy", false)},
		{"what is stored is encrypted with our keys, and these are renewed", "the database is in the clear", set("dev", "aws_rds_cluster", "database", "storage_encrypted", false)},
		{"what is stored is encrypted with our keys, and these are renewed", "a key is never renewed", set("dev", "aws_kms_key", "key-data", "enable_key_rotation", false)},
		{"the master's password is made and kept by RDS", "the master's password is in the stack", set("dev", "aws_rds_cluster", "database", "master_password", "hunter2")},
		{"connections to the database are encrypted, many enough, and of the right alphabet", "tasks could open more connections than there are", func(w *world) {
			tasks := w.Environments[2].Tasks["notes"]
			tasks.MaxOpen = 100
			w.Environments[2].Tasks["notes"] = tasks
		}},
		{"an event that fails ten times waits two weeks in a queue of its own", "what fails is lost after a day", set("prod", "aws_sqs_queue", "events-dead", "message_retention_seconds", 86400.0)},
		{"four services run on Fargate, and jobs beside them", "audit is gone", drop("prod", "aws_ecs_service", "audit")},
		{"every service has more tasks when its CPU is busy", "prod's auth may have one task", set("prod", "aws_appautoscaling_target", "scale-auth", "min_capacity", 1.0)},
		{"every service has more tasks when its CPU is busy", "notes never grows", drop("qa", "aws_appautoscaling_policy", "scale-notes-cpu")},
		{"a deployment replaces tasks one by one, and is taken back if they fail", "the circuit breaker does not roll back",
			set("prod", "aws_ecs_service", "web", "deployment_circuit_breaker.rollback", false)},
		{"a deployment replaces tasks one by one, and is taken back if they fail", "Terraform undoes what is deployed", set("dev", "aws_ecs_service", "notes", "lifecycle.ignore_changes", []any{})},
		{"secrets are SecureStrings outside of Terraform's state, and never in the open", "a secret is in the stack",
			set("dev", "aws_ssm_parameter", "parameter-auth-sealing-key", "value", "c2VjcmV0")},
		{"secrets are SecureStrings outside of Terraform's state, and never in the open", "a password is a plain variable",
			edit("prod", "aws_ecs_task_definition", "task-notes", "container_definitions", `"name":"NOTES_MYSQL_MAX_OPEN"`, `"name":"NOTES_MYSQL_PASSWORD"`)},
		{"secrets are SecureStrings outside of Terraform's state, and never in the open", "a build has a token in the open",
			set("dev", "aws_codebuild_project", "build-image", "environment.environment_variable", []any{block{"name": "GITLAB_TOKEN", "value": "x"}})},
		{"dev costs little: spot tasks, one NAT gateway, a database that pauses, nights off, a budget", "dev does not sleep", drop("dev", "aws_appautoscaling_scheduled_action", "sleep-web")},
		{"containers run as nobody, on a disk that they cannot write, and end in time", "auth runs as root",
			edit("dev", "aws_ecs_task_definition", "task-auth", "container_definitions", `"user":"65532:65532"`, `"user":"0:0"`)},
		{"a service collects its garbage before its task's memory is full", "a smaller task keeps the limit of a larger one",
			set("prod", "aws_ecs_task_definition", "task-web", "memory", "512")},
		{"services find each other by name, as the contracts say who calls whom", "web calls another environment's notes",
			edit("dev", "aws_ecs_task_definition", "task-web", "container_definitions", "notes.notejam-dev.internal", "notes.notejam-prod.internal")},
	}
}

func plantedInDelivery() []mistake {
	return []mistake{
		{"the source comes from GitLab by one connection", "qa has a connection of its own", bring("qa", "aws_codeconnections_connection")},
		{"each environment has a pipeline, with its stages in order", "nobody approves releases to prod", func(w *world) {
			pipeline := w.Modules["prod"].one("aws_codepipeline", "pipeline")
			pipeline["stage"] = slices.DeleteFunc(pipeline["stage"].([]any), func(s any) bool { return at(s)["name"] == "Approve" })
		}},
		{"a push to the environment's branch starts its pipeline, and no other", "dev releases from main", func(w *world) {
			at(w.Modules["dev"].one("aws_codepipeline", "pipeline"), "trigger", "git_configuration", "push", "branches")["includes"] = []any{"main"}
		}},
		{"tests come before images", "images are built before tests", swap("dev", "Test", "Image")},
		{"images are kept once, scanned and never changed, each service's in its own repository", "a tag can change its image",
			set("shared", "aws_ecr_repository", "images-web", "image_tag_mutability", "MUTABLE")},
		{"the database is brought up to date after images are built and before services are deployed", "services are deployed before migrations", swap("prod", "Migrate", "Deploy")},
		{"a release that fails is taken back, and those who are called are deployed first", "a failed deployment stays", func(w *world) {
			for _, stage := range each(w.Modules["qa"].one("aws_codepipeline", "pipeline")["stage"]) {
				delete(stage, "on_failure")
			}
		}},
		{"a release to prod is watched, and taken back if people notice it", "slow pages are nobody's matter",
			edit("prod", "aws_cloudwatch_composite_alarm", "alarm-objective", "alarm_rule", "alarm-site-slow", "alarm-auth-cpu")},
		{"builds log into groups of ours", "a build logs into a group that never forgets", set("dev", "aws_codebuild_project", "build-test", "logs_config.cloudwatch_logs.group_name", "/aws/codebuild/test")},
		{"no bridge brings the source over", "a Lambda is back", bring("shared", "aws_lambda_function")},
		{"what a person has to do once is told by shared", "nobody is told the name servers", func(w *world) {
			delete(at(w.Modules["shared"].JSON, "output"), "name_servers")
		}},
		{"builds run the buildspecs of the repository", "a build runs another buildspec", set("dev", "aws_codebuild_project", "build-test", "source.buildspec", "buildspec.yml")},
		{"only the build of images runs Docker", "the deployment runs Docker", set("dev", "aws_codebuild_project", "build-deploy", "environment.privileged_mode", true)},
		{"what is on AWS is compared with the branch each night, and a difference reaches a person", "prod is compared with dev's branch",
			set("prod", "aws_codebuild_project", "build-drift", "source_version", "dev")},
		{"what is on AWS is compared with the branch each night, and a difference reaches a person", "a difference is nobody's matter",
			edit("qa", "aws_cloudwatch_event_rule", "drift-found", "event_pattern", `"FAILED",`, "")},
		{"the comparison may read all that there is, change nothing, and read no secret", "it may read every parameter",
			edit("prod", rolePolicy, "rights-build-drift", "policy", "parameter/notejam/shared/connection-arn", "parameter/notejam/*")},
		{"the comparison may read all that there is, change nothing, and read no secret", "it cannot read what there is since today", bring("dev", "aws_dynamodb_table")},
		{"the comparison may read all that there is, change nothing, and read no secret", "it may destroy what it looks at",
			edit("dev", rolePolicy, "rights-build-drift", "policy", "sqs:ListQueueTags", "sqs:DeleteQueue")},
		{"everything logs into groups of ours that forget", "a log is kept for ever", set("prod", "aws_cloudwatch_log_group", "logs-web", "retention_in_days", 0.0)},
		{"everything logs into groups of ours that forget", "RDS makes a group of its own", drop("dev", "aws_cloudwatch_log_group", "logs-database-slowquery")},
		{"a dashboard shows every service, the site, the database and the queues", "dead letters are not shown",
			edit("prod", "aws_cloudwatch_dashboard", "dashboard", "dashboard_body", "notejam-prod-events-dead", "notejam-prod-dead")},
		{"every alarm reaches a person, and says what no data mean", "an alarm wakes nobody", set("prod", "aws_cloudwatch_metric_alarm", "alarm-events-dead", "alarm_actions", []any{})},
		{"every metric that an alarm or a chart takes from logs is counted there", "nobody counts panics", drop("prod", "aws_cloudwatch_log_metric_filter", "counted-auth-Panics")},
	}
}

func plantedInRights() []mistake {
	return []mistake{
		{"no role may do everything, or anything to everything", "a role may do all of SQS", edit("dev", rolePolicy, "rights-notes-task", "policy", "sqs:SendMessage", "sqs:*")},
		{"no role may do everything, or anything to everything", "a role may read every parameter",
			edit("dev", rolePolicy, "rights-web-exec", "policy", `"Resource":["arn:aws:ssm:us-east-1:123456789012:parameter/notejam/dev/tls-ca","arn:aws:ssm:us-east-1:123456789012:parameter/notejam/dev/web/form-key","arn:aws:ssm:us-east-1:123456789012:parameter/notejam/dev/web/tls-cert","arn:aws:ssm:us-east-1:123456789012:parameter/notejam/dev/web/tls-key"]`, `"Resource":["*"]`)},
		{"every role is bounded, and taken on by one service for this account alone", "a role has no boundary", set("prod", "aws_iam_role", "role-pipeline", "permissions_boundary", nil)},
		{"roles are handed to tasks alone, each by its name", "a role is handed to anybody", edit("dev", rolePolicy, "rights-build-deploy", "policy", "iam:PassedToService", "iam:Passed")},
		{"a task never has the role that starts it, and no two services share a secret", "notes reads the password of auth",
			edit("dev", rolePolicy, "rights-notes-exec", "policy", "dev/notes/db-password", "dev/auth/db-password")},
		{"only the task that makes the database's users reads the administrator's password", "a migration reads it, too",
			edit("prod", rolePolicy, "rights-migrate-auth-exec", "policy", "ssm:GetParameters", "secretsmanager:GetSecretValue")},
		{"those who send events cannot read them, audit cannot send, and only an operator's task touches dead letters", "audit may send events",
			edit("dev", rolePolicy, "rights-audit-task", "policy", "sqs:DeleteMessage", "sqs:SendMessage")},
		{"those who send events cannot read them, audit cannot send, and only an operator's task touches dead letters", "the operator cannot give a message back",
			edit("prod", rolePolicy, "rights-audit-ops-task", "policy", `"sqs:ChangeMessageVisibility",`, "")},
		{"no role reads the key that services' certificates are signed with", "web may be every service", edit("prod", rolePolicy, "rights-web-exec", "policy", `/tls-ca"`, `/tls-ca*"`)},
		{"policies of buckets, queues and topics let nobody in who is not named, and nothing in the clear", "a bucket is public",
			set("prod", "aws_s3_bucket_public_access_block", "artifacts-private", "block_public_policy", false)},
		{"keys belong to the account, and who else uses one is named and limited", "everybody may use a key",
			edit("prod", "aws_kms_key", "key-data", "policy", `{"AWS":"arn:aws:iam::123456789012:root"}`, `"*"`)},
		{"arguments have Terraform's names, not the bindings'", "a firewall's rule has the bindings' name", func(w *world) {
			at(each(w.Modules["prod"].one("aws_wafv2_web_acl", "firewall")["rule"])[0], "statement")["managedRuleGroupStatement"] = block{}
		}},
		{"everything has the tags that costs are told apart by", "qa's costs are dev's", func(w *world) {
			at(w.Modules["qa"].JSON, "provider", "aws", "default_tags", "tags")["Environment"] = "dev"
		}},
	}
}

// swap makes two stages of a pipeline change places.
func swap(module, one, other string) func(w *world) {
	return func(w *world) {
		names, stages := stageNames(w.Modules[module]), w.Modules[module].one("aws_codepipeline", "pipeline")["stage"].([]any)
		i, j := slices.Index(names, one), slices.Index(names, other)
		stages[i], stages[j] = stages[j], stages[i]
	}
}
