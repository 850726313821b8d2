package main

import (
	"slices"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
)

// Statement is one right, with its reason as its name: "SendsEvents".
type Statement struct {
	Reason     string
	Effect     string
	Actions    []string
	Resources  []string
	Conditions object // nil: none
	Principal  any    // only in policies of resources
}

// Allow gives a right to the resources that are named. Without any it panics: see AllowUnscoped.
func Allow(reason string, actions []string, resources ...string) Statement {
	if len(resources) == 0 || slices.Contains(resources, "*") {
		panic(reason + ": a right needs resources; those that cannot have any are AllowUnscoped")
	}
	return Statement{Reason: reason, Effect: "Allow", Actions: actions, Resources: resources}
}

// unscopable are the actions that AWS gives for all resources or none.
var unscopable = []string{
	"application-autoscaling:DescribeScalableTargets",
	"application-autoscaling:DescribeScalingPolicies",
	"application-autoscaling:DescribeScheduledActions",
	"cloudwatch:DescribeAlarms", // AWS tells of composite alarms, as ours is, only whoever may see all
	"ec2:DescribeAddresses",
	"ec2:DescribeAddressesAttribute",
	"ec2:DescribeFlowLogs",
	"ec2:DescribeInternetGateways",
	"ec2:DescribeNatGateways",
	"ec2:DescribeNetworkAcls",
	"ec2:DescribePrefixLists",
	"ec2:DescribeRouteTables",
	"ec2:DescribeSecurityGroupRules",
	"ec2:DescribeSecurityGroups",
	"ec2:DescribeSubnets",
	"ec2:DescribeVpcAttribute",
	"ec2:DescribeVpcEndpoints",
	"ec2:DescribeVpcs",
	"ecr:GetAuthorizationToken",
	"ecs:DescribeTaskDefinition",
	"ecs:RegisterTaskDefinition",
	"elasticloadbalancing:DescribeCapacityReservation",
	"elasticloadbalancing:DescribeListenerAttributes",
	"elasticloadbalancing:DescribeListeners",
	"elasticloadbalancing:DescribeLoadBalancerAttributes",
	"elasticloadbalancing:DescribeLoadBalancers",
	"elasticloadbalancing:DescribeTags",
	"elasticloadbalancing:DescribeTargetGroupAttributes",
	"elasticloadbalancing:DescribeTargetGroups",
	"kms:ListAliases",
	"logs:DescribeLogGroups",
	"route53:ListHostedZones",
	"ssm:DescribeParameters",
}

// AllowUnscoped gives a right that cannot be limited to resources.
func AllowUnscoped(reason string, actions ...string) Statement {
	for _, action := range actions {
		if !slices.Contains(unscopable, action) {
			panic(reason + ": " + action + " can be limited to resources")
		}
	}
	return Statement{Reason: reason, Effect: "Allow", Actions: actions, Resources: []string{"*"}}
}

// If adds conditions.
func (st Statement) If(conditions object) Statement {
	st.Conditions = conditions
	return st
}

// policy is the JSON of statements.
func policy(statements ...Statement) *string {
	var rendered array
	for _, st := range statements {
		one := object{"Sid": st.Reason, "Effect": st.Effect, "Action": sorted(st.Actions), "Resource": sorted(st.Resources)}
		if st.Conditions != nil {
			one["Condition"] = st.Conditions
		}
		if st.Principal != nil {
			one["Principal"] = st.Principal
		}
		rendered = append(rendered, one)
	}
	return text(object{"Version": "2012-10-17", "Statement": rendered})
}

func sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}

// role makes a role that one AWS service may take on for this account, with the rights that are given and never more
// than the boundary. It gives the role's ARN.
func (s *stack) role(name, service string, rights ...Statement) *string {
	role := iamrole.NewIamRole(s.scope, str("role-"+name), &iamrole.IamRoleConfig{
		Name: str(s.name(name)), MaxSessionDuration: num(3600), PermissionsBoundary: str(s.Account.boundary()),
		AssumeRolePolicy: text(object{"Version": "2012-10-17", "Statement": array{object{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": object{"Service": service},
			"Condition": object{"StringEquals": object{"aws:SourceAccount": s.Account.ID}},
		}}}),
	})
	if len(rights) > 0 {
		iamrolepolicy.NewIamRolePolicy(s.scope, str("rights-"+name), &iamrolepolicy.IamRolePolicyConfig{
			Name: str("rights"), Role: role.Name(), Policy: policy(rights...),
		})
	}
	return role.Arn()
}

// boundary is the policy that bounds every role of ours; shared makes it.
func (a Account) boundary() string { return a.iam("policy/notejam-boundary") }
