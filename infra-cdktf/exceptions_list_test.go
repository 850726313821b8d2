package main

import "slices"

func exceptions() []exception {
	return slices.Concat(exceptedAtTheEdge(), exceptedInRights(), exceptedInData(), exceptedInBuckets(), exceptedInLogs())
}

func exceptedAtTheEdge() []exception {
	return []exception{
		{
			Title: "The load balancer is public",
			Demands: []demand{
				{"AWS-0053", []string{"*/aws_lb.alb"}},
				{"CKV_AWS_260", []string{"*/aws_vpc_security_group_ingress_rule.internet-alb-80-in"}},
			},
			Because: "It is what people reach. Port 80 is open because a browser that is told no scheme tries it first.",
			Instead: "At port 80 it only sends to HTTPS, and port 443 leads to web alone; everything else is in private subnets.",
		},
		{
			Title: "Dev has no firewall",
			Demands: []demand{
				{"CKV2_AWS_28", []string{"dev/aws_lb.alb"}},
			},
			Because: "It costs $9 a month, a tenth of dev, and dev has nobody's notes.",
			Instead: "Qa and prod have it. Web's own limits of rate and size hold everywhere.",
		},
		{
			Title: "The firewall lets anonymous networks pass",
			Demands: []demand{
				{"CKV2_AWS_76", []string{"prod/aws_lb.alb", "qa/aws_lb.alb"}},
			},
			Because: "The check wants two of AWS's sets of rules: KnownBadInputs, which has those for Log4j and which we have, and AnonymousIpList. " +
				"That one refuses VPNs and hosting providers, from where people read their notes and programs call the API.",
			Instead: "The set of addresses with a bad name is refused, and every address has a limit. Nothing here is written in Java.",
		},
		{
			Title: "Tasks reach the internet",
			Demands: []demand{
				{"AWS-0104", []string{
					"*/aws_vpc_security_group_egress_rule.audit-internet-443-out", "*/aws_vpc_security_group_egress_rule.auth-internet-443-out",
					"*/aws_vpc_security_group_egress_rule.auth-internet-587-out", "*/aws_vpc_security_group_egress_rule.migrate-internet-443-out",
					"*/aws_vpc_security_group_egress_rule.notes-internet-443-out", "*/aws_vpc_security_group_egress_rule.web-internet-443-out",
				}},
			},
			Because: "AWS itself is there, behind addresses that change, and so is the mail server. Endpoints for all that tasks call would cost $73 a month in each environment.",
			Instead: "Only port 443, and 587 for auth. The database has no route out. Refused connections are in the flow log, in prod all of them.",
		},
		{
			Title: "The zone is not signed, and its queries are not logged",
			Demands: []demand{
				{"CKV2_AWS_38", []string{"shared/aws_route53_zone.zone"}},
				{"CKV2_AWS_39", []string{"shared/aws_route53_zone.zone"}},
			},
			Because: "DNSSEC needs the parent zone, which is not ours, and takes the site down when the two disagree. Who asks for our names is a resolver, not a person.",
			Instead: "Whoever forges an answer has no certificate: only Amazon may make one for the zone, and browsers that were here once insist on HTTPS.",
		},
		{
			Title: "Images have no health check",
			Demands: []demand{
				{"CKV_DOCKER_2", []string{"image/Dockerfile"}},
				{"DS-0026", []string{"image/Dockerfile"}},
			},
			Because: "ECS does not read it, and one image serves the service, its migrations and commands, which differ in it.",
			Instead: "The task definitions and docker-compose.yml have one, and a test holds them to be the same.",
		},
	}
}

