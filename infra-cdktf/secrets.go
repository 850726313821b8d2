package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ssmparameter"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// secretParameters makes the places of secrets, empty. An operator puts their values there, and they never pass through
// Terraform: value_wo is written and never read back, so that no state holds one. After that only tags may change: a change
// of anything else would overwrite the value.
func (s *stack) secretParameters() {
	for _, program := range Programs() {
		for _, secret := range program.parameters() {
			s.parameter(program.Name+"-"+secret, &ssmparameter.SsmParameterConfig{
				Name: str(s.path(program.Name + "/" + secret)), Type: str("SecureString"), KeyId: s.made.App,
				Tags: texts(map[string]string{"Service": program.Name}),
			})
		}
	}
	// The key that services' certificates are signed with is read by operators alone: no role of ours may.
	s.parameter(tlsCAKey, &ssmparameter.SsmParameterConfig{Name: str(s.path(tlsCAKey)), Type: str("SecureString"), KeyId: s.made.App})
	// Certificates of authorities are no secrets; those of the database are longer than 4 KiB.
	for _, public := range []string{mysqlCA, tlsCA} {
		s.parameter(public, &ssmparameter.SsmParameterConfig{Name: str(s.path(public)), Type: str("String"), Tier: str("Advanced")})
	}
}

func (s *stack) parameter(id string, config *ssmparameter.SsmParameterConfig) {
	config.ValueWo, config.ValueWoVersion = str("unset"), num(1)
	config.Lifecycle = &cdktf.TerraformResourceLifecycle{IgnoreChanges: list("description", "tier", "key_id", "data_type", "overwrite")}
	ssmparameter.NewSsmParameter(s.scope, str("parameter-"+id), config)
}

// parameters are a service's secrets, and that of the user who may change its tables.
func (p Program) parameters() []string {
	var names []string
	for _, name := range p.Secrets {
		names = append(names, name)
	}
	if p.Database {
		names = append(names, migratePassword)
	}
	return sorted(names)
}

const (
	// migratePassword is the parameter of the user that migrates a schema.
	migratePassword = "db-migrate-password"
	// mysqlCA and tlsCA are the authorities of the database and of the services themselves.
	mysqlCA = "mysql-ca"
	tlsCA   = "tls-ca"
	// tlsCAKey is what the latter signs with.
	tlsCAKey = "tls-ca-key"
)

// secret is the ARN of a parameter, by which tasks are given its value and roles may read it.
func (s *stack) secret(path string) string { return s.Account.arn("ssm", "parameter"+s.path(path)) }
