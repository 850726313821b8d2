package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/acmcertificate"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/acmcertificatevalidation"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/dataawsroute53zone"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lb"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lblistener"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/lbtargetgroup"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/route53record"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

const (
	tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
	// balancerIdle is shorter than web's own idle time of 75 s: who closes first must be the one who does not send next.
	balancerIdle = 60
	// deregistration is longer than the 15 s for which web serves after it was told to stop.
	deregistration = 30
)

// edge is the load balancer as later parts need it.
type edge struct {
	Balancer lb.Lb
	Target   lbtargetgroup.LbTargetGroup
	Door     cdktf.ITerraformDependable // before it is there, ECS may not use the target
}

// edge makes the load balancer with its two doors: 80, which sends to 443, and 443, which leads to web.
func (s *stack) edge(n network, groups map[string]*string) edge {
	logs := s.accessLogs()
	balancer := lb.NewLb(s.scope, str("alb"), &lb.LbConfig{
		Name: str("notejam-" + s.Env.Name), LoadBalancerType: str("application"), Internal: false,
		Subnets: n.subnets(public), SecurityGroups: &[]*string{groups[balancerGroup]},
		DropInvalidHeaderFields: true, DesyncMitigationMode: str("strictest"), IdleTimeout: num(balancerIdle),
		EnableDeletionProtection: s.Env.Protect,
		AccessLogs:               &lb.LbAccessLogs{Enabled: true, Bucket: logs, Prefix: str("access")},
		ConnectionLogs:           &lb.LbConnectionLogs{Enabled: true, Bucket: logs, Prefix: str("connections")},
	})
	target := lbtargetgroup.NewLbTargetGroup(s.scope, str("target-web"), &lbtargetgroup.LbTargetGroupConfig{
		Name: str(s.name("web")), VpcId: n.VPC, TargetType: str("ip"), Port: num(webPort), Protocol: str("HTTP"),
		DeregistrationDelay: strf("%d", deregistration), LoadBalancingAlgorithmType: str("least_outstanding_requests"),
		HealthCheck: &lbtargetgroup.LbTargetGroupHealthCheck{
			Path: str("/readyz"), Matcher: str("200"), Interval: num(10), Timeout: num(5), HealthyThreshold: num(2), UnhealthyThreshold: num(3),
		},
	})
	lblistener.NewLbListener(s.scope, str("http"), &lblistener.LbListenerConfig{
		LoadBalancerArn: balancer.Arn(), Port: num(httpPort), Protocol: str("HTTP"),
		DefaultAction: []*lblistener.LbListenerDefaultAction{{Type: str("redirect"), Redirect: &lblistener.LbListenerDefaultActionRedirect{
			Port: strf("%d", httpsPort), Protocol: str("HTTPS"), StatusCode: str("HTTP_301"),
		}}},
	})
	door := lblistener.NewLbListener(s.scope, str("https"), &lblistener.LbListenerConfig{
		LoadBalancerArn: balancer.Arn(), Port: num(httpsPort), Protocol: str("HTTPS"), SslPolicy: str(tlsPolicy),
		CertificateArn:                   s.certificate(balancer),
		RoutingHttpResponseServerEnabled: false,
		DefaultAction:                    []*lblistener.LbListenerDefaultAction{{Type: str("forward"), TargetGroupArn: target.Arn()}},
	})
	return edge{Balancer: balancer, Target: target, Door: door}
}

// certificate makes the environment's name in the public zone and the certificate for it. It gives the certificate's ARN
// once AWS has seen that the name is ours.
func (s *stack) certificate(balancer lb.Lb) *string {
	zone := dataawsroute53zone.NewDataAwsRoute53Zone(s.scope, str("zone"), &dataawsroute53zone.DataAwsRoute53ZoneConfig{
		Name: str(s.Account.Zone), PrivateZone: false,
	}).ZoneId()
	route53record.NewRoute53Record(s.scope, str("site"), &route53record.Route53RecordConfig{
		ZoneId: zone, Name: str(s.Env.Host), Type: str("A"),
		Alias: &route53record.Route53RecordAlias{Name: balancer.DnsName(), ZoneId: balancer.ZoneId(), EvaluateTargetHealth: true},
	})
	certificate := acmcertificate.NewAcmCertificate(s.scope, str("certificate"), &acmcertificate.AcmCertificateConfig{
		DomainName: str(s.Env.Host), ValidationMethod: str("DNS"),
	})
	certificate.AddOverride(str("lifecycle.create_before_destroy"), true)
	// One record for each name that AWS wants to see proven; the bindings have no such loop.
	proof := route53record.NewRoute53Record(s.scope, str("certificate-proof"), &route53record.Route53RecordConfig{
		ZoneId: zone, Name: str("${each.value.resource_record_name}"), Type: str("${each.value.resource_record_type}"),
		Records: list("${each.value.resource_record_value}"), Ttl: num(60), AllowOverwrite: true,
	})
	proof.AddOverride(str("for_each"), "${{for option in aws_acm_certificate.certificate.domain_validation_options : option.domain_name => option}}")
	validation := acmcertificatevalidation.NewAcmCertificateValidation(s.scope, str("certificate-valid"), &acmcertificatevalidation.AcmCertificateValidationConfig{
		CertificateArn: certificate.Arn(),
		Timeouts:       &acmcertificatevalidation.AcmCertificateValidationTimeouts{Create: str("15m")},
	})
	validation.AddOverride(str("validation_record_fqdns"), "${[for record in aws_route53_record.certificate-proof : record.fqdn]}")
	return validation.CertificateArn()
}
