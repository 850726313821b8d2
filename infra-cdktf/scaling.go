package main

import (
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingpolicy"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingscheduledaction"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/appautoscalingtarget"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

const (
	// requestsPerTask is what a task of web gets in a minute before there is another, far below what one can do.
	requestsPerTask = 600
	// backlogPerTask is how many events may wait for each task of audit: 10 s of delay, a tenth of a second for each.
	backlogPerTask = 100
	scaleOut       = 60  // seconds between two steps up
	scaleIn        = 300 // and down
)

type (
	targetTracking = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration
	predefined     = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification
	customized     = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification
	scalingMetric  = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetrics
	scalingStat    = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStat
	statMetric     = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStatMetric
	statDimension  = appautoscalingpolicy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStatMetricDimensions
)

// scaling lets every service grow with its CPU, web also with its requests and audit with what waits for it. With
// several policies there are as many tasks as the largest asks for. label names the load balancer's target group.
func (s *stack) scaling(services map[string]cdktf.ITerraformDependable, label *string) {
	for _, program := range Programs() {
		tasks := s.Env.Tasks[program.Name]
		target := appautoscalingtarget.NewAppautoscalingTarget(s.scope, str("scale-"+program.Name), &appautoscalingtarget.AppautoscalingTargetConfig{
			ServiceNamespace: str("ecs"), ScalableDimension: str("ecs:service:DesiredCount"),
			ResourceId:  strf("service/notejam-%s/%s", s.Env.Name, program.Name),
			MinCapacity: num(tasks.Min), MaxCapacity: num(tasks.Max),
			DependsOn: &[]cdktf.ITerraformDependable{services[program.Name]},
			// Off-hours change them.
			Lifecycle: s.ignoring(s.Env.OffHours != nil, "min_capacity", "max_capacity"),
		})
		s.track(target, program.Name, "cpu", &targetTracking{
			TargetValue:                   num(tasks.CPUTarget),
			PredefinedMetricSpecification: &predefined{PredefinedMetricType: str("ECSServiceAverageCPUUtilization")},
		})
		switch {
		case program.Receives:
			s.track(target, program.Name, "backlog", &targetTracking{
				TargetValue: num(backlogPerTask), CustomizedMetricSpecification: &customized{Metrics: s.backlog(program.Name)},
			})
		case program.Name == "web":
			s.track(target, program.Name, "requests", &targetTracking{
				TargetValue:                   num(requestsPerTask),
				PredefinedMetricSpecification: &predefined{PredefinedMetricType: str("ALBRequestCountPerTarget"), ResourceLabel: label},
			})
		}
		s.offHours(target, program.Name, tasks)
	}
}

func (s *stack) track(target appautoscalingtarget.AppautoscalingTarget, service, metric string, tracking *targetTracking) {
	tracking.ScaleOutCooldown, tracking.ScaleInCooldown = num(scaleOut), num(scaleIn)
	appautoscalingpolicy.NewAppautoscalingPolicy(s.scope, str("scale-"+service+"-"+metric), &appautoscalingpolicy.AppautoscalingPolicyConfig{
		Name: str(s.name(service + "-" + metric)), PolicyType: str("TargetTrackingScaling"),
		ServiceNamespace: target.ServiceNamespace(), ScalableDimension: target.ScalableDimension(), ResourceId: target.ResourceId(),
		TargetTrackingScalingPolicyConfiguration: tracking,
	})
}

// backlog is what waits in the queue for each task. Without Container Insights the tasks are counted by how many report
// their CPU. No task counts as one, or nothing would ever start the first.
func (s *stack) backlog(service string) []*scalingMetric {
	running := &scalingStat{Stat: str("SampleCount"), Metric: s.serviceMetric("AWS/ECS", "CPUUtilization", service)}
	if s.Env.Insights != "disabled" {
		running = &scalingStat{Stat: str("Average"), Metric: s.serviceMetric("ECS/ContainerInsights", "RunningTaskCount", service)}
	}
	return []*scalingMetric{
		{Id: str("visible"), ReturnData: false, MetricStat: &scalingStat{Stat: str("Maximum"), Metric: &statMetric{
			Namespace: str("AWS/SQS"), MetricName: str("ApproximateNumberOfMessagesVisible"),
			Dimensions: []*statDimension{{Name: str("QueueName"), Value: str(s.name("events"))}},
		}}},
		{Id: str("running"), ReturnData: false, MetricStat: running},
		{Id: str("backlog"), ReturnData: true, Expression: str("visible / (IF(running > 0, running, 1))"), Label: str("events waiting for each task")},
	}
}

func (s *stack) serviceMetric(namespace, name, service string) *statMetric {
	return &statMetric{Namespace: str(namespace), MetricName: str(name), Dimensions: []*statDimension{
		{Name: str("ClusterName"), Value: str("notejam-" + s.Env.Name)}, {Name: str("ServiceName"), Value: str(service)},
	}}
}

// offHours stops all tasks in the evening and starts them in the morning, web a little later than those it calls. Once
// nothing is connected the database pauses by itself.
func (s *stack) offHours(target appautoscalingtarget.AppautoscalingTarget, service string, tasks Tasks) {
	off := s.Env.OffHours
	if off == nil {
		return
	}
	wake := off.Wake
	if service == "web" {
		wake = off.WakeWeb
	}
	for _, action := range []struct {
		name, at string
		min, max int
	}{{"sleep", off.Sleep, 0, 0}, {"wake", wake, tasks.Min, tasks.Max}} {
		appautoscalingscheduledaction.NewAppautoscalingScheduledAction(s.scope, str(action.name+"-"+service), &appautoscalingscheduledaction.AppautoscalingScheduledActionConfig{
			Name: str(s.name(service + "-" + action.name)), Schedule: str(action.at), Timezone: str(off.Timezone),
			ServiceNamespace: target.ServiceNamespace(), ScalableDimension: target.ScalableDimension(), ResourceId: target.ResourceId(),
			ScalableTargetAction: &appautoscalingscheduledaction.AppautoscalingScheduledActionScalableTargetAction{MinCapacity: strf("%d", action.min), MaxCapacity: strf("%d", action.max)},
		})
	}
}

func (s *stack) ignoring(some bool, attributes ...string) *cdktf.TerraformResourceLifecycle {
	if !some {
		return nil
	}
	return &cdktf.TerraformResourceLifecycle{IgnoreChanges: list(attributes...)}
}
