package main

import (
	"maps"
	"slices"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbeventsubscription"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dbsubnetgroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/rdscluster"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/rdsclusterinstance"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/rdsclusterparametergroup"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// engineVersion is an Aurora MySQL 3 that can pause. It behaves as MySQL 8.0.
const engineVersion = "8.0.mysql_aurora.3.08.2"

// adminUser is the database's administrator. Only the task that makes the services' users signs in as it.
const adminUser = "notejam_admin"

// adminSecret is the ARN of the secret in which RDS keeps the administrator's password.
func adminSecret(cluster rdscluster.RdsCluster) string {
	return *cluster.MasterUserSecret().Get(num(0)).SecretArn()
}

// database makes the Aurora cluster, which all services share with a schema and users for each.
func (s *stack) database(n network, groups map[string]*string) rdscluster.RdsCluster {
	id := "notejam-" + s.Env.Name
	subnets := dbsubnetgroup.NewDbSubnetGroup(s.scope, str("database-subnets"), &dbsubnetgroup.DbSubnetGroupConfig{
		Name: str(id), SubnetIds: n.subnets(data), Description: str("Subnets from which no route leads out."),
	})
	exports := []string{"audit", "error", "slowquery"}
	var logs []cdktf.ITerraformDependable
	for _, export := range exports {
		logs = append(logs, s.logGroup("database-"+export, "/aws/rds/cluster/"+id+"/"+export, s.Env.Keep.Logs))
	}
	d := s.Env.Database
	scaling := &rdscluster.RdsClusterServerlessv2ScalingConfiguration{MinCapacity: num(d.Min), MaxCapacity: num(d.Max)}
	if d.Min == 0 {
		scaling.SecondsUntilAutoPause = num(d.PauseAfter)
	}
	cluster := rdscluster.NewRdsCluster(s.scope, str("database"), &rdscluster.RdsClusterConfig{
		ClusterIdentifier: str(id), Engine: str("aurora-mysql"), EngineMode: str("provisioned"), EngineVersion: str(engineVersion),
		Serverlessv2ScalingConfiguration: scaling,
		DbSubnetGroupName:                subnets.Name(), VpcSecurityGroupIds: &[]*string{groups[databaseGroup]}, Port: num(mysqlPort),
		DbClusterParameterGroupName: s.parameterGroup(),
		// RDS makes the master's password, keeps it and changes it; only dbinit reads it.
		MasterUsername: str(adminUser), ManageMasterUserPassword: true, MasterUserSecretKmsKeyId: s.made.Data,
		IamDatabaseAuthenticationEnabled: true,
		StorageEncrypted:                 true, KmsKeyId: s.made.Data,
		BackupRetentionPeriod: num(d.BackupDays), PreferredBackupWindow: str("02:00-03:00"),
		PreferredMaintenanceWindow: str("sun:03:30-sun:04:30"), CopyTagsToSnapshot: true,
		DeletionProtection: s.Env.Protect, SkipFinalSnapshot: !s.Env.Protect, FinalSnapshotIdentifier: str(id + "-final"),
		EnabledCloudwatchLogsExports: list(exports...), AllowMajorVersionUpgrade: false,
		DependsOn: &logs, Lifecycle: s.guarded(),
	})
	zones := s.Account.zones(s.Env.Zones)
	for i := range d.Instances {
		rdsclusterinstance.NewRdsClusterInstance(s.scope, strf("database-%d", i), &rdsclusterinstance.RdsClusterInstanceConfig{
			Identifier: strf("%s-%d", id, i), ClusterIdentifier: cluster.Id(), Engine: cluster.Engine(), EngineVersion: cluster.EngineVersion(),
			InstanceClass: str("db.serverless"), AvailabilityZone: str(zones[i]), PromotionTier: num(i),
			PubliclyAccessible: false, AutoMinorVersionUpgrade: true, CopyTagsToSnapshot: true,
			PerformanceInsightsEnabled: s.Env.Wide, PerformanceInsightsKmsKeyId: s.insightsKey(),
		})
	}
	return cluster
}

func (s *stack) insightsKey() *string {
	if !s.Env.Wide {
		return nil
	}
	return s.made.Data
}

// parameterGroup are the server's settings. Services set their own time limits, for each session.
func (s *stack) parameterGroup() *string {
	parameters := map[string]string{
		"character_set_server":     "utf8mb4",
		"collation_server":         "utf8mb4_unicode_ci", // MariaDB, on which we test, has it too
		"innodb_lock_wait_timeout": "2",
		"long_query_time":          "0.5",
		"max_connections":          *strf("%d", s.Env.Database.MaxConnections),
		"require_secure_transport": "ON",
		"server_audit_events":      "CONNECT,QUERY_DCL,QUERY_DDL",
		"server_audit_logging":     "1",
		"slow_query_log":           "1",
	}
	if s.Env.Database.Min == 0 {
		parameters["wait_timeout"] = "300" // an idle connection would keep the database awake
	}
	var blocks []*rdsclusterparametergroup.RdsClusterParameterGroupParameter
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		blocks = append(blocks, &rdsclusterparametergroup.RdsClusterParameterGroupParameter{
			Name: str(name), Value: str(parameters[name]), ApplyMethod: str("pending-reboot"),
		})
	}
	return rdsclusterparametergroup.NewRdsClusterParameterGroup(s.scope, str("database-parameters"), &rdsclusterparametergroup.RdsClusterParameterGroupConfig{
		Name: str("notejam-" + s.Env.Name), Family: str("aurora-mysql8.0"), Description: str("Strict, encrypted, audited."), Parameter: blocks,
	}).Name()
}

// databaseEvents tells the topic what happens to the cluster.
func (s *stack) databaseEvents(topic *string) {
	dbeventsubscription.NewDbEventSubscription(s.scope, str("database-events"), &dbeventsubscription.DbEventSubscriptionConfig{
		Name: str("notejam-" + s.Env.Name), SnsTopic: topic, SourceType: str("db-cluster"),
		SourceIds:       &[]*string{str("notejam-" + s.Env.Name)},
		EventCategories: list("failover", "failure", "maintenance", "notification"),
	})
}
