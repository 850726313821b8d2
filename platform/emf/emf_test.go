package emf

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"gitlab.com/notejam/notejam/platform/env"
)

// written runs a writer that writes once, when it is stopped.
func written(t *testing.T, w *Writer) {
	t.Helper()
	w.stop()
	component := w.Component()
	err := errors.Join(component.Run(t.Context()), component.Stop(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
}

func TestALineHasWhatTheServiceHasInCloudWatchsFormat(t *testing.T) {
	registry := prometheus.NewRegistry()
	calls := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "rpc_server_seconds"}, []string{"code", "method"})
	age := prometheus.NewGauge(prometheus.GaugeOpts{Name: "outbox_oldest_unsent_seconds"})
	other := prometheus.NewCounter(prometheus.CounterOpts{Name: "something_else_total"})
	registry.MustRegister(calls, age, other)
	for _, code := range []string{"OK", "NotFound", "Internal", "Unavailable", "OK"} {
		calls.WithLabelValues(code, "Get").Observe(1)
	}
	age.Set(2.5)
	var log bytes.Buffer
	w := newWriter("Notejam/test", time.Hour, registry, slog.New(slog.NewJSONHandler(&log, nil)).With("service", "demo"))
	w.now = func() time.Time { return time.UnixMilli(1700000000000) }
	written(t, w)
	calls.WithLabelValues("Internal", "Get").Observe(1)
	w.write(t.Context())

	got := lines(t, &log)
	first := map[string]any{
		"level": "INFO", "msg": "metrics", "service": "demo", "Requests": 5.0, "Errors": 2.0, "OutboxOldestUnsent": 2.5,
		"_aws": map[string]any{
			"Timestamp": 1700000000000.0,
			"CloudWatchMetrics": []any{map[string]any{
				"Namespace": "Notejam/test", "Dimensions": []any{[]any{"service"}},
				"Metrics": []any{
					map[string]any{"Name": "Requests", "Unit": "Count"},
					map[string]any{"Name": "Errors", "Unit": "Count"},
					map[string]any{"Name": "OutboxOldestUnsent", "Unit": "Seconds"},
				},
			}},
		},
	}
	second := map[string]any{"Requests": 1.0, "Errors": 1.0}
	for name, value := range first {
		if second[name] == nil {
			second[name] = value
		}
	}
	if diff := cmp.Diff([]map[string]any{first, second}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAWriterWritesUntilItIsStopped(t *testing.T) {
	gathered := make(chan struct{})
	registry := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { gathered <- struct{}{}; return nil, nil })
	w := newWriter("Notejam/test", time.Millisecond, registry, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- w.run(t.Context()) }()
	<-gathered
	<-gathered
	w.stop()
	for {
		select {
		case <-gathered:
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			return
		}
	}
}

func TestWithoutANamespaceNothingIsWritten(t *testing.T) {
	registry := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return nil, errors.New("somebody asks") })
	var log bytes.Buffer
	written(t, newWriter("", time.Nanosecond, registry, slog.New(slog.NewJSONHandler(&log, nil))))
	if log.Len() > 0 {
		t.Errorf("it wrote %s", log.String())
	}
}

func TestSettings_ANamespaceIsOneThatCloudWatchTakes(t *testing.T) {
	for value, ok := range map[string]bool{"": true, "Notejam/prod": true, "two words": false, strings.Repeat("x", 256): false} {
		set := env.New(env.Map(map[string]string{"DEMO_EMF_NAMESPACE": value}))
		Settings(set, "DEMO")
		if (set.Err() == nil) != ok {
			t.Errorf("%q: %v", value, set.Err())
		}
	}
}

func lines(t *testing.T, log *bytes.Buffer) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var one map[string]any
		err := json.Unmarshal([]byte(line), &one)
		if err != nil {
			t.Fatal(err)
		}
		delete(one, "time")
		all = append(all, one)
	}
	return all
}
