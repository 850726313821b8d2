package service_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

func TestRun_LivesInOrder(t *testing.T) {
	t.Parallel()
	var happened journal
	bothRun := make(chan struct{}, 2)
	component := func(name string) service.Component {
		finish := make(chan struct{})
		return service.Component{
			Name: name,
			Run: func(context.Context) error {
				bothRun <- struct{}{}
				<-finish
				happened.add("end " + name)
				return nil
			},
			Drain: func() { happened.add("drain " + name) },
			Stop: func(context.Context) error {
				happened.add("stop " + name)
				close(finish)
				return nil
			},
		}
	}
	var s *started
	addr := make(chan string, 1)
	s = start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(component("a"))
		rt.OnClose("pool", func() error { happened.add("close pool"); return nil })
		rt.Serve(component("b"))
		rt.OnClose("connection", func() error {
			happened.add("close connection")
			code, _ := get(t, "http://"+<-addr+"/livez")
			if code != 200 {
				t.Errorf("/livez while closing = %d, want 200: the debug listener is the last to stop", code)
			}
			return nil
		})
		rt.WatchReady(func(ready bool) {
			if ready {
				happened.add("ready")
			} else {
				happened.add("not ready")
			}
		})
		happened.add("served")
		return nil
	}), nil)
	addr <- s.addr
	s.waitReady()
	receive(t, bothRun)
	receive(t, bothRun)
	err := s.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	want := []string{
		"not ready", "served", "ready", "not ready", "drain a", "drain b", "stop b", "end b", "stop a", "end a", "close connection", "close pool",
	}
	if diff := cmp.Diff(want, happened.all()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

func TestRun_ReportsAllSettingsMistakesAtOnceAndStartsNothing(t *testing.T) {
	t.Parallel()
	p := program(func(context.Context, *service.Runtime) error { t.Error("Serve was called"); return nil })
	p.Settings = func(set *env.Set) { set.Required("DEMO_TEXT", "A text."); set.Secret("DEMO_KEY", "A key.") }
	err := service.Run(t.Context(), p, env.Map(map[string]string{
		"DEMO_DEBUG_ADDR": "9100", "DEMO_START_TIMEOUT": "0s", "DEMO_DRAIN_DELAY": "-1s", "DEMO_STOP_TIMEOUT": "20", "DEMO_LOG_LEVEL": "loud",
	}), service.Options{LogOutput: &logBuffer{}, Listening: func(string) { t.Error("the debug listener was opened") }})
	want := env.Mistakes{
		"DEMO_DEBUG_ADDR must be host:port",
		"DEMO_START_TIMEOUT must be a duration such as 250ms, 20s or 2m, 10ms to 1h",
		"DEMO_DRAIN_DELAY must be a duration such as 250ms, 20s or 2m, 0s to 2m",
		"DEMO_STOP_TIMEOUT must be a duration such as 250ms, 20s or 2m, 0s to 2m",
		"DEMO_LOG_LEVEL must be one of debug, info, warn, error",
		"DEMO_TEXT is required",
		"DEMO_KEY is required; give it, or the path of its file in DEMO_KEY_FILE",
	}
	if diff := cmp.Diff(want, err); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestRun_ADebugAddressInUseIsAnError(t *testing.T) {
	t.Parallel()
	var listen net.ListenConfig
	taken, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	p := program(func(context.Context, *service.Runtime) error { t.Error("Serve was called"); return nil })
	err = service.Run(t.Context(), p, env.Map(map[string]string{"DEMO_DEBUG_ADDR": taken.Addr().String()}), service.Options{LogOutput: &logBuffer{}})
	if err == nil || !strings.Contains(err.Error(), "open the debug listener of demo") {
		t.Errorf("Run = %v", err)
	}
}

func TestRun_AnErrorOfServeEndsItAndClosesWhatWasOpened(t *testing.T) {
	t.Parallel()
	var happened journal
	broken := errors.New("no such key")
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{
			Name: "a", Run: func(context.Context) error { happened.add("run"); return nil }, Drain: func() { happened.add("drain") },
		})
		rt.OnClose("pool", func() error { happened.add("close"); return nil })
		return broken
	}), nil)
	err := receive(t, s.result)
	if !errors.Is(err, broken) {
		t.Errorf("Run = %v, want %v", err, broken)
	}
	if diff := cmp.Diff([]string{"close"}, happened.all()); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

func TestRun_APanicOfServeIsAnError(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(context.Context, *service.Runtime) error { panic("broken wiring") }), nil)
	err := receive(t, s.result)
	if err == nil || err.Error() != "panic: broken wiring" {
		t.Errorf("Run = %v", err)
	}
}

func TestRun_AskedToStopWhileItStartsEndsCleanly(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(ctx context.Context, _ *service.Runtime) error { return untilTold(ctx) }), nil)
	err := s.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestRun_FailsWhenItIsNotReadyInTime(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Ready("keys").Set(errors.New("connection refused"))
		rt.Ready("disk").Set(nil)
		rt.Ready("database")
		return nil
	}), map[string]string{"DEMO_START_TIMEOUT": "20ms", "DEMO_DRAIN_DELAY": "2m"})
	err := receive(t, s.result)
	want := "not ready within 20ms: keys: connection refused; database: not reached yet"
	if err == nil || err.Error() != want {
		t.Errorf("Run = %v, want %s", err, want)
	}
}

func TestRun_OnceReadyItMayBeUnreadyForLongerThanTheStartTimeout(t *testing.T) {
	t.Parallel()
	var clock *service.Condition
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		clock = rt.Ready("clock")
		clock.Set(nil)
		return nil
	}), map[string]string{"DEMO_START_TIMEOUT": "1s"})
	s.waitReady()
	clock.Set(errors.New("jumped"))
	select {
	case err := <-s.result:
		t.Errorf("it ended: %v", err)
	case <-time.After(1200 * time.Millisecond):
	}
	err := s.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestRun_LeavesNoGoroutineBehind(t *testing.T) {
	for range 3 {
		s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
			rt.Serve(service.Component{Name: "a", Run: untilTold, Drain: func() {}, Stop: func(context.Context) error { return nil }})
			rt.Await("database", func(context.Context) error { return nil })
			rt.Status("line", func(context.Context) any { return 1 })
			rt.OnClose("pool", func() error { return nil })
			return nil
		}), nil)
		s.waitReady()
		for _, path := range []string{"/livez", "/readyz", "/statusz", "/metrics"} {
			code, _ := s.get(path)
			if code != 200 {
				t.Errorf("%s = %d, want 200", path, code)
			}
		}
		err := s.stop()
		if err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	}
	eventually(t, "no goroutine is left", func() bool { return len(leaked()) == 0 })
}

func TestLeakCheck_SeesAComponentThatStays(t *testing.T) {
	release := make(chan struct{})
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Serve(service.Component{Name: "stays", Run: func(context.Context) error { <-release; return nil }})
		return nil
	}), map[string]string{"DEMO_STOP_TIMEOUT": "0s"})
	s.waitReady()
	err := s.stop()
	if err == nil || len(leaked()) == 0 {
		t.Errorf("Run = %v and the check found %d goroutines, want an error and at least one", err, len(leaked()))
	}
	close(release)
	eventually(t, "the component has ended", func() bool { return len(leaked()) == 0 })
}
