package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// patience bounds every wait of these tests; only a failing test uses it up.
const patience = 20 * time.Second

// serveFunc is a Program's Serve without the lookup, which few tests need.
type serveFunc func(ctx context.Context, rt *service.Runtime) error

func program(serve serveFunc) service.Program {
	return service.Program{
		Name:     "demo",
		Settings: func(set *env.Set) { set.String("DEMO_TEXT", "", "A text.") },
		Serve:    func(ctx context.Context, rt *service.Runtime, _ env.Lookup) error { return serve(ctx, rt) },
	}
}

// settings returns the demo program's environment for tests, with changes.
func settings(changes map[string]string) map[string]string {
	values := map[string]string{"DEMO_DEBUG_ADDR": "127.0.0.1:0", "DEMO_DRAIN_DELAY": "0s", "DEMO_LOG_LEVEL": "debug"}
	maps.Copy(values, changes)
	return values
}

// started is a program that Run runs in a goroutine of this test.
type started struct {
	t      *testing.T
	addr   string // of the debug listener
	log    *logBuffer
	ready  chan struct{}
	cancel context.CancelFunc
	result chan error
}

func start(t *testing.T, p service.Program, changes map[string]string) *started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &started{t: t, log: &logBuffer{}, ready: make(chan struct{}), cancel: cancel, result: make(chan error, 1)}
	listening := make(chan string, 1)
	go func() {
		s.result <- service.Run(ctx, p, env.Map(settings(changes)), service.Options{
			LogOutput: s.log,
			Listening: func(addr string) { listening <- addr },
			Ready:     func() { close(s.ready) },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if t.Failed() {
			t.Logf("log:\n%s", s.log.text())
		}
	})
	s.addr = receive(t, listening)
	return s
}

func (s *started) waitReady() {
	s.t.Helper()
	receive(s.t, s.ready)
}

// stop ends the context and returns what Run returned.
func (s *started) stop() error {
	s.t.Helper()
	s.cancel()
	return receive(s.t, s.result)
}

// get asks the debug listener, on a connection of its own.
func (s *started) get(path string) (code int, body string) {
	s.t.Helper()
	return get(s.t, "http://"+s.addr+path)
}

func get(t *testing.T, url string) (code int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := new(http.Transport).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatal("nothing came in time")
		panic("not reached")
	}
}

// eventually asks again until the answer is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		}
	}
}

// untilTold is the Run of a component that does nothing.
func untilTold(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// journal records what happened, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string{}, j.lines...)
}

// logBuffer keeps a log for reading while it is written.
type logBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *logBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// line returns the first log line with this message, or nil.
func (b *logBuffer) line(t *testing.T, message string) map[string]any {
	t.Helper()
	for text := range strings.Lines(b.text()) {
		if !strings.HasSuffix(text, "\n") {
			break // it is still being written
		}
		var line map[string]any
		err := json.Unmarshal([]byte(text), &line)
		if err != nil {
			t.Fatalf("log line %q is not JSON: %v", text, err)
		}
		if line["msg"] == message {
			return line
		}
	}
	return nil
}

// panics returns service_panics_total of a component; -1 when it is not there.
func panics(t *testing.T, registry prometheus.Gatherer, component string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "service_panics_total" && metric.GetLabel()[0].GetValue() == component {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// leaked returns the stacks of goroutines that run code of this package or an HTTP server or connection; the caller's, the
// test runner's and those of tests that wait for their turn do not count.
func leaked() []string {
	buffer := make([]byte, 4<<20)
	var stacks []string
	for i, stack := range strings.Split(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
		ours := strings.Contains(stack, "platform/service.") || strings.Contains(stack, "platform/service_test.") || strings.Contains(stack, "net/http.")
		tests := strings.Contains(stack, "testing.(*T).Parallel") || strings.Contains(stack, "testing.(*M).Run")
		if i > 0 && ours && !tests {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
