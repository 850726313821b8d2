package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmsalias"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/kmskey"
)

// keys are the two keys of an environment: that of the database, and that of all else, which more parts of AWS may use.
type keys struct{ Data, App *string }

func (s *stack) keys() keys {
	logs := Statement{
		Reason: "EncryptsOurLogGroups", Effect: "Allow", Resources: []string{"*"},
		Actions:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Principal: object{"Service": "logs." + s.Account.Region + ".amazonaws.com"},
		Conditions: object{"ArnLike": object{
			"kms:EncryptionContext:aws:logs:arn": s.Account.arn("logs", "log-group:*notejam*"+s.Env.Name+"*"),
		}},
	}
	alarms := Statement{
		Reason: "AlarmsReachTheTopic", Effect: "Allow", Resources: []string{"*"},
		Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Principal:  object{"Service": array{"cloudwatch.amazonaws.com", "events.rds.amazonaws.com"}},
		Conditions: object{"StringEquals": object{"aws:SourceAccount": s.Account.ID}},
	}
	events := Statement{ // EventBridge knows no conditions here
		Reason: "EventsReachTheTopic", Effect: "Allow", Resources: []string{"*"},
		Actions:   []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Principal: object{"Service": "events.amazonaws.com"},
	}
	return keys{
		Data: s.key("data", "the database", s.ownedByAccount()),
		App:  s.key("app", "logs, parameters, the queue, topics and artifacts", s.ownedByAccount(), logs, alarms, events),
	}
}

func (s *stack) key(name, of string, statements ...Statement) *string {
	key := kmskey.NewKmsKey(s.scope, str("key-"+name), &kmskey.KmsKeyConfig{
		Description: strf("Notejam %s: %s", s.Env.Name, of), EnableKeyRotation: true, DeletionWindowInDays: num(30),
		Policy: policy(statements...), Lifecycle: s.guarded(),
	})
	kmsalias.NewKmsAlias(s.scope, str("alias-"+name), &kmsalias.KmsAliasConfig{Name: strf("alias/%s", s.name(name)), TargetKeyId: key.KeyId()})
	return key.Arn()
}

// ownedByAccount is what AWS demands of every key: without it nobody could ever change its policy again.
func (s *stack) ownedByAccount() Statement {
	return Statement{
		Reason: "AccountDecidesWhoElse", Effect: "Allow", Actions: []string{"kms:*"}, Resources: []string{"*"},
		Principal: object{"AWS": s.Account.iam("root")},
	}
}
