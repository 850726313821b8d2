package main

import (
	"fmt"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/securitygroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupegressrule"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/vpcsecuritygroupingressrule"
)

// The security groups besides those of the services.
const (
	balancerGroup = "alb"
	databaseGroup = "db"
	migrateGroup  = "migrate"
	internet      = "internet" // no group: every address
)

// Flow is one row of who may talk to whom. Each end is a security group, or the internet.
type Flow struct {
	From, To string
	Port     int
}

// Flows are all there are: the calls of the contracts, and what a browser, the database and AWS need besides.
func Flows(calls []Call) []Flow {
	flows := []Flow{
		{internet, balancerGroup, httpPort},
		{internet, balancerGroup, httpsPort},
		{balancerGroup, "web", webPort},
	}
	for _, call := range calls {
		flows = append(flows, Flow{call.Caller, call.Callee, grpcPort})
	}
	for _, program := range Programs() {
		if program.Database {
			flows = append(flows, Flow{program.Name, databaseGroup, mysqlPort})
		}
		if program.Mail {
			flows = append(flows, Flow{program.Name, internet, smtpPort})
		}
		// Images, logs, parameters, the queue.
		flows = append(flows, Flow{program.Name, internet, httpsPort})
	}
	return append(flows, Flow{migrateGroup, databaseGroup, mysqlPort}, Flow{migrateGroup, internet, httpsPort})
}

// groups makes a security group for each end of a flow, and two rules for each flow: one lets out, the other lets in.
// The result gives their ids by name.
func (s *stack) groups(n network) map[string]*string {
	flows := Flows(s.Calls)
	ids := map[string]*string{}
	for _, flow := range flows {
		for _, name := range []string{flow.From, flow.To} {
			if name == internet || ids[name] != nil {
				continue
			}
			ids[name] = securitygroup.NewSecurityGroup(s.scope, str("group-"+name), &securitygroup.SecurityGroupConfig{
				VpcId: n.VPC, Name: str(s.name(name)), Description: strf("%s of Notejam %s", name, s.Env.Name), Tags: s.named(name),
			}).Id()
		}
	}
	for _, flow := range flows {
		s.rules(ids, flow)
	}
	return ids
}

func (s *stack) rules(ids map[string]*string, flow Flow) {
	id := fmt.Sprintf("%s-%s-%d", flow.From, flow.To, flow.Port)
	description := strf("%s to %s", flow.From, flow.To)
	tags := s.named(id)
	if flow.To != internet {
		rule := &vpcsecuritygroupingressrule.VpcSecurityGroupIngressRuleConfig{
			SecurityGroupId: ids[flow.To], IpProtocol: str("tcp"), FromPort: num(flow.Port), ToPort: num(flow.Port),
			Description: description, Tags: tags,
		}
		if flow.From == internet {
			rule.CidrIpv4 = str(anywhere)
		} else {
			rule.ReferencedSecurityGroupId = ids[flow.From]
		}
		vpcsecuritygroupingressrule.NewVpcSecurityGroupIngressRule(s.scope, str(id+"-in"), rule)
	}
	if flow.From != internet {
		rule := &vpcsecuritygroupegressrule.VpcSecurityGroupEgressRuleConfig{
			SecurityGroupId: ids[flow.From], IpProtocol: str("tcp"), FromPort: num(flow.Port), ToPort: num(flow.Port),
			Description: description, Tags: tags,
		}
		if flow.To == internet {
			rule.CidrIpv4 = str(anywhere)
		} else {
			rule.ReferencedSecurityGroupId = ids[flow.To]
		}
		vpcsecuritygroupegressrule.NewVpcSecurityGroupEgressRule(s.scope, str(id+"-out"), rule)
	}
}
