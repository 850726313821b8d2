package main

import (
	"maps"
	"slices"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/cloudwatchdashboard"
)

// dashboard is the environment at a glance: alarms, the site, each service, the database, the queue, releases. Rows are
// 24 units wide.
func (s *stack) dashboard(at on, alarms map[string]*string) {
	d := &board{region: s.Account.Region}
	d.heading("Notejam " + s.Env.Name + ": https://" + s.Env.Host)
	var arns array
	for _, name := range slices.Sorted(maps.Keys(alarms)) {
		arns = append(arns, s.Account.arn("cloudwatch", "alarm:"+s.name(name)))
	}
	d.row(3, object{"type": "alarm", "properties": object{"title": "Alarms", "alarms": arns}})
	d.heading("Site")
	d.charts(
		chart{"Requests", []metric{s.balancerMetric(at, "RequestCount", "Sum")}},
		chart{"Answers", []metric{
			s.balancerMetric(at, "HTTPCode_Target_2XX_Count", "Sum"), s.balancerMetric(at, "HTTPCode_Target_4XX_Count", "Sum"),
			s.balancerMetric(at, "HTTPCode_Target_5XX_Count", "Sum"), s.balancerMetric(at, "HTTPCode_ELB_5XX_Count", "Sum"),
		}},
		chart{"Time to answer", []metric{
			s.balancerMetric(at, "TargetResponseTime", "p50"), s.balancerMetric(at, "TargetResponseTime", "p90"), s.balancerMetric(at, "TargetResponseTime", "p99"),
		}},
		chart{"Tasks of web", []metric{s.targetMetric(at, "HealthyHostCount", "Minimum"), s.targetMetric(at, "UnHealthyHostCount", "Maximum")}},
	)
	for _, program := range Programs() {
		d.heading(program.Name)
		d.charts(
			chart{"CPU, %", []metric{s.taskMetric(program.Name, "CPUUtilization", "Average"), s.taskMetric(program.Name, "CPUUtilization", "Maximum")}},
			chart{"Memory, %", []metric{s.taskMetric(program.Name, "MemoryUtilization", "Maximum")}},
			chart{"Tasks that run", []metric{s.taskMetric(program.Name, "CPUUtilization", "SampleCount")}},
			chart{"Errors in the log", []metric{s.loggedMetric(program.Name, "Errors"), s.loggedMetric(program.Name, "Panics")}},
		)
		d.row(6, object{"type": "log", "properties": object{
			"title": "Last errors of " + program.Name, "region": s.Account.Region,
			"query": "SOURCE '" + s.path(program.Name) + "' | fields @timestamp, msg, error | filter level = 'ERROR' | sort @timestamp desc | limit 20",
		}})
	}
	d.heading("Database")
	d.charts(
		chart{"Capacity, ACU", []metric{s.databaseMetric("ServerlessDatabaseCapacity", "Average"), s.databaseMetric("ServerlessDatabaseCapacity", "Maximum")}},
		chart{"Connections", []metric{s.databaseMetric("DatabaseConnections", "Maximum")}},
		chart{"Latency", []metric{s.databaseMetric("SelectLatency", "Average"), s.databaseMetric("CommitLatency", "Average")}},
		chart{"Deadlocks and lag", []metric{s.databaseMetric("Deadlocks", "Sum"), s.databaseMetric("AuroraReplicaLagMaximum", "Maximum")}},
	)
	d.heading("Events")
	d.charts(
		chart{"Sent and recorded", []metric{s.queueMetric("events", "NumberOfMessagesSent", "Sum"), s.queueMetric("events", "NumberOfMessagesDeleted", "Sum")}},
		chart{"Waiting", []metric{s.queueMetric("events", "ApproximateNumberOfMessagesVisible", "Maximum")}},
		chart{"Age of the oldest", []metric{s.queueMetric("events", "ApproximateAgeOfOldestMessage", "Maximum")}},
		chart{"Dead letters", []metric{s.queueMetric("events-dead", "ApproximateNumberOfMessagesVisible", "Maximum")}},
	)
	d.heading("Releases")
	d.row(6, object{"type": "log", "properties": object{
		"title": "Last steps of the pipeline", "region": s.Account.Region,
		"query": "SOURCE '/aws/events/" + s.name("pipeline") + "' | fields @timestamp, detail.stage, detail.action, detail.state | sort @timestamp desc | limit 30",
	}})
	cloudwatchdashboard.NewCloudwatchDashboard(s.scope, str("dashboard"), &cloudwatchdashboard.CloudwatchDashboardConfig{
		DashboardName: str("notejam-" + s.Env.Name), DashboardBody: text(object{"widgets": d.widgets}),
	})
}

// board puts widgets below each other.
type board struct {
	region  string
	widgets array
	y       int
}

func (d *board) heading(markdown string) {
	d.row(1, object{"type": "text", "properties": object{"markdown": "## " + markdown}})
}

func (d *board) row(height int, widget object) {
	widget["x"], widget["y"], widget["width"], widget["height"] = 0, d.y, 24, height
	d.widgets = append(d.widgets, widget)
	d.y += height
}

// chart is a title and what it shows.
type chart struct {
	title   string
	metrics []metric
}

// charts puts charts beside each other.
func (d *board) charts(charts ...chart) {
	width := 24 / len(charts)
	for i, c := range charts {
		var lines array
		for _, m := range c.metrics {
			line := array{m.Namespace, m.Name}
			for _, dimension := range slices.Sorted(maps.Keys(m.Dimensions)) {
				line = append(line, dimension, m.Dimensions[dimension])
			}
			lines = append(lines, append(line, object{"stat": m.Stat, "label": m.Name + " " + m.Stat}))
		}
		d.widgets = append(d.widgets, object{
			"type": "metric", "x": i * width, "y": d.y, "width": width, "height": 6,
			"properties": object{"title": c.title, "region": d.region, "period": 60, "view": "timeSeries", "metrics": lines},
		})
	}
	d.y += 6
}
