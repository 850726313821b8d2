package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestMetrics_CountCallsByOperationAndResult(t *testing.T) {
	server, _ := start(t)
	registry := prometheus.NewRegistry()
	q, err := queue.Open(t.Context(), queue.Config{URL: server.URL("events"), Endpoint: server.Endpoint()}, registry)
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()

	send(t, q, 2)
	receive(t, q)
	_, _ = q.Delete(t.Context(), []string{"wrong"})
	_, _ = q.Attributes(gone)
	_, _ = q.Attributes(late)
	_ = q.ChangeVisibility(t.Context(), "wrong", 0)
	server.SetFaults(queuetest.Faults{Throttle: 100})
	_, _ = q.Send(t.Context(), entries(1, "body"))
	_, _ = q.Send(t.Context(), entries(11, "body")) // no call

	want := map[string]float64{
		"send ok":                 1,
		"send throttled":          1,
		"receive ok":              1,
		"delete partial":          1,
		"attributes canceled":     1,
		"attributes timeout":      1,
		"change_visibility error": 1,
	}
	if diff := cmp.Diff(want, counters(t, registry, "queue_calls_total")); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// counters reads a counter of the queue "events" by its operation and result.
func counters(t *testing.T, registry *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			labels := make(map[string]string)
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if labels["queue"] == "events" {
				values[labels["op"]+" "+labels["result"]] = metric.GetCounter().GetValue()
			}
		}
	}
	return values
}
