package service_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/service"
)

func TestReadiness_IsEveryConditionAndTheStart(t *testing.T) {
	t.Parallel()
	var happened journal
	runtimes := make(chan *service.Runtime, 1)
	conditions := make(chan *service.Condition, 2)
	proceed := make(chan struct{})
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		conditions <- rt.Ready("database")
		conditions <- rt.Ready("keys")
		runtimes <- rt
		<-proceed
		return nil
	}), nil)
	rt, database, keys := receive(t, runtimes), receive(t, conditions), receive(t, conditions)
	expect := func(code int, body string) {
		t.Helper()
		gotCode, gotBody := s.get("/readyz")
		public := httptest.NewRecorder()
		rt.ReadyHandler().ServeHTTP(public, httptest.NewRequestWithContext(t.Context(), "GET", "/readyz", nil))
		if gotCode != code || gotBody != body+"\n" || public.Code != code || public.Body.String() != body+"\n" {
			t.Errorf("/readyz = %d %s and ReadyHandler = %d %s, want %d %s", gotCode, gotBody, public.Code, public.Body, code, body)
		}
	}
	rt.WatchReady(func(ready bool) { happened.add(map[bool]string{true: "ready", false: "not ready"}[ready]) })

	expect(503, `{"ready":false,"draining":false,"waiting":["database","keys"]}`)
	database.Set(nil)
	keys.Set(nil)
	expect(503, `{"ready":false,"draining":false,"waiting":[]}`) // true, but the components have not started
	keys.Set(errors.New("gone"))
	close(proceed)
	expect(503, `{"ready":false,"draining":false,"waiting":["keys"]}`)
	select {
	case <-s.ready:
		t.Error("Options.Ready was called before all conditions were true")
	default:
	}
	keys.Set(nil)
	s.waitReady()
	expect(200, `{"ready":true}`)
	database.Set(errors.New("clock jumped"))
	database.Set(errors.New("clock jumped again"))
	expect(503, `{"ready":false,"draining":false,"waiting":["database"]}`)
	database.Set(nil)
	expect(200, `{"ready":true}`)
	err := s.stop() // a second call of Options.Ready would have closed a closed channel
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	database.Set(nil) // late, and without effect
	if diff := cmp.Diff([]string{"not ready", "ready", "not ready", "ready", "not ready"}, happened.all()); diff != "" {
		t.Errorf("what was told (-want +got):\n%s", diff)
	}
}

func TestReadiness_ChangesAreLoggedOnce(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		clock := rt.Ready("clock")
		for range 2 {
			clock.Set(nil)
		}
		for range 2 {
			clock.Set(errors.New("jumped"))
		}
		clock.Set(nil)
		return nil
	}), nil)
	s.waitReady()
	_ = s.stop()
	text := s.log.text()
	if strings.Count(text, "condition became true") != 2 || strings.Count(text, "condition became false") != 1 {
		t.Errorf("want two lines for true and one for false")
	}
	line := s.log.line(t, "condition became false")
	if line["condition"] != "clock" || line["error"] != "jumped" || line["level"] != "WARN" {
		t.Errorf("log line = %v", line)
	}
}

func TestReadiness_NamesAreUnique(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Ready("database")
		rt.Ready("database")
		return nil
	}), nil)
	err := receive(t, s.result)
	if err == nil || !strings.Contains(err.Error(), "two conditions are called database") {
		t.Errorf("Run = %v", err)
	}
}

func TestAwait_TriesUntilItSucceedsOnce(t *testing.T) {
	t.Parallel()
	answers := []error{errors.New("refused"), errors.New("refused"), errors.New("starting"), nil}
	tries := make(chan bool, len(answers)+1)
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Await("database", func(ctx context.Context) error {
			_, bounded := ctx.Deadline()
			tries <- bounded
			err := answers[0]
			answers = answers[1:]
			return err
		})
		return nil
	}), nil)
	s.waitReady()
	_ = s.stop()
	close(tries)
	var all []bool
	for bounded := range tries {
		all = append(all, bounded)
	}
	if diff := cmp.Diff([]bool{true, true, true, true}, all); diff != "" {
		t.Errorf("tries with a deadline (-want +got):\n%s", diff)
	}
	if strings.Count(s.log.text(), "not reached yet") != 2 {
		t.Error("want one log line for each new reason, two")
	}
}

func TestAwait_EndsWithTheServiceAndSaysWhyItNeverBecameReady(t *testing.T) {
	t.Parallel()
	p := program(func(_ context.Context, rt *service.Runtime) error {
		rt.Await("database", func(context.Context) error { return errors.New("connection refused") })
		return nil
	})
	late := start(t, p, map[string]string{"DEMO_START_TIMEOUT": "300ms"})
	err := receive(t, late.result)
	if err == nil || err.Error() != "not ready within 300ms: database: connection refused" {
		t.Errorf("Run = %v", err)
	}
	stopped := start(t, p, nil)
	eventually(t, "a try has failed", func() bool { return stopped.log.line(t, "not reached yet") != nil })
	err = stopped.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestAwait_APanicEndsTheService(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Await("database", func(context.Context) error { panic(slices.Max([]string{"a", "b"})) })
		return nil
	}), nil)
	err := receive(t, s.result)
	if err == nil || err.Error() != "component database: panic: b" {
		t.Errorf("Run = %v", err)
	}
}
