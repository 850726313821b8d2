package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecsservice"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/ecstaskdefinition"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// around is what services are put between.
type around struct {
	Network network
	Groups  map[string]*string
	Cluster cluster
	Tasks   map[string]ecstaskdefinition.EcsTaskDefinition
	Edge    edge
	Watch   map[string][]*string // alarms by service that make ECS roll a deployment back
}

// services makes the four, with no tasks: the pipeline sets their images and starts them. From then on tasks and
// revisions are the pipeline's and autoscaling's.
func (s *stack) services(a around) map[string]cdktf.ITerraformDependable {
	services := map[string]cdktf.ITerraformDependable{}
	for _, program := range Programs() {
		config := &ecsservice.EcsServiceConfig{
			Name: str(program.Name), Cluster: a.Cluster.ARN, TaskDefinition: a.Tasks[program.Name].Arn(), DesiredCount: num(0),
			PlatformVersion: str("1.4.0"),
			CapacityProviderStrategy: []*ecsservice.EcsServiceCapacityProviderStrategy{{
				CapacityProvider: str(s.capacityProvider()), Weight: num(1),
			}},
			NetworkConfiguration: &ecsservice.EcsServiceNetworkConfiguration{
				Subnets: a.Network.subnets(app), SecurityGroups: &[]*string{a.Groups[program.Name]}, AssignPublicIp: false,
			},
			DeploymentCircuitBreaker:        &ecsservice.EcsServiceDeploymentCircuitBreaker{Enable: true, Rollback: true},
			DeploymentMinimumHealthyPercent: num(100), DeploymentMaximumPercent: num(200),
			AvailabilityZoneRebalancing: str("ENABLED"),
			EnableExecuteCommand:        false,
			EnableEcsManagedTags:        true, PropagateTags: str("SERVICE"),
			Tags:      texts(map[string]string{"Service": program.Name}),
			Lifecycle: &cdktf.TerraformResourceLifecycle{IgnoreChanges: list("desired_count", "task_definition")},
		}
		if alarms := a.Watch[program.Name]; len(alarms) > 0 {
			config.Alarms = &ecsservice.EcsServiceAlarms{Enable: true, Rollback: true, AlarmNames: &alarms}
		}
		if registry := a.Cluster.Names[program.Name]; registry != nil {
			config.ServiceRegistries = &ecsservice.EcsServiceServiceRegistries{RegistryArn: registry}
		} else {
			config.LoadBalancer = []*ecsservice.EcsServiceLoadBalancer{{
				TargetGroupArn: a.Edge.Target.Arn(), ContainerName: str(program.Name), ContainerPort: num(webPort),
			}}
			config.DependsOn = &[]cdktf.ITerraformDependable{a.Edge.Door}
			config.HealthCheckGracePeriodSeconds = num(startTime)
		}
		services[program.Name] = ecsservice.NewEcsService(s.scope, str(program.Name), config)
	}
	return services
}
