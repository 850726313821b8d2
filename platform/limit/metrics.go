package limit

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what was allowed and what was denied, by limit.
type Metrics struct{ answers *prometheus.CounterVec }

// NewMetrics registers the metric once for a process.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "limit_answers_total",
		Help: "What limits were asked, by limit and by what they said: allowed or denied.",
	}, []string{"limit", "answer"})}
	registry.MustRegister(m.answers)
	return m
}

// Count counts an answer; those of limits that a service keeps by itself too.
func (m *Metrics) Count(name string, allowed bool) {
	answer := "denied"
	if allowed {
		answer = "allowed"
	}
	m.answers.WithLabelValues(name, answer).Inc()
}
