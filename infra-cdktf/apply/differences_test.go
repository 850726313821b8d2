//go:build apply

package apply_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// explained is a difference that a second plan has although nothing changed, and why.
type explained struct {
	Type, Attribute string
	Why             string
	Only            string // the only environment that has it, if not all have
}

// differences are all that may be there; every other one is a fault, and so is one of these that never is.
var differences = []explained{
	{Type: "aws_backup_plan", Attribute: "tags_all", Why: "moto lists no tags of a plan", Only: "prod"},
	{Type: "aws_backup_vault", Attribute: "tags_all", Why: "moto lists no tags of a vault", Only: "prod"},
	{Type: "aws_codebuild_project", Attribute: "encryption_key", Why: "moto keeps none"},
	{Type: "aws_ecs_service", Attribute: "availability_zone_rebalancing", Why: "moto keeps none"},
	{Type: "aws_ecs_service", Attribute: "capacity_provider_strategy", Why: "moto keeps none; Terraform would replace a service whose strategy is another"},
	{Type: "aws_ecs_service", Attribute: "deployment_controller", Why: "moto says the usual one where none was asked for"},
	{Type: "aws_ecs_service", Attribute: "enable_ecs_managed_tags", Why: "moto keeps none"},
	{Type: "aws_ecs_service", Attribute: "health_check_grace_period_seconds", Why: "moto keeps none"},
	{Type: "aws_ecs_service", Attribute: "service_registries", Why: "no port and no container are 0 and empty as long as the service is not replaced"},
	{Type: "aws_rds_cluster", Attribute: "scaling_configuration", Why: "moto says that of Serverless v1, which nobody asked for"},
	{Type: "aws_rds_cluster_instance", Attribute: "performance_insights_enabled", Why: "moto keeps none", Only: "prod"},
	{Type: "aws_rds_cluster_instance", Attribute: "performance_insights_kms_key_id", Why: "moto keeps none", Only: "prod"},
	{Type: "aws_sqs_queue", Attribute: "redrive_policy", Why: "moto writes the same with other spaces"},
	{Type: "aws_vpc_security_group_egress_rule", Attribute: "description", Why: "moto keeps none"},
	{Type: "aws_vpc_security_group_ingress_rule", Attribute: "description", Why: "moto keeps none"},
}

// change is what a plan says of one resource.
type change struct {
	Address, Type, Mode string
	Change              struct {
		Actions       []string
		Before, After object
		AfterUnknown  object `json:"after_unknown"`
	}
}

// attributes are those that a change would change by itself: what is only known after it follows from the others.
func (c change) attributes() []string {
	var changed []string
	for name, after := range c.Change.After {
		if c.Change.AfterUnknown[name] != true && !reflect.DeepEqual(c.Change.Before[name], after) {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed
}

// unexplained says which differences of a plan nobody has explained, and notes those explanations that were used.
func unexplained(plan []change, used map[explained]bool) []string {
	var faults []string
	for _, c := range plan {
		attributes := c.attributes()
		known := 0
		for _, attribute := range attributes {
			at := slices.IndexFunc(differences, func(e explained) bool { return e.Type == c.Type && e.Attribute == attribute })
			if at < 0 {
				faults = append(faults, fmt.Sprintf("%s: %s is %.300v and would be %.300v", c.Address, attribute, c.Change.Before[attribute], c.Change.After[attribute]))
				continue
			}
			known++
			used[differences[at]] = true
		}
		if known == 0 && len(attributes) == 0 { // a resource that is gone, or would go
			faults = append(faults, fmt.Sprintf("%s: Terraform would %s it", c.Address, strings.Join(c.Change.Actions, " and ")))
		}
	}
	return faults
}

func TestADifferenceThatNobodyExplainsIsAFault(t *testing.T) {
	planted := func(kind string, before, after object) change {
		c := change{Address: kind + ".planted", Type: kind}
		c.Change.Actions, c.Change.Before, c.Change.After = []string{"update"}, before, after
		return c
	}
	plan := []change{
		planted("aws_sqs_queue", object{"redrive_policy": "{}", "name": "a"}, object{"redrive_policy": "{ }", "name": "a"}),
		planted("aws_sqs_queue", object{"redrive_policy": "{}", "kms": "a"}, object{"redrive_policy": "{ }", "kms": "b"}),
		planted("aws_sns_topic", object{"name": "a"}, nil),
	}
	got := unexplained(plan, map[explained]bool{})
	want := []string{"aws_sqs_queue.planted: kms is a and would be b", "aws_sns_topic.planted: Terraform would update it"}
	if !slices.Equal(got, want) {
		t.Errorf("the faults are %q, not %q", got, want)
	}
}
