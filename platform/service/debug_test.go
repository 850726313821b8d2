package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/service"
)

// status is what /statusz answers.
type status struct {
	Service, Version, Commit, Go string
	Started                      time.Time
	Ready, Draining              bool
	Conditions                   []struct {
		Name  string
		OK    bool
		Since time.Time
		Error string
	}
	Status map[string]json.RawMessage
}

func (s *started) status() status {
	s.t.Helper()
	code, body := s.get("/statusz")
	var got status
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&got)
	if code != 200 || err != nil {
		s.t.Fatalf("/statusz = %d %s: %v", code, body, err)
	}
	return got
}

func TestStatusz_ShowsTheServiceAndEachLineInBoundedTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	before := time.Now()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Ready("database").Set(nil)
		rt.Ready("keys")
		rt.Status("outbox", func(context.Context) any { return map[string]int{"waiting": 3} })
		rt.Status("slow", func(ctx context.Context) any { <-ctx.Done(); <-release; return 1 })
		rt.Status("panics", func(context.Context) any { panic("oh") })
		rt.Status("not JSON", func(context.Context) any { return math.Inf(1) })
		rt.Status("nothing", func(context.Context) any { return nil })
		return nil
	}), nil)
	eventually(t, "the service has started", func() bool { return s.log.line(t, "condition became true") != nil })
	got := s.status()

	lines := map[string]string{}
	for name, line := range got.Status {
		lines[name] = string(line)
	}
	if diff := cmp.Diff(map[string]string{
		"outbox":   `{"waiting":3}`,
		"slow":     `{"error":"no answer within 1s"}`,
		"panics":   `{"error":"panic: oh"}`,
		"not JSON": `{"error":"json: unsupported value: +Inf"}`,
		"nothing":  `null`,
	}, lines); diff != "" {
		t.Errorf("status lines (-want +got):\n%s", diff)
	}
	if got.Service != "demo" || got.Version == "" || got.Commit == "" || !strings.HasPrefix(got.Go, "go1.") {
		t.Errorf("about = %+v", got)
	}
	if got.Ready || got.Draining || got.Started.Before(before.Add(-time.Second)) || got.Started.Location() != time.UTC {
		t.Errorf("ready = %v, draining = %v, started = %s", got.Ready, got.Draining, got.Started)
	}
	if len(got.Conditions) != 2 || !got.Conditions[0].OK || got.Conditions[0].Name != "database" ||
		got.Conditions[1].OK || got.Conditions[1].Error != "not reached yet" || got.Conditions[1].Since.IsZero() {
		t.Errorf("conditions = %+v", got.Conditions)
	}

	// The slow line still runs: it is not started a second time.
	if answer := string(s.status().Status["slow"]); answer != `{"error":"an earlier question is not answered yet"}` {
		t.Errorf("the slow line, asked again = %s", answer)
	}
	_ = s.stop()
}

func TestStatus_NamesAreUnique(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Status("outbox", func(context.Context) any { return 1 })
		rt.Status("outbox", func(context.Context) any { return 2 })
		return nil
	}), nil)
	err := receive(t, s.result)
	if err == nil || !strings.Contains(err.Error(), "two status lines are called outbox") {
		t.Errorf("Run = %v", err)
	}
}

func TestMetrics_ShowTheProcessTheBuildAndTheReadiness(t *testing.T) {
	t.Parallel()
	conditions := make(chan *service.Condition, 1)
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{Name: "relay", Run: untilTold})
		conditions <- rt.Ready("database")
		return nil
	}), nil)
	_, before := s.get("/metrics")
	receive(t, conditions).Set(nil)
	s.waitReady()
	code, after := s.get("/metrics")
	if code != 200 || !strings.Contains(before, "\nservice_ready 0\n") || !strings.Contains(after, "\nservice_ready 1\n") {
		t.Errorf("/metrics = %d; service_ready is not 0 before and 1 after", code)
	}
	for _, metric := range []string{
		"go_goroutines ", "process_start_time_seconds ", `service_build_info{commit=`, `service="demo"`, `service_panics_total{component="relay"} 0`,
	} {
		if !strings.Contains(after, metric) {
			t.Errorf("no %s in:\n%s", metric, after)
		}
	}
	_ = s.stop()
}

func TestDebugListener_RefusesWhatItDoesNotServe(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(context.Context, *service.Runtime) error { return nil }), nil)
	cases := []struct {
		method, path string
		want         int
	}{
		{"GET", "/livez", 200},
		{"HEAD", "/livez", 200},
		{"POST", "/livez", 405},
		{"DELETE", "/metrics", 405},
		{"GET", "/", 404},
		{"GET", "/debug/pprof/", 404},
	}
	for _, c := range cases {
		request, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+s.addr+c.path, bytes.NewReader(nil))
		if err != nil {
			t.Fatal(err)
		}
		request.Close = true
		response, err := new(http.Transport).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != c.want {
			t.Errorf("%s %s = %d, want %d", c.method, c.path, response.StatusCode, c.want)
		}
	}
	_ = s.stop()
}

func TestDebugListener_AConnectionWithoutARequestDoesNotHoldUpTheStop(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(context.Context, *service.Runtime) error { return nil }), nil)
	s.waitReady()
	silent, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	_, _ = s.get("/livez") // accepted after the silent one
	err = s.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}
