package bench

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// shell starts a few words of shell as a process.
func shell(t *testing.T, environment map[string]string, words string) *process {
	t.Helper()
	p, err := startProcess(t.Context(), "shell", environment, filepath.Join(t.TempDir(), "log"), "/bin/sh", "-c", words)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAProcessHasJustTheEnvironmentThatItIsGiven(t *testing.T) {
	t.Setenv("BENCH_OURS", "ours")
	p := shell(t, map[string]string{"BENCH_GIVEN": "given"}, `echo "$BENCH_GIVEN, $BENCH_OURS"`)
	<-p.ended
	log, err := os.ReadFile(p.log)
	if err != nil || string(log) != "given, \n" {
		t.Errorf("it said %q, %v", log, err)
	}
}

func TestAProcessIsAskedToEndAndWaitedFor(t *testing.T) {
	p := shell(t, nil, `trap 'exit 0' TERM; echo ready; while :; do /bin/sleep 0.01; done`)
	waitForLog(t, p, "ready")
	err := p.stop()
	if err != nil {
		t.Error(err)
	}
}

func TestAProcessThatEndsBadlyIsSaid(t *testing.T) {
	p := shell(t, nil, `exit 3`)
	<-p.ended
	err := p.stop()
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("stop: got %v", err)
	}
	err = p.waitReady(t.Context(), "http://127.0.0.1:1/readyz")
	if err == nil || !strings.Contains(err.Error(), "shell ended (exit status 3)") {
		t.Errorf("waitReady: got %v", err)
	}
}

func TestAProcessIsReadyOnceItSaysSo(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	p := shell(t, nil, `exec /bin/sleep 60`)
	err := p.waitReady(t.Context(), server.URL)
	if err != nil || asked.Load() != 3 {
		t.Errorf("asked %d times, %v", asked.Load(), err)
	}
	err = p.stop()
	if err == nil || !strings.Contains(err.Error(), "signal: terminated") {
		t.Errorf("a program that knows no orderly end: got %v", err)
	}
}

func waitForLog(t *testing.T, p *process, words string) {
	t.Helper()
	for {
		log, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(log), words) {
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("it ended: %s", log)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
