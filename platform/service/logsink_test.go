package service_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

func TestN9_AReaderOfTheLogWhoStopsReadingHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe() // without any room
	t.Cleanup(func() { _ = reader.Close() })
	written, listening := make(chan bool), make(chan string, 1)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	p := program(func(_ context.Context, rt *service.Runtime) error {
		for i := range 2000 {
			rt.Log.Info("a line", "number", i, "padding", strings.Repeat("x", 1000))
		}
		close(written)
		return nil
	})
	go func() {
		result <- service.Run(ctx, p, env.Map(settings(nil)), service.Options{
			LogOutput: writer, Listening: func(addr string) { listening <- addr },
		})
	}()
	receive(t, written)
	_, metrics := get(t, "http://"+receive(t, listening)+"/metrics")
	var dropped float64
	_, found, _ := strings.Cut(metrics, "\nservice_log_lines_dropped_total ")
	_, err := fmt.Sscan(found, &dropped)
	if err != nil || dropped < 500 || dropped > 1500 { // 1 MiB of 2 MB have room
		t.Errorf("%v lines are counted as dropped (%v)", dropped, err)
	}
	cancel()
	err = receive(t, result) // although nobody takes the last lines
	if err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestLog_IsWholeWhenTheServiceHasEnded(t *testing.T) {
	t.Parallel()
	const lines = 500
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error {
		for i := range lines {
			rt.Log.Info("counted", "number", i)
		}
		return nil
	}), nil)
	s.waitReady()
	_ = s.stop()
	text := s.log.text()
	if n := strings.Count(text, `"counted"`); n != lines || !strings.Contains(text, `"stopped"`) {
		t.Errorf("%d lines, want %d and the last one", n, lines)
	}
}
