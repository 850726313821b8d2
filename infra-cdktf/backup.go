package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/backupplan"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/backupselection"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/backupvault"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/backupvaultlockconfiguration"
)

// vault keeps monthly backups of prod's database, where nobody can delete one before its time: not even who has stolen
// all rights to the cluster.
func (s *stack) vault(cluster *string) {
	if s.Env.Name != "prod" {
		return
	}
	const months, least, most = 12 * 30, 30, 400 // days
	vault := backupvault.NewBackupVault(s.scope, str("vault"), &backupvault.BackupVaultConfig{
		Name: str(s.name("vault")), KmsKeyArn: s.made.Data, Lifecycle: s.guarded(),
	})
	backupvaultlockconfiguration.NewBackupVaultLockConfiguration(s.scope, str("vault-lock"), &backupvaultlockconfiguration.BackupVaultLockConfigurationConfig{
		BackupVaultName: vault.Name(), MinRetentionDays: num(least), MaxRetentionDays: num(most),
	})
	plan := backupplan.NewBackupPlan(s.scope, str("backups"), &backupplan.BackupPlanConfig{
		Name: str(s.name("backups")),
		Rule: []*backupplan.BackupPlanRule{{
			RuleName: str("monthly"), TargetVaultName: vault.Name(), Schedule: str("cron(0 4 1 * ? *)"),
			Lifecycle: &backupplan.BackupPlanRuleLifecycle{DeleteAfter: num(months)},
		}},
	})
	backupselection.NewBackupSelection(s.scope, str("backups-database"), &backupselection.BackupSelectionConfig{
		Name: str("database"), PlanId: plan.Id(), Resources: &[]*string{cluster},
		IamRoleArn: s.role("backup", "backup.amazonaws.com",
			Allow("MakesSnapshots", []string{"rds:AddTagsToResource", "rds:CreateDBClusterSnapshot", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters", "rds:ListTagsForResource"},
				s.Account.arn("rds", "cluster:notejam-"+s.Env.Name), s.Account.arn("rds", "cluster-snapshot:awsbackup:*")),
			Allow("KeepsThem", []string{"backup:CopyIntoBackupVault", "backup:DescribeBackupVault"}, s.Account.arn("backup", "backup-vault:"+s.name("vault"))),
			Allow("TheyAreEncrypted", []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"}, *s.made.Data),
		),
	})
}
