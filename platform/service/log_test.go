package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

func TestLog_IsJSONWithServiceVersionAndUTCTime(t *testing.T) {
	t.Parallel()
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Log.Debug("too quiet")
		rt.Log.Info("hello", "note", "n1")
		return nil
	}), map[string]string{"DEMO_LOG_LEVEL": "info"})
	s.waitReady()
	_ = s.stop()
	line := s.log.line(t, "hello")
	at, _ := line["time"].(string)
	_, err := time.Parse(time.RFC3339Nano, at)
	if line["service"] != "demo" || line["version"] == "" || line["note"] != "n1" || line["level"] != "INFO" || !strings.HasSuffix(at, "Z") || err != nil {
		t.Errorf("log line = %v", line)
	}
	if s.log.line(t, "too quiet") != nil {
		t.Error("a line below the level was written")
	}
	for _, message := range []string{"starting", "ready", "stopping", "stopped"} {
		if s.log.line(t, message) == nil {
			t.Errorf("no line %q", message)
		}
	}
}

func TestLog_ShowsNoSecretAndNoForgedLine(t *testing.T) {
	t.Parallel()
	secret := env.NewSecret("hunter2")
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		rt.Log.With("held", secret).WithGroup("group").Info("secrets",
			"plain", secret, "pointer", &secret, "list", []env.Secret{secret}, "nested", struct{ Password env.Secret }{secret},
			"text", "a\n{\"msg\":\"forged\"}\r\x1b[2J")
		panic(secret)
	}), nil)
	err := receive(t, s.result)
	if err == nil || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("Run = %v", err)
	}
	text := s.log.text()
	if strings.Contains(text, "hunter2") || strings.Count(text, "[redacted]") != 6 || strings.Contains(text, "\x1b") {
		t.Error("want [redacted] six times, no secret and no raw control character")
	}
	if s.log.line(t, "forged") != nil {
		t.Error("a text forged a log line")
	}
}

func TestLog_SaysWhyTheServiceEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	log := &logBuffer{}
	p := program(func(context.Context, *service.Runtime) error { return nil })
	err := service.Run(ctx, p, env.Map(settings(nil)), service.Options{LogOutput: log, Ready: func() { cancel(errors.New("signal: terminated")) }})
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if log.line(t, "stopping")["reason"] != "signal: terminated" || log.line(t, "stopped")["clean"] != true {
		t.Errorf("log:\n%s", log.text())
	}
}
