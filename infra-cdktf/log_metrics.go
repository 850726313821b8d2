package main

import "github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchlogmetricfilter"

// loggedNamespace holds what is counted in logs.
func (s *stack) loggedNamespace() string { return "Notejam/" + s.Env.Name }

// logMetrics counts lines of logs that a person must hear of. Services log one JSON object a line.
func (s *stack) logMetrics() {
	for _, program := range Programs() {
		s.counted(program.Name, "Errors", `{ $.level = "ERROR" }`)
		// A panic in a call is the cause of its error, any other a line of its own.
		s.counted(program.Name, "Panics", `{ ($.msg = "panic") || ($.error = "panic*") }`)
		if program.Sends {
			s.counted(program.Name, "Parked", `{ $.msg = "event parked*" }`)
			s.counted(program.Name, "Held", `{ $.msg = "events are held back" }`)
		}
		if program.Receives {
			s.counted(program.Name, "Unsigned", `{ ($.msg = "no checkpoints are signed*") || ($.msg = "signing stopped*") }`)
		}
	}
}

func (s *stack) counted(service, what, pattern string) {
	cloudwatchlogmetricfilter.NewCloudwatchLogMetricFilter(s.scope, str("counted-"+service+"-"+what), &cloudwatchlogmetricfilter.CloudwatchLogMetricFilterConfig{
		Name: str(s.name(service + "-" + what)), LogGroupName: strf("${aws_cloudwatch_log_group.logs-%s.name}", service), Pattern: str(pattern),
		MetricTransformation: &cloudwatchlogmetricfilter.CloudwatchLogMetricFilterMetricTransformation{
			Namespace: str(s.loggedNamespace()), Name: str(service + what), Value: str("1"), DefaultValue: str("0"),
		},
	})
}
