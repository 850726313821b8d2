package rpc

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestN4_TheLogTellsOfFailedHandshakesOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	now := time.Now()
	h := newHandshakes(slog.New(slog.NewJSONHandler(&log, nil)), prometheus.NewRegistry())
	h.now = func() time.Time { return now }
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	h.fail(from, io.EOF) // somebody looked whether the port is open
	for range 4 * 60 {
		h.fail(from, errors.New("bad certificate"))
		now = now.Add(time.Second / 2)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 2 {
		t.Errorf("%d lines in two minutes: %s", lines, log.String())
	}
	if !strings.Contains(log.String(), `"times":120,`) {
		t.Errorf("no line tells how many there were: %s", log.String())
	}
	if failed := testutil.ToFloat64(h.failed); failed != 240 {
		t.Errorf("%v are counted, want 240", failed)
	}
}
