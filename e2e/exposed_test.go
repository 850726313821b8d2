package e2e_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"gitlab.com/notejam/notejam/local"
)

// exposed is what services show: the values of labels, by series' name, service and label.
type exposed map[string]map[string]map[string][]string

// scrape reads the metrics of all four services.
func scrape(t *testing.T, s *local.Stack) exposed {
	t.Helper()
	shown := exposed{"up": {}} // Prometheus' own
	for _, service := range []string{"auth", "notes", "audit", "web"} {
		shown["up"][service] = map[string][]string{}
		for name, family := range scrapeOne(t, s, service) {
			for _, metric := range family.GetMetric() {
				shown.add(service, name, family.GetType(), metric)
			}
		}
	}
	return shown
}

// scrapeOne reads a service's metrics as its debug listener shows them now.
func scrapeOne(t *testing.T, s *local.Stack, service string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(shownMetrics(t, s, service)))
	if err != nil {
		t.Fatalf("the metrics of %s: %v", service, err)
	}
	return families
}

// add notes a metric by the names that its series have in queries.
func (e exposed) add(service, name string, kind dto.MetricType, metric *dto.Metric) {
	switch kind {
	case dto.MetricType_HISTOGRAM:
		e.note(service, name+"_bucket", metric, "le", "+Inf")
		e.note(service, name+"_count", metric, "", "")
		e.note(service, name+"_sum", metric, "", "")
	case dto.MetricType_SUMMARY:
		for _, q := range metric.GetSummary().GetQuantile() {
			e.note(service, name, metric, "quantile", fmt.Sprint(q.GetQuantile()))
		}
		e.note(service, name+"_count", metric, "", "")
		e.note(service, name+"_sum", metric, "", "")
	default:
		e.note(service, name, metric, "", "")
	}
}

// note notes one series, with a label of its own if it has one.
func (e exposed) note(service, name string, metric *dto.Metric, own, value string) {
	if e[name] == nil {
		e[name] = map[string]map[string][]string{}
	}
	if e[name][service] == nil {
		e[name][service] = map[string][]string{}
	}
	labels := e[name][service]
	for _, label := range metric.GetLabel() {
		labels[label.GetName()] = append(labels[label.GetName()], label.GetValue())
	}
	if own != "" {
		labels[own] = append(labels[own], value)
	}
}

// unknown tells what a query asks for that no service shows.
func (e exposed) unknown(q question) []string {
	var lines []string
	var kept []string // labels that the result has
	for _, s := range q.Selectors {
		services := e[s.Metric]
		if services == nil {
			lines = append(lines, "nobody shows "+s.Metric)
			continue
		}
		labels := map[string][]string{}
		for service, theirs := range services {
			for _, m := range s.Matchers {
				if m.Label == "job" && !selects(m.Op, m.Value, service) {
					theirs = nil
				}
			}
			for name, values := range theirs {
				labels[name] = append(labels[name], values...)
			}
			if theirs != nil {
				labels["job"] = append(labels["job"], service)
			}
		}
		if labels["job"] == nil {
			lines = append(lines, s.Metric+" is not shown by a job that is asked")
			continue
		}
		labels["instance"] = nil // Prometheus gives it to all, as it does job
		for _, m := range s.Matchers {
			values, known := labels[m.Label]
			switch {
			case !known:
				lines = append(lines, fmt.Sprintf("%s has no label %s", s.Metric, m.Label))
			case m.Op == "=" && !slices.Contains(values, m.Value):
				lines = append(lines, fmt.Sprintf("%s never has %s=%q", s.Metric, m.Label, m.Value))
			}
		}
		for _, name := range s.Labels {
			_, known := labels[name]
			if !known {
				lines = append(lines, fmt.Sprintf("%s has no label %s", s.Metric, name))
			}
		}
		if s.Aggregated {
			kept = append(kept, s.Labels...)
			continue
		}
		for name := range labels {
			kept = append(kept, name)
		}
	}
	for _, name := range q.Shown {
		if !slices.Contains(kept, name) {
			lines = append(lines, fmt.Sprintf("its text names %s, which the result has not", name))
		}
	}
	return lines
}

// selects is how Prometheus compares.
func selects(op, pattern, value string) bool {
	switch op {
	case "=":
		return pattern == value
	case "!=":
		return pattern != value
	default:
		return regexp.MustCompile("^(?:"+pattern+")$").MatchString(value) == (op == "=~")
	}
}
