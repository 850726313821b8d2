package service

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// registerMetrics registers what every service shows, and returns the counter of panics.
func registerMetrics(registry *prometheus.Registry, name string, r *readiness) *prometheus.CounterVec {
	about := build()
	info := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "service_build_info",
		Help:        "Always 1; the labels tell which build of which service runs.",
		ConstLabels: prometheus.Labels{"service": name, "version": about.Version, "commit": about.Commit, "go": about.Go},
	}, func() float64 { return 1 })
	ready := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "service_ready",
		Help: "1 while the service is ready, else 0.",
	}, func() float64 {
		if r.state().Ready {
			return 1
		}
		return 0
	})
	panics := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "service_panics_total",
		Help: "Panics that were recovered, by component.",
	}, []string{"component"})
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), info, ready, panics,
	)
	return panics
}
