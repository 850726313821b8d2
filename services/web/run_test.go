package web

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

func TestProgram_ServesPagesUntilItIsAskedToStop(t *testing.T) {
	w := startWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := service.Run(ctx, Program(), env.Map(map[string]string{
			"WEB_ADDR":         "127.0.0.1:0",
			"WEB_DEBUG_ADDR":   "127.0.0.1:0",
			"WEB_DRAIN_DELAY":  "0s",
			"WEB_FORM_KEY":     strings.Repeat("k", minFormKey),
			"WEB_AUTH_TARGET":  w.config.AuthTarget,
			"WEB_NOTES_TARGET": w.config.NotesTarget,
			"WEB_AUDIT_TARGET": w.config.AuditTarget,
			"WEB_TLS_CA":       w.config.TLS.CA,
			"WEB_TLS_CERT":     w.config.TLS.Cert,
			"WEB_TLS_KEY":      w.config.TLS.Key,
		}), service.Options{LogOutput: writer})
		ended <- err
		_ = writer.CloseWithError(io.EOF)
	}()
	addr := ""
	lines := bufio.NewScanner(reader)
	ready := false
	for (addr == "" || !ready) && lines.Scan() {
		var line struct{ Msg, Addr string }
		err := json.Unmarshal(lines.Bytes(), &line)
		if err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		if line.Msg == "listening" {
			addr = line.Addr
		}
		ready = ready || line.Msg == "ready"
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if addr == "" {
		t.Fatalf("it never listened: %v", <-ended)
	}
	b := &browser{t: t, url: "http://" + addr, client: &http.Client{}}
	defer b.client.CloseIdleConnections()
	for path, want := range map[string]int{"/readyz": http.StatusOK, "/signin/": http.StatusOK, "/v1/notes": http.StatusUnauthorized} {
		answer := b.get(path)
		if answer.status != want {
			t.Errorf("%s: got %d, want %d", path, answer.status, want)
		}
	}
	stop()
	err := <-ended
	if err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestProgram_SaysAllThatIsWrongWithItsSettings(t *testing.T) {
	err := service.Run(t.Context(), Program(), env.Map(map[string]string{"WEB_PUBLIC_URL": "http://notejam.example"}), service.Options{LogOutput: io.Discard})
	if err == nil {
		t.Fatal("it started")
	}
	for _, name := range []string{"WEB_PUBLIC_URL", "WEB_FORM_KEY", "WEB_TLS_KEY"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}
