//go:build scan

package main

import "strings"

// scanMistake is planted into a copy of a stack, or of the Dockerfile, and must be found by each of the checks.
type scanMistake struct {
	Says      string
	Stack     string
	Where     string // the resource that they must name
	Checks    []string
	Plant     func(w *world)
	PlantText func(dockerfile string) string
}

func scanMistakes() []scanMistake {
	return []scanMistake{
		{
			Says: "SSH is open to the internet", Stack: "dev", Where: ingress + ".ssh", Checks: []string{"CKV_AWS_24", "AWS-0107"},
			Plant: add("dev", ingress, "internet-alb-443-in", "ssh", block{"from_port": 22.0, "to_port": 22.0}),
		},
		{
			Says: "the database is in the clear", Stack: "prod", Where: "aws_rds_cluster.database", Checks: []string{"CKV_AWS_96", "AWS-0079"},
			Plant: set("prod", "aws_rds_cluster", "database", "storage_encrypted", false),
		},
		{
			Says: "a bucket may be made public", Stack: "bootstrap", Where: "aws_s3_bucket.state", Checks: []string{"CKV2_AWS_6", "AWS-0086"},
			Plant: drop("bootstrap", "aws_s3_bucket_public_access_block", "state-private"),
		},
		{
			Says: "a role may do everything", Stack: "qa", Where: rolePolicy + ".rights-auth-task", Checks: []string{"CKV_AWS_62"},
			Plant: set("qa", rolePolicy, "rights-auth-task", "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
		},
		{
			Says: "events wait in the clear", Stack: "dev", Where: "aws_sqs_queue.events", Checks: []string{"CKV_AWS_27", "AWS-0096"},
			Plant: func(w *world) {
				set("dev", "aws_sqs_queue", "events", "kms_master_key_id", nil)(w)
				set("dev", "aws_sqs_queue", "events", "sqs_managed_sse_enabled", false)(w)
			},
		},
		{
			Says: "nobody scans an image", Stack: "shared", Where: "aws_ecr_repository.images-web", Checks: []string{"CKV_AWS_163", "AWS-0030"},
			Plant: set("shared", "aws_ecr_repository", "images-web", "image_scanning_configuration.scan_on_push", false),
		},
		{
			Says: "pages are served in the clear", Stack: "prod", Where: "aws_lb_listener.http", Checks: []string{"CKV_AWS_2", "AWS-0054"},
			Plant: set("prod", "aws_lb_listener", "http", "default_action", []any{block{"type": "forward", "target_group_arn": "${aws_lb_target_group.target-web.arn}"}}),
		},
		{
			Says: "images run as root", Stack: dockerfiles, Where: "Dockerfile", Checks: []string{"CKV_DOCKER_8", "DS-0002"},
			PlantText: func(dockerfile string) string {
				return strings.ReplaceAll(dockerfile, "USER 65532:65532\n", "USER root\n")
			},
		},
	}
}
