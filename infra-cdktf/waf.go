package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webacl"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webaclassociation"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/wafv2webaclloggingconfiguration"
)

const (
	// addressRate is the most requests in five minutes from one address before WAF refuses them; web's own limits are
	// far lower, and answer politely.
	addressRate = 5000
	coreRules   = "AWSManagedRulesCommonRuleSet"
)

// firewall stands before the load balancer. Rules that would refuse a note because it is long, or about HTML, only
// count: web has limits of its own, and says so in a sentence.
func (s *stack) firewall(balancer *string) {
	if !s.Env.WAF {
		return
	}
	rules := []*wafv2webacl.Wafv2WebAclRule{
		{
			Name: str("rate"), Priority: num(1), VisibilityConfig: seen("rate"),
			Action:    &wafv2webacl.Wafv2WebAclRuleAction{Block: &wafv2webacl.Wafv2WebAclRuleActionBlock{}},
			Statement: object{"rate_based_statement": object{"limit": addressRate, "aggregate_key_type": "IP"}},
		},
		managed(2, coreRules, "SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericRFI_BODY", "GenericLFI_BODY"),
		managed(3, "AWSManagedRulesKnownBadInputsRuleSet"),
		managed(4, "AWSManagedRulesAmazonIpReputationList"),
	}
	acl := wafv2webacl.NewWafv2WebAcl(s.scope, str("firewall"), &wafv2webacl.Wafv2WebAclConfig{
		Name: str("notejam-" + s.Env.Name), Scope: str("REGIONAL"), Rule: rules,
		DefaultAction: &wafv2webacl.Wafv2WebAclDefaultAction{Allow: &wafv2webacl.Wafv2WebAclDefaultActionAllow{}},
		VisibilityConfig: &wafv2webacl.Wafv2WebAclVisibilityConfig{
			CloudwatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: str("notejam-" + s.Env.Name),
		},
	})
	wafv2webaclassociation.NewWafv2WebAclAssociation(s.scope, str("firewall-alb"), &wafv2webaclassociation.Wafv2WebAclAssociationConfigA{
		ResourceArn: balancer, WebAclArn: acl.Arn(),
	})
	logs := s.logGroup("firewall", "aws-waf-logs-notejam-"+s.Env.Name, s.Env.Keep.Events)
	logging := wafv2webaclloggingconfiguration.NewWafv2WebAclLoggingConfiguration(s.scope, str("firewall-log"), &wafv2webaclloggingconfiguration.Wafv2WebAclLoggingConfigurationConfig{
		ResourceArn: acl.Arn(), LogDestinationConfigs: &[]*string{logs.Arn()},
	})
	// What signs people in is in no log. Of the rest only what was refused or counted is.
	logging.AddOverride(str("redacted_fields"), array{
		object{"single_header": object{"name": "authorization"}}, object{"single_header": object{"name": "cookie"}},
	})
	logging.AddOverride(str("logging_filter"), object{
		"default_behavior": "DROP",
		"filter": array{object{"behavior": "KEEP", "requirement": "MEETS_ANY", "condition": array{
			object{"action_condition": object{"action": "BLOCK"}}, object{"action_condition": object{"action": "COUNT"}},
		}}},
	})
}

// managed is a set of AWS's rules, some of which only count. The bindings pass statements on as they are, so their names
// are Terraform's.
func managed(priority int, name string, counted ...string) *wafv2webacl.Wafv2WebAclRule {
	var overrides array
	for _, rule := range counted {
		overrides = append(overrides, object{"name": rule, "action_to_use": object{"count": object{}}})
	}
	statement := object{"name": name, "vendor_name": "AWS"}
	if overrides != nil {
		statement["rule_action_override"] = overrides
	}
	return &wafv2webacl.Wafv2WebAclRule{
		Name: str(name), Priority: num(priority), VisibilityConfig: seen(name),
		OverrideAction: &wafv2webacl.Wafv2WebAclRuleOverrideAction{None: &wafv2webacl.Wafv2WebAclRuleOverrideActionNone{}},
		Statement:      object{"managed_rule_group_statement": statement},
	}
}

func seen(metric string) *wafv2webacl.Wafv2WebAclRuleVisibilityConfig {
	return &wafv2webacl.Wafv2WebAclRuleVisibilityConfig{CloudwatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: str(metric)}
}
