package queue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestDepth_ShowsWhatAQueueHoldsAndNothingWhileItIsAway(t *testing.T) {
	server, q := start(t)
	registry := prometheus.NewRegistry()
	depth, err := queue.NewDepth(registry, q)
	if err != nil {
		t.Fatal(err)
	}
	send(t, q, 3)
	receive(t, q)

	err = depth.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	held := depths(t, registry)
	if held["visible"]+held["in_flight"] != 3 || held["in_flight"] < 1 || held["delayed"] != 0 {
		t.Errorf("the queue holds %v, want 3 of which somebody has received some", held)
	}

	server.SetFaults(queuetest.Faults{Throttle: 100})
	err = depth.Measure(t.Context())
	if err == nil {
		t.Error("a queue that is away was measured")
	}
	if diff := cmp.Diff(map[string]float64{}, depths(t, registry)); diff != "" {
		t.Errorf("a queue that is away still holds (-want +got):\n%s", diff)
	}
}

func TestMetrics_TellHowLongMessagesWaited(t *testing.T) {
	server, _ := start(t)
	registry := prometheus.NewRegistry()
	q, err := queue.Open(t.Context(), queue.Config{URL: server.URL("events"), Endpoint: server.Endpoint()}, registry)
	if err != nil {
		t.Fatal(err)
	}
	send(t, q, 1)
	receive(t, q)

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "queue_message_age_seconds" {
			continue
		}
		ages := family.GetMetric()[0].GetHistogram()
		if ages.GetSampleCount() != 1 || ages.GetSampleSum() < 0 || ages.GetSampleSum() > 60 {
			t.Errorf("%d messages waited %v s, want one that waited a moment", ages.GetSampleCount(), ages.GetSampleSum())
		}
		return
	}
	t.Error("queue_message_age_seconds is missing")
}

// depths reads queue_messages by state.
func depths(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	held := make(map[string]float64)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "state" {
					held[label.GetValue()] = metric.GetGauge().GetValue()
				}
			}
		}
	}
	return held
}
