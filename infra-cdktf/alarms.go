package main

import (
	"cmp"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchcompositealarm"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchmetricalarm"
)

const (
	minute = 60
	day    = 24 * 3600
)

// metric is something that CloudWatch measures.
type metric struct {
	Namespace, Name, Stat string // Stat: Sum, Average, Maximum, Minimum or a percentile such as p99
	Dimensions            map[string]string
}

// alarm wakes a person, or stops a deployment.
type alarm struct {
	Name, Means string
	Of          metric
	Ratio       *metric // Of is divided by it, in percent, once there are five of Of
	Above       float64
	Below       float64 // instead of Above
	For, Within int     // periods: for so many of the last so many
	Period      int     // seconds; a minute unless it is given
	Missing     string  // what no data mean: notBreaching unless it is given
	Always      bool    // in dev too, which sleeps at night
}

// alarms makes all alarms of the environment. It gives their names by their short names.
func (s *stack) alarms(topic *string, all []alarm) map[string]*string {
	names := map[string]*string{}
	for _, a := range all {
		if a.Always || s.Env.Wide {
			names[a.Name] = s.alarm(topic, a)
		}
	}
	return names
}

func (s *stack) alarm(topic *string, a alarm) *string {
	config := &cloudwatchmetricalarm.CloudwatchMetricAlarmConfig{
		AlarmName: str(s.name(a.Name)), AlarmDescription: str(a.Means),
		ComparisonOperator: str("GreaterThanThreshold"), Threshold: num(a.Above),
		DatapointsToAlarm: num(a.For), EvaluationPeriods: num(a.Within), TreatMissingData: str(cmp.Or(a.Missing, "notBreaching")),
		ActionsEnabled: true, AlarmActions: &[]*string{topic},
	}
	if a.Below > 0 {
		config.ComparisonOperator, config.Threshold = str("LessThanThreshold"), num(a.Below)
	}
	if s.Env.Name == "prod" {
		config.OkActions = &[]*string{topic}
	}
	if a.Ratio != nil {
		config.MetricQuery = ratio(a.Of, *a.Ratio)
		return cloudwatchmetricalarm.NewCloudwatchMetricAlarm(s.scope, str("alarm-"+a.Name), config).AlarmName()
	}
	config.Namespace, config.MetricName, config.Dimensions, config.Period = str(a.Of.Namespace), str(a.Of.Name), texts(a.Of.Dimensions), num(cmp.Or(a.Period, minute))
	if a.Of.Stat[0] == 'p' {
		config.ExtendedStatistic = str(a.Of.Stat)
	} else {
		config.Statistic = str(a.Of.Stat)
	}
	return cloudwatchmetricalarm.NewCloudwatchMetricAlarm(s.scope, str("alarm-"+a.Name), config).AlarmName()
}

// ratio is a share in percent, of five or more: one error in the night's only request is nobody's emergency.
func ratio(part, whole metric) []*cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery {
	query := func(id string, m metric) *cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery {
		return &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{Id: str(id), ReturnData: false, Metric: &cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQueryMetric{
			Namespace: str(m.Namespace), MetricName: str(m.Name), Stat: str(m.Stat), Period: num(minute), Dimensions: texts(m.Dimensions),
		}}
	}
	return []*cloudwatchmetricalarm.CloudwatchMetricAlarmMetricQuery{
		query("part", part), query("whole", whole),
		{Id: str("share"), ReturnData: true, Expression: str("IF(part >= 5, 100 * part / whole, 0)"), Label: str("percent")},
	}
}

// objective is one alarm for what people notice. The pipeline looks at it.
func (s *stack) objective(names map[string]*string, topic *string) *string {
	rule := ""
	for _, name := range []string{"site-errors", "site-slow", "site-unhealthy"} {
		if names[name] == nil {
			continue
		}
		if rule != "" {
			rule += " OR "
		}
		rule += `ALARM("` + *names[name] + `")`
	}
	return cloudwatchcompositealarm.NewCloudwatchCompositeAlarm(s.scope, str("alarm-objective"), &cloudwatchcompositealarm.CloudwatchCompositeAlarmConfig{
		AlarmName: str(s.name("objective")), AlarmDescription: str("People notice: errors, slow pages, or no task that answers."),
		AlarmRule: str(rule), AlarmActions: &[]*string{topic},
	}).AlarmName()
}
