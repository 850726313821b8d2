//go:build faults

package faults_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/platform/tracing/tracingtest"
)

// traced has every request of everybody traced, and sent to an address.
func traced(endpoint string) map[string]map[string]string {
	settings := map[string]map[string]string{}
	for _, service := range everything {
		settings[service] = maps.Clone(drains[service])
		settings[service]["TRACE_ENDPOINT"], settings[service]["TRACE_RATIO"] = endpoint, "1"
	}
	return settings
}

func TestN10_TheCollectorOfTracesFallsSilentAndThenRefusesAndNobodyNotices(t *testing.T) {
	collector, err := tracingtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = collector.Close() })
	wire, err := fleet.NewWire(strings.TrimPrefix(collector.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = wire.Close() })
	r := start(t, fleet.Options{Settings: traced("http://" + wire.Addr)})
	last := 0
	report := r.meanwhile(func(ctx context.Context) {
		pause(ctx, either(2*time.Second, 10*time.Second))
		if len(collector.Spans()) == 0 {
			t.Error("there were no traces to begin with")
		}
		for _, down := range []func(){func() { wire.Silence(true) }, func() { _ = wire.Close() }} {
			down()
			last = len(collector.Spans())
			pause(ctx, either(3*time.Second, 30*time.Second))
			for _, service := range everything {
				r.replace(ctx, r.Of(service)[0]) // a stop that is not clean, or too slow, is a failure
			}
		}
	})
	r.noneFailed(report)
	if report.P99 > 300*time.Millisecond {
		t.Errorf("p99 is %v", report.P99)
	}
	if len(collector.Spans()) != last {
		t.Error("spans came through a wire that was cut: nothing was down")
	}
}
