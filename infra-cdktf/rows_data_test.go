package main

import (
	"regexp"
	"slices"
)

func dataProperties() []property {
	version := regexp.MustCompile(`^8\.0\.mysql_aurora\.3\.`)
	return []property{
		{18, "the database is Aurora MySQL Serverless v2", func(w *world, f *faults) {
			for env, m := range w.environments {
				cluster := m.one("aws_rds_cluster", "database")
				f.check(cluster["engine"] == "aurora-mysql" && cluster["engine_mode"] == "provisioned", "%s: the engine is %v", env.Name, cluster["engine"])
				f.check(version.MatchString(word(cluster["engine_version"])), "%s: its version is %v", env.Name, cluster["engine_version"])
				instances := m.all("aws_rds_cluster_instance")
				f.check(len(instances) == env.Database.Instances, "%s: it has %d instances", env.Name, len(instances))
				for name, instance := range instances {
					f.check(instance["instance_class"] == "db.serverless", "%s: %s is %v", env.Name, name, instance["instance_class"])
					f.check(instance["publicly_accessible"] == false, "%s: %s is public", env.Name, name)
				}
				f.check(slices.Equal(targets(cluster["vpc_security_group_ids"]), []string{"group-db"}), "%s: its groups are %v", env.Name, cluster["vpc_security_group_ids"])
			}
		}},
		{20, "the database grows and shrinks with what it has to do", func(w *world, f *faults) {
			for env, m := range w.environments {
				cluster := m.one("aws_rds_cluster", "database")
				scaling := at(cluster, "serverlessv2_scaling_configuration")
				least, _ := scaling["min_capacity"].(float64)
				most, _ := scaling["max_capacity"].(float64)
				f.check(least == env.Database.Min && most == env.Database.Max && least < most, "%s: capacity is %v to %v", env.Name, least, most)
				f.check(cluster["allocated_storage"] == nil, "%s: its storage is fixed", env.Name)
				f.check((least == 0) == (scaling["seconds_until_auto_pause"] != nil), "%s: it may pause from %v ACU, after %v", env.Name, least, scaling["seconds_until_auto_pause"])
			}
			f.check(len(w.Modules["prod"].all("aws_rds_cluster_instance")) >= 2, "prod has no reader")
		}},
		{21, "the database is backed up, and not lost by mistake", func(w *world, f *faults) {
			for env, m := range w.environments {
				cluster := m.one("aws_rds_cluster", "database")
				days, _ := cluster["backup_retention_period"].(float64)
				f.check(days >= 1 && days == float64(env.Database.BackupDays), "%s: backups are kept %v days", env.Name, days)
				f.check(cluster["copy_tags_to_snapshot"] == true, "%s: snapshots have no tags", env.Name)
				f.check(cluster["deletion_protection"] == env.Protect && cluster["skip_final_snapshot"] == !env.Protect, "%s: it can be deleted", env.Name)
				f.check(at(cluster, "lifecycle")["prevent_destroy"] == env.Protect, "%s: Terraform may destroy it", env.Name)
			}
			prod := w.Modules["prod"]
			days, _ := prod.one("aws_rds_cluster", "database")["backup_retention_period"].(float64)
			f.check(days >= 14, "prod's backups are kept %v days", days)
			lock := prod.one("aws_backup_vault_lock_configuration", "vault-lock")
			f.check(lock["min_retention_days"] == 30.0, "prod's vault is not locked")
		}},
		{22, "what is stored is encrypted with our keys, and these are renewed", func(w *world, f *faults) {
			for env, m := range w.environments {
				cluster := m.one("aws_rds_cluster", "database")
				f.check(cluster["storage_encrypted"] == true && target(cluster["kms_key_id"]) == "key-data", "%s: the database is not encrypted with its key", env.Name)
				f.check(target(cluster["master_user_secret_kms_key_id"]) == "key-data", "%s: the master's password has no key of ours", env.Name)
				for name, queue := range m.all("aws_sqs_queue") {
					f.check(target(queue["kms_master_key_id"]) == "key-app", "%s: queue %s is not encrypted", env.Name, name)
				}
				for name, topic := range m.all("aws_sns_topic") {
					f.check(target(topic["kms_master_key_id"]) == "key-app", "%s: topic %s is not encrypted", env.Name, name)
				}
				for name, group := range m.all("aws_cloudwatch_log_group") {
					f.check(target(group["kms_key_id"]) == "key-app", "%s: %s is not encrypted", env.Name, name)
				}
				for name, bucket := range m.all("aws_s3_bucket") {
					rule := at(m.one("aws_s3_bucket_server_side_encryption_configuration", name+"-encryption"), "rule", "apply_server_side_encryption_by_default")
					f.check(rule["sse_algorithm"] != nil, "%s: bucket %v is not encrypted", env.Name, bucket["bucket"])
				}
				for name, key := range m.all("aws_kms_key") {
					f.check(key["enable_key_rotation"] == true, "%s: %s is never renewed", env.Name, name)
				}
			}
		}},
		{0, "the master's password is made and kept by RDS", func(w *world, f *faults) {
			for env, m := range w.environments {
				cluster := m.one("aws_rds_cluster", "database")
				f.check(cluster["manage_master_user_password"] == true, "%s: RDS does not manage it", env.Name)
				f.check(cluster["master_password"] == nil && cluster["master_password_wo"] == nil, "%s: it is in the stack", env.Name)
			}
		}},
		{0, "connections to the database are encrypted, many enough, and of the right alphabet", func(w *world, f *faults) {
			for env, m := range w.environments {
				parameters := map[string]any{}
				group := m.one("aws_rds_cluster_parameter_group", target(m.one("aws_rds_cluster", "database")["db_cluster_parameter_group_name"]))
				for _, parameter := range each(group["parameter"]) {
					parameters[word(parameter["name"])] = parameter["value"]
				}
				f.check(parameters["require_secure_transport"] == "ON", "%s: the database takes connections in the clear", env.Name)
				f.check(parameters["character_set_server"] == "utf8mb4", "%s: its alphabet is %v", env.Name, parameters["character_set_server"])
				most := atoi(parameters["max_connections"])
				f.check(env.openConnections() < most, "%s: up to %d connections are opened, and %d may be", env.Name, env.openConnections(), most)
			}
		}},
		{0, "an event that fails ten times waits two weeks in a queue of its own", func(w *world, f *faults) {
			for env, m := range w.environments {
				events, dead := m.one("aws_sqs_queue", "events"), m.one("aws_sqs_queue", "events-dead")
				redrive, _ := parse(orEmpty(events["redrive_policy"])).(block)
				f.check(redrive["maxReceiveCount"] == 10.0 && target(redrive["deadLetterTargetArn"]) == "events-dead", "%s: what fails goes to %v", env.Name, redrive)
				f.check(dead["message_retention_seconds"] == float64(fortnight), "%s: dead letters are kept %v s", env.Name, dead["message_retention_seconds"])
				f.check(len(m.all("aws_sqs_queue_policy")) == 2, "%s: a queue has no policy", env.Name)
			}
		}},
	}
}
