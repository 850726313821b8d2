package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/service"
)

func TestComponent_AnErrorEndsTheServiceAndStopsTheOthers(t *testing.T) {
	t.Parallel()
	var happened journal
	fail, broken := make(chan struct{}), errors.New("listener broke")
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{
			Name: "good", Run: untilTold, Drain: func() { happened.add("drain good") },
			Stop: func(context.Context) error { happened.add("stop good"); return nil },
		})
		rt.Serve(service.Component{
			Name: "bad", Run: func(context.Context) error { <-fail; return broken },
			Stop: func(context.Context) error { happened.add("stop bad"); return nil },
		})
		return nil
	}), nil)
	s.waitReady()
	close(fail)
	err := receive(t, s.result)
	if !errors.Is(err, broken) || err.Error() != "component bad: listener broke" {
		t.Errorf("Run = %v", err)
	}
	if diff := cmp.Diff([]string{"drain good", "stop bad", "stop good"}, happened.all()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
	if s.log.line(t, "stopping")["error"] != "component bad: listener broke" {
		t.Errorf("the log does not say why the service stops")
	}
}

func TestComponent_APanicIsLoggedCountedAndEndsTheService(t *testing.T) {
	t.Parallel()
	runtimes := make(chan *service.Runtime, 1)
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{Name: "relay", Run: func(context.Context) error { panic("index out of range") }})
		rt.Serve(service.Component{Name: "quiet", Run: untilTold})
		runtimes <- rt
		return nil
	}), nil)
	rt := receive(t, runtimes)
	err := receive(t, s.result)
	if err == nil || err.Error() != "component relay: panic: index out of range" {
		t.Errorf("Run = %v", err)
	}
	got := []float64{panics(t, rt.Metrics, "relay"), panics(t, rt.Metrics, "quiet"), panics(t, rt.Metrics, "other")}
	if diff := cmp.Diff([]float64{1, 0, -1}, got); diff != "" {
		t.Errorf("service_panics_total of relay, quiet, other (-want +got):\n%s", diff)
	}
	line := s.log.line(t, "panic")
	stack, _ := line["stack"].(string)
	if line["component"] != "relay" || line["panic"] != "index out of range" || !strings.Contains(stack, "component_test.go") {
		t.Errorf("log line = %v", line)
	}
}

func TestComponent_MaySurviveItsPanicsWithGuard(t *testing.T) {
	t.Parallel()
	rounds := make(chan error, 2)
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{Name: "relay", Run: func(ctx context.Context) error {
			rounds <- rt.Guard("relay", func() error { panic("poison") })
			rounds <- rt.Guard("relay", func() error { return nil })
			return untilTold(ctx)
		}})
		return nil
	}), nil)
	first, second := receive(t, rounds), receive(t, rounds)
	if first == nil || first.Error() != "panic: poison" || second != nil {
		t.Errorf("rounds = %v, %v", first, second)
	}
	err := s.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestComponent_WhoseWorkIsDoneDoesNotEndTheService(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{Name: "once", Run: func(context.Context) error { close(done); return nil }})
		return nil
	}), nil)
	receive(t, done)
	s.waitReady()
	eventually(t, "the end of the component is logged", func() bool { return s.log.line(t, "component ended") != nil })
	code, _ := s.get("/readyz")
	if code != 200 {
		t.Errorf("/readyz = %d, want 200", code)
	}
	err := s.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestComponent_ThatWasCanceledButNotByTheServiceHasFailed(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{Name: "relay", Run: func(context.Context) error { return context.Canceled }})
		return nil
	}), nil)
	err := receive(t, s.result)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want the component's error", err)
	}
}

func TestComponent_ThatComesAfterTheStartPanics(t *testing.T) {
	t.Parallel()
	runtimes := make(chan *service.Runtime, 1)
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error { runtimes <- rt; return nil }), nil)
	s.waitReady()
	rt := receive(t, runtimes)
	err := rt.Guard("test", func() error { rt.Serve(service.Component{Name: "late", Run: untilTold}); return nil })
	if err == nil || !strings.Contains(err.Error(), "component late comes too late") {
		t.Errorf("Serve after the start: %v", err)
	}
	_ = s.stop()
}

func TestStop_WaitsTheDrainDelayWhileItGoesOnServing(t *testing.T) {
	t.Parallel()
	const delay = 300 * time.Millisecond
	var drained, stopped time.Time
	checked := make(chan struct{})
	draining := make(chan struct{})
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{
			Name: "server",
			Run: func(ctx context.Context) error {
				<-draining
				if ctx.Err() != nil {
					t.Error("the component's context ended before it was stopped")
				}
				return untilTold(ctx)
			},
			Drain: func() { drained = time.Now(); close(draining) },
			Stop:  func(context.Context) error { stopped = time.Now(); <-checked; return nil },
		})
		return nil
	}), map[string]string{"DEMO_DRAIN_DELAY": delay.String()})
	s.waitReady()
	s.cancel()
	receive(t, draining)
	code, body := s.get("/readyz")
	if code != 503 || body != `{"ready":false,"draining":true,"waiting":[]}`+"\n" {
		t.Errorf("/readyz = %d %s", code, body)
	}
	code, _ = s.get("/livez")
	if code != 200 {
		t.Errorf("/livez = %d, want 200", code)
	}
	close(checked)
	err := receive(t, s.result)
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if stopped.Sub(drained) < delay {
		t.Errorf("Stop came %s after Drain, want at least %s", stopped.Sub(drained), delay)
	}
}

func TestStop_DoesNotDrainWhatWasNeverReady(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error { rt.Ready("database"); return nil }),
		map[string]string{"DEMO_DRAIN_DELAY": "2m"})
	err := s.stop() // within the patience of this test, not after two minutes
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestStop_IsBoundedAndStillStopsTheOthers(t *testing.T) {
	t.Parallel()
	var happened journal
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{
			Name: "patient", Run: untilTold,
			Stop: func(ctx context.Context) error { happened.add("stop patient"); <-ctx.Done(); return nil },
		})
		rt.Serve(service.Component{Name: "deaf", Run: func(context.Context) error { <-release; return nil }})
		rt.Serve(service.Component{Name: "hangs in Stop", Run: untilTold, Stop: func(context.Context) error { <-release; return nil }})
		rt.Serve(service.Component{Name: "hangs in Drain", Run: untilTold, Drain: func() { <-release }})
		rt.Serve(service.Component{Name: "fails to stop", Run: untilTold, Stop: func(context.Context) error { return errors.New("no") }})
		rt.Serve(service.Component{Name: "panics in Drain", Run: untilTold, Drain: func() { panic("oh") }})
		rt.OnClose("pool", func() error { happened.add("close pool"); return errors.New("busy") })
		rt.OnClose("stuck", func() error { <-release; return nil })
		return nil
	}), map[string]string{"DEMO_STOP_TIMEOUT": "50ms"})
	s.waitReady()
	err := s.stop()
	want := strings.Join([]string{
		"drain component hangs in Drain: has not ended in time",
		"drain component panics in Drain: panic: oh",
		"stop component fails to stop: no",
		"stop component hangs in Stop: has not ended in time",
		"component deaf: has not ended in time",
		"close stuck: has not ended in time",
		"close pool: busy",
	}, "\n")
	if err == nil {
		t.Fatal("Run = nil, want an error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("Run (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"stop patient", "close pool"}, happened.all()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}
