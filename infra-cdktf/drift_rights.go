package main

import (
	"maps"
	"slices"
	"strings"
)

// reads are the actions with which Terraform reads one kind of resource: Any are for all resources or none, the others
// for those that the service's scope names.
type reads struct{ Any, Of []string }

// readBy is every kind of resource that an environment has. drift_test.go fails when one is missing.
var readBy = map[string]reads{
	"aws_acm_certificate":                                {Of: []string{"acm:DescribeCertificate", "acm:ListTagsForCertificate"}},
	"aws_acm_certificate_validation":                     {Of: []string{"acm:DescribeCertificate"}},
	"aws_appautoscaling_policy":                          {Any: []string{"application-autoscaling:DescribeScalingPolicies"}},
	"aws_appautoscaling_scheduled_action":                {Any: []string{"application-autoscaling:DescribeScheduledActions"}},
	"aws_appautoscaling_target":                          {Any: []string{"application-autoscaling:DescribeScalableTargets"}, Of: []string{"application-autoscaling:ListTagsForResource"}},
	"aws_backup_plan":                                    {Of: []string{"backup:GetBackupPlan", "backup:ListTags"}},
	"aws_backup_selection":                               {Of: []string{"backup:GetBackupSelection"}},
	"aws_backup_vault":                                   {Of: []string{"backup:DescribeBackupVault", "backup:ListTags"}},
	"aws_backup_vault_lock_configuration":                {Of: []string{"backup:DescribeBackupVault"}},
	"aws_budgets_budget":                                 {Of: []string{"budgets:ListTagsForResource", "budgets:ViewBudget"}},
	"aws_cloudwatch_composite_alarm":                     {Any: []string{"cloudwatch:DescribeAlarms"}, Of: []string{"cloudwatch:ListTagsForResource"}},
	"aws_cloudwatch_dashboard":                           {Of: []string{"cloudwatch:GetDashboard"}},
	"aws_cloudwatch_event_rule":                          {Of: []string{"events:DescribeRule", "events:ListTagsForResource"}},
	"aws_cloudwatch_event_target":                        {Of: []string{"events:ListTargetsByRule"}},
	"aws_cloudwatch_log_group":                           {Any: []string{"logs:DescribeLogGroups"}, Of: []string{"logs:ListTagsForResource"}},
	"aws_cloudwatch_log_metric_filter":                   {Of: []string{"logs:DescribeMetricFilters"}},
	"aws_cloudwatch_metric_alarm":                        {Any: []string{"cloudwatch:DescribeAlarms"}, Of: []string{"cloudwatch:ListTagsForResource"}},
	"aws_codebuild_project":                              {Of: []string{"codebuild:BatchGetProjects"}},
	"aws_codepipeline":                                   {Of: []string{"codepipeline:GetPipeline", "codepipeline:ListTagsForResource"}},
	"aws_db_event_subscription":                          {Of: []string{"rds:DescribeEventSubscriptions", "rds:ListTagsForResource"}},
	"aws_db_subnet_group":                                {Of: []string{"rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"}},
	"aws_default_security_group":                         {Any: []string{"ec2:DescribeSecurityGroups"}},
	"aws_ecs_cluster":                                    {Of: []string{"ecs:DescribeClusters"}},
	"aws_ecs_cluster_capacity_providers":                 {Of: []string{"ecs:DescribeClusters"}},
	"aws_ecs_service":                                    {Of: []string{"ecs:DescribeServices"}},
	"aws_ecs_task_definition":                            {Any: []string{"ecs:DescribeTaskDefinition"}},
	"aws_eip":                                            {Any: []string{"ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"}},
	"aws_flow_log":                                       {Any: []string{"ec2:DescribeFlowLogs"}},
	"aws_iam_role":                                       {Of: []string{"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}},
	"aws_iam_role_policy":                                {Of: []string{"iam:GetRolePolicy"}},
	"aws_internet_gateway":                               {Any: []string{"ec2:DescribeInternetGateways"}},
	"aws_kms_alias":                                      {Any: []string{"kms:ListAliases"}},
	"aws_kms_key":                                        {Of: []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"}},
	"aws_lb":                                             {Any: []string{"elasticloadbalancing:DescribeCapacityReservation", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags"}},
	"aws_lb_listener":                                    {Any: []string{"elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTags"}},
	"aws_lb_target_group":                                {Any: []string{"elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups"}},
	"aws_nat_gateway":                                    {Any: []string{"ec2:DescribeNatGateways"}},
	"aws_rds_cluster":                                    {Of: []string{"rds:DescribeDBClusters", "rds:DescribeGlobalClusters", "rds:ListTagsForResource"}},
	"aws_rds_cluster_instance":                           {Of: []string{"rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:ListTagsForResource"}},
	"aws_rds_cluster_parameter_group":                    {Of: []string{"rds:DescribeDBClusterParameterGroups", "rds:DescribeDBClusterParameters", "rds:ListTagsForResource"}},
	"aws_route":                                          {Any: []string{"ec2:DescribeRouteTables"}},
	"aws_route53_record":                                 {Of: []string{"route53:GetHostedZone", "route53:ListResourceRecordSets"}},
	"aws_route_table":                                    {Any: []string{"ec2:DescribeRouteTables"}},
	"aws_route_table_association":                        {Any: []string{"ec2:DescribeRouteTables"}},
	"aws_s3_bucket":                                      {Of: []string{"s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketPolicy", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket"}},
	"aws_s3_bucket_lifecycle_configuration":              {Of: []string{"s3:GetLifecycleConfiguration"}},
	"aws_s3_bucket_ownership_controls":                   {Of: []string{"s3:GetBucketOwnershipControls"}},
	"aws_s3_bucket_policy":                               {Of: []string{"s3:GetBucketPolicy"}},
	"aws_s3_bucket_public_access_block":                  {Of: []string{"s3:GetBucketPublicAccessBlock"}},
	"aws_s3_bucket_server_side_encryption_configuration": {Of: []string{"s3:GetEncryptionConfiguration"}},
	"aws_s3_bucket_versioning":                           {Of: []string{"s3:GetBucketVersioning"}},
	"aws_security_group":                                 {Any: []string{"ec2:DescribeSecurityGroups"}},
	"aws_service_discovery_private_dns_namespace":        {Of: []string{"servicediscovery:GetNamespace", "servicediscovery:ListTagsForResource"}},
	"aws_service_discovery_service":                      {Of: []string{"servicediscovery:GetService", "servicediscovery:ListTagsForResource"}},
	"aws_sns_topic":                                      {Of: []string{"sns:GetTopicAttributes", "sns:ListTagsForResource"}},
	"aws_sns_topic_policy":                               {Of: []string{"sns:GetTopicAttributes"}},
	"aws_sns_topic_subscription":                         {Of: []string{"sns:GetSubscriptionAttributes"}},
	"aws_sqs_queue":                                      {Of: []string{"sqs:GetQueueAttributes", "sqs:ListQueueTags"}},
	"aws_sqs_queue_policy":                               {Of: []string{"sqs:GetQueueAttributes"}},
	"aws_sqs_queue_redrive_allow_policy":                 {Of: []string{"sqs:GetQueueAttributes"}},
	"aws_ssm_parameter":                                  {Any: []string{"ssm:DescribeParameters"}}, // never their values
	"aws_subnet":                                         {Any: []string{"ec2:DescribeSubnets"}},
	"aws_vpc":                                            {Any: []string{"ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"}},
	"aws_vpc_endpoint":                                   {Any: []string{"ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints"}},
	"aws_vpc_security_group_egress_rule":                 {Any: []string{"ec2:DescribeSecurityGroupRules"}},
	"aws_vpc_security_group_ingress_rule":                {Any: []string{"ec2:DescribeSecurityGroupRules"}},
	"aws_wafv2_web_acl":                                  {Of: []string{"wafv2:GetWebACL", "wafv2:ListTagsForResource"}},
	"aws_wafv2_web_acl_association":                      {Of: []string{"wafv2:GetWebACLForResource"}},
	"aws_wafv2_web_acl_logging_configuration":            {Of: []string{"wafv2:GetLoggingConfiguration"}},
}

// readScopes are what each service's actions are limited to: the environment's own by name, or where AWS makes the
// names, all of that kind in the account.
func (s *stack) readScopes() map[string][]string {
	a, env := s.Account, "notejam-"+s.Env.Name
	return map[string][]string{
		"acm":                     {a.arn("acm", "certificate/*")},
		"application-autoscaling": {a.arn("application-autoscaling", "scalable-target/*")},
		"backup":                  {a.arn("backup", "backup-plan:*"), a.arn("backup", "backup-vault:"+env+"-*")},
		"budgets":                 {"arn:aws:budgets::" + a.ID + ":budget/" + env},
		"cloudwatch":              {a.arn("cloudwatch", "alarm:"+env+"-*"), "arn:aws:cloudwatch::" + a.ID + ":dashboard/" + env},
		"codebuild":               {a.arn("codebuild", "project/"+env+"-*")},
		"codepipeline":            {a.arn("codepipeline", env+"-*")},
		"ecs":                     {a.arn("ecs", "cluster/"+env), a.arn("ecs", "service/"+env+"/*")},
		"events":                  {a.arn("events", "rule/"+env+"-*")},
		"iam":                     {a.iam("role/" + env + "-*")},
		"kms":                     {*s.made.App, *s.made.Data},
		"logs":                    {a.arn("logs", "log-group:*"+env+"*"), a.arn("logs", "log-group:"+s.path("*"))},
		"rds": {
			a.arn("rds", "cluster-pg:"+env), a.arn("rds", "cluster:"+env), a.arn("rds", "db:"+env+"-*"), a.arn("rds", "es:"+env),
			a.arn("rds", "subgrp:"+env), "arn:aws:rds::" + a.ID + ":global-cluster:*",
		},
		"route53":          {"arn:aws:route53:::hostedzone/*"},
		"s3":               {"arn:aws:s3:::" + env + "-*"},
		"servicediscovery": {a.arn("servicediscovery", "namespace/*"), a.arn("servicediscovery", "service/*")},
		"sns":              {a.arn("sns", env+"-*")},
		"sqs":              {a.arn("sqs", env+"-*")},
		"wafv2":            {a.arn("elasticloadbalancing", "loadbalancer/app/"+env+"*"), a.arn("wafv2", "regional/webacl/"+env+"/*")},
	}
}

// driftRights are those to read all that the environment has, its state, and the source; and no secret, for which a
// comparison would have to be trusted as much as an operator.
func (s *stack) driftRights(connection string) []Statement {
	anyOf, byService := map[string]bool{"route53:ListHostedZones": true}, map[string][]string{}
	for _, r := range readBy {
		for _, action := range r.Any {
			anyOf[action] = true
		}
		for _, action := range r.Of {
			service := serviceOf(action)
			byService[service] = append(byService[service], action)
		}
	}
	byService["route53"] = append(byService["route53"], "route53:ListTagsForResource") // of the zone, which shared has
	bucket := "arn:aws:s3:::" + s.Account.stateBucket()
	rights := []Statement{
		AllowUnscoped("ComparesWhatHasNoScope", slices.Sorted(maps.Keys(anyOf))...),
		Allow("ReadsTheState", []string{"s3:GetObject"}, bucket+"/"+stateKey(s.Env.Name)),
		Allow("DecryptsIt", []string{"kms:Decrypt"}, s.Account.arn("kms", "key/*")).If(object{
			"StringEquals":             s.through("s3")["StringEquals"],
			"ForAnyValue:StringEquals": object{"kms:ResourceAliases": stateAlias},
		}),
		Allow("FetchesTheSource", []string{"codeconnections:GetConnection", "codeconnections:GetConnectionToken", "codeconnections:UseConnection"}, connection),
		Allow("KnowsTheConnection", []string{"ssm:GetParameter"}, s.Account.arn("ssm", "parameter"+connectionParameter)),
	}
	scopes := s.readScopes()
	for _, service := range slices.Sorted(maps.Keys(byService)) {
		rights = append(rights, Allow("Compares"+reasonOf(service), sorted(byService[service]), scopes[service]...))
	}
	return rights
}

func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}

// reasonOf makes a service's name one that a policy takes.
func reasonOf(service string) string { return strings.ToUpper(strings.ReplaceAll(service, "-", "")) }
