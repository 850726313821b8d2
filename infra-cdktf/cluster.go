package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecscluster"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsclustercapacityproviders"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/servicediscoveryprivatednsnamespace"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/servicediscoveryservice"
)

// dnsTTL is for how many seconds a task's address is kept: less than the 15 s for which one that is told to stop goes on
// serving.
const dnsTTL = 10

// cluster is where tasks run, and the names that they find each other by.
type cluster struct {
	ARN, Name *string
	Names     map[string]*string // registries by service
}

func (s *stack) cluster(n network) cluster {
	c := ecscluster.NewEcsCluster(s.scope, str("cluster"), &ecscluster.EcsClusterConfig{
		Name:    str("notejam-" + s.Env.Name),
		Setting: []*ecscluster.EcsClusterSetting{{Name: str("containerInsights"), Value: str(s.Env.Insights)}},
	})
	ecsclustercapacityproviders.NewEcsClusterCapacityProviders(s.scope, str("capacity"), &ecsclustercapacityproviders.EcsClusterCapacityProvidersConfig{
		ClusterName: c.Name(), CapacityProviders: list("FARGATE", "FARGATE_SPOT"),
		DefaultCapacityProviderStrategy: []*ecsclustercapacityproviders.EcsClusterCapacityProvidersDefaultCapacityProviderStrategy{{
			CapacityProvider: str(s.capacityProvider()), Weight: num(1),
		}},
	})
	namespace := servicediscoveryprivatednsnamespace.NewServiceDiscoveryPrivateDnsNamespace(s.scope, str("names"), &servicediscoveryprivatednsnamespace.ServiceDiscoveryPrivateDnsNamespaceConfig{
		Name: str(s.domain()), Vpc: n.VPC, Description: str("Where services find each other."),
	})
	names := map[string]*string{}
	for _, program := range Programs() {
		if !provides(s.Calls, program.Name) {
			continue
		}
		names[program.Name] = servicediscoveryservice.NewServiceDiscoveryService(s.scope, str("name-"+program.Name), &servicediscoveryservice.ServiceDiscoveryServiceConfig{
			Name: str(program.Name),
			DnsConfig: &servicediscoveryservice.ServiceDiscoveryServiceDnsConfig{
				NamespaceId: namespace.Id(), RoutingPolicy: str("MULTIVALUE"),
				DnsRecords: []*servicediscoveryservice.ServiceDiscoveryServiceDnsConfigDnsRecords{{Type: str("A"), Ttl: num(dnsTTL)}},
			},
			HealthCheckCustomConfig: &servicediscoveryservice.ServiceDiscoveryServiceHealthCheckCustomConfig{FailureThreshold: num(1)},
		}).Arn()
	}
	return cluster{ARN: c.Arn(), Name: c.Name(), Names: names}
}

func (s *stack) capacityProvider() string {
	if s.Env.Spot {
		return "FARGATE_SPOT"
	}
	return "FARGATE"
}