func exceptedInRights() []exception {
	return []exception{
		{
			Title: "The boundary of roles allows everything",
			Demands: []demand{
				{"CKV2_AWS_40", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_286", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_287", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_288", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_289", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_290", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_355", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_62", []string{"shared/aws_iam_policy.boundary"}},
				{"CKV_AWS_63", []string{"shared/aws_iam_policy.boundary"}},
			},
			Because: "A boundary gives no right: it says what a role's own policy can give at most. This one takes away, " +
				"and what it does not take away it has to name as allowed.",
			Instead: "It denies to change identities, keys and the account, and all other regions. A role's own policy names actions and resources; " +
				"a test knows the few that cannot be limited to any.",
		},
		{
			Title: "Prod's pipeline may see all alarms",
			Demands: []demand{
				{"CKV_AWS_355", []string{"prod/aws_iam_role_policy.rights-pipeline"}},
			},
			Because: "It watches a composite alarm, and AWS tells of these only whoever may see all alarms.",
			Instead: "It may look and nothing else.",
		},
		{
			Title: "The nightly comparison looks at what has no scope",
			Demands: []demand{
				{"CKV_AWS_355", []string{"*/aws_iam_role_policy.rights-build-drift"}},
			},
			Because: "Terraform asks for alarms, parameters and log groups by lists, and AWS tells of these only whoever may see all; the check takes some for restrictable.",
			Instead: "The role may look and change nothing, and read no secret: `rows_drift_test.go` holds it to that.",
		},
		{
			Title: "Images are built with privileges",
			Demands: []demand{
				{"CKV_AWS_316", []string{"*/aws_codebuild_project.build-image"}},
			},
			Because: "Docker needs them within CodeBuild.",
			Instead: "Only this project has them. Its role may push to our repositories and read artifacts: no ECS, no secrets, no network of ours.",
		},
	}
}

func exceptedInData() []exception {
	return []exception{
		{
			Title: "Dev can be destroyed",
			Demands: []demand{
				{"AWS-0343", []string{"dev/aws_rds_cluster.database"}},
				{"CKV_AWS_139", []string{"dev/aws_rds_cluster.database"}},
				{"CKV_AWS_150", []string{"dev/aws_lb.alb"}},
			},
			Because: "It is meant to come and go; nothing in it is anybody's.",
			Instead: "`Protect` guards qa and prod.",
		},
		{
			Title: "AWS Backup has prod's database only",
			Demands: []demand{
				{"CKV2_AWS_8", []string{"dev/aws_rds_cluster.database", "qa/aws_rds_cluster.database"}},
			},
			Because: "Its locked vault is for what may never be lost, and it costs.",
			Instead: "RDS keeps a week of backups of theirs.",
		},
		{
			Title: "The database cannot be wound back in place",
			Demands: []demand{
				{"CKV_AWS_326", []string{"*/aws_rds_cluster.database"}},
			},
			Because: "Backtracking takes back what all services wrote, the trail too, and is paid by the change.",
			Instead: "A copy can be restored beside it, as it was at any second of the last 7 days, in prod 35.",
		},
		{
			Title: "The database's host is not watched",
			Demands: []demand{
				{"CKV_AWS_118", []string{"*/aws_rds_cluster_instance.database-0", "prod/aws_rds_cluster_instance.database-1"}},
			},
			Because: "Enhanced monitoring needs a role with rights that AWS writes, and writes into a log group that all databases of the account share.",
			Instead: "Capacity, connections, slow queries and replication have alarms or stand on the dashboard; in qa and prod there is Performance Insights.",
		},
		{
			Title: "Dev is watched less",
			Demands: []demand{
				{"AWS-0034", []string{"dev/aws_ecs_cluster.cluster"}},
				{"AWS-0133", []string{"dev/aws_rds_cluster_instance.database-0"}},
				{"CKV_AWS_353", []string{"dev/aws_rds_cluster_instance.database-0"}},
				{"CKV_AWS_65", []string{"dev/aws_ecs_cluster.cluster"}},
			},
			Because: "Container Insights would cost $15 a month, and Performance Insights memory, of which a database that pauses has little.",
			Instead: "Logs, the dashboard and the alarms that mean something there.",
		},
		{
			Title: "Parameters that are no secrets are in the clear",
			Demands: []demand{
				{"CKV2_AWS_34", []string{
					"*/aws_ssm_parameter.parameter-mysql-ca", "*/aws_ssm_parameter.parameter-tls-ca", "shared/aws_ssm_parameter.connection-arn",
				}},
			},
			Because: "Certificates of authorities are shown to everybody who connects, and an ARN opens nothing.",
			Instead: "Every secret is a SecureString under our key, and in no state of Terraform.",
		},
		{
			Title: "Images are encrypted with a key of AWS",
			Demands: []demand{
				{"AWS-0033", []string{"shared/aws_ecr_repository.images-*"}},
				{"CKV_AWS_136", []string{"shared/aws_ecr_repository.images-*"}},
			},
			Because: "They hold no secret: what is in them is the source, compiled. A key of ours would be one more thing without which no task starts.",
			Instead: "They are encrypted, scanned when pushed, and their tags never change.",
		},
	}
}

func exceptedInBuckets() []exception {
	return []exception{
		{
			Title: "The load balancer's logs are encrypted with a key of AWS",
			Demands: []demand{
				{"AWS-0132", []string{"*/aws_s3_bucket_server_side_encryption_configuration.lb-logs-encryption"}},
				{"CKV_AWS_145", []string{"*/aws_s3_bucket.lb-logs"}},
			},
			Because: "A load balancer can write its logs with S3's own keys only.",
			Instead: "Nobody but the load balancer writes there, nobody of ours reads there, and they are deleted in time.",
		},
		{
			Title: "Who reads buckets is not logged",
			Demands: []demand{
				{"AWS-0089", []string{"*/aws_s3_bucket.artifacts", "*/aws_s3_bucket.lb-logs", "bootstrap/aws_s3_bucket.state"}},
				{"CKV_AWS_18", []string{"*/aws_s3_bucket.artifacts", "*/aws_s3_bucket.lb-logs", "bootstrap/aws_s3_bucket.state"}},
			},
			Because: "Each would need one more bucket, which would have the same finding. What is in them is the source, logs and a state without secrets.",
			Instead: "They are private to the account. Who used their keys is in CloudTrail, which an account has or has not; it is not ours to make.",
		},
		{
			Title: "Buckets are in one region and tell nobody",
			Demands: []demand{
				{"CKV2_AWS_62", []string{"*/aws_s3_bucket.artifacts", "*/aws_s3_bucket.lb-logs", "bootstrap/aws_s3_bucket.state"}},
				{"CKV_AWS_144", []string{"*/aws_s3_bucket.artifacts", "*/aws_s3_bucket.lb-logs", "bootstrap/aws_s3_bucket.state"}},
			},
			Because: "All of Notejam is in one region, and without it neither logs nor state are of use. Nothing waits for an object in them.",
			Instead: "They keep former versions; the source of artifacts is in GitLab.",
		},
	}
}

func exceptedInLogs() []exception {
	return []exception{
		{
			Title: "Dev and qa forget their logs sooner than in a year",
			Demands: []demand{
				{"CKV_AWS_338", []string{"dev/aws_cloudwatch_log_group.*", "qa/aws_cloudwatch_log_group.*"}},
			},
			Because: "What happens there is of use for days, and is paid by the month.",
			Instead: "Prod keeps all of them for a year.",
		},
	}
}
