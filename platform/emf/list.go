package emf

import (
	"strings"

	dto "github.com/prometheus/client_model/go"
)

// metric is one of CloudWatch's, made of metrics of Prometheus.
type metric struct {
	name, unit string
	of         []string // families; their values are added up, of histograms the number of observations
	grows      bool     // it is what has come since the line before
	only       func(labels map[string]string) bool
}

// list is all that is written; a service writes what it has of it.
var list = []metric{
	{name: "Requests", unit: "Count", of: []string{"http_request_duration_seconds", "rpc_server_seconds"}, grows: true},
	{name: "Errors", unit: "Count", of: []string{"http_request_duration_seconds", "rpc_server_seconds"}, grows: true, only: ourFault},
	{name: "Panics", unit: "Count", of: []string{"service_panics_total", "http_panics_total", "rpc_server_panics_total", "outbox_panics_total", "audit_panics_total"}, grows: true},
	{name: "Shed", unit: "Count", of: []string{"http_shed_total", "rpc_server_shed_total", "mysql_pool_refused_total", "auth_password_shed_total"}, grows: true},
	{name: "LogLinesDropped", unit: "Count", of: []string{"service_log_lines_dropped_total"}, grows: true},
	{name: "PasswordPlaces", unit: "Count", of: []string{"auth_password_places"}},
	{name: "MailOldestUnsent", unit: "Seconds", of: []string{"auth_mail_oldest_unsent_seconds"}},
	{name: "OutboxOldestUnsent", unit: "Seconds", of: []string{"outbox_oldest_unsent_seconds"}},
	{name: "OutboxOldestUnconfirmed", unit: "Seconds", of: []string{"outbox_oldest_unconfirmed_seconds"}},
	{name: "OutboxParked", unit: "Count", of: []string{"outbox_parked"}},
	{name: "AuditUnsigned", unit: "Seconds", of: []string{"audit_unsigned_seconds"}},
}

// Families names all metrics of Prometheus that lines are made of.
func Families() []string {
	var names []string
	for _, m := range list {
		names = append(names, m.of...)
	}
	return names
}

// ourFault are answers that no person's mistake can cause.
func ourFault(labels map[string]string) bool {
	switch labels["code"] {
	case "Internal", "Unknown", "Unavailable", "DataLoss", "DeadlineExceeded":
		return true
	default:
		return strings.HasPrefix(labels["status"], "5")
	}
}

// sum adds up what there is of the metric.
func (m metric) sum(families map[string]*dto.MetricFamily) (sum float64, there bool) {
	for _, name := range m.of {
		family, found := families[name]
		there = there || found
		for _, one := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range one.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if m.only == nil || m.only(labels) {
				sum += one.GetCounter().GetValue() + one.GetGauge().GetValue() + float64(one.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum, there
}
