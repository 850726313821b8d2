//go:build faults

package faults_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gitlab.com/notejam/notejam/e2e/fleet"
)

// reach connects to a replica of web itself. Small segments keep the kernel from
// holding megabytes for somebody who does not read.
func reach(ctx context.Context, m *fleet.Member) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: patience, Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1400)
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)
		})
	}}
	conn, err := dialer.DialContext(ctx, "tcp", m.Setting("ADDR"))
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// patience is longer than anything here may take.
const patience = time.Minute

// slow is a way to hold a connection: what is sent at once, what byte by byte, and when the server must have had enough.
type slow struct {
	name  string
	conns int
	begin string
	limit time.Duration
}

// The answers that are asked for and not read are 200 KiB each.
func slowWays(session string) []slow {
	return []slow{
		{"a header that never ends", 200, "GET / HTTP/1.1\r\nHost: web\r\nX-Slow: ", 5 * time.Second},
		{"a body that never ends", 200, "POST /v1/notes HTTP/1.1\r\nHost: web\r\nAuthorization: Bearer " + session +
			"\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n", 15 * time.Second},
		{"answers that are not read", 100, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: web\r\n\r\n", 500), 30 * time.Second},
	}
}

// hold holds one connection and gives how long it was let.
func (s slow) hold(ctx context.Context, m *fleet.Member) (time.Duration, error) {
	conn, err := reach(ctx, m)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	begin := time.Now()
	_, err = io.WriteString(conn, s.begin)
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	ended := make(chan struct{})
	go func() { // reads a byte a second, as it writes
		defer close(ended)
		one := make([]byte, 1)
		for {
			_, err := conn.Read(one)
			if err != nil {
				return
			}
			pause(ctx, time.Second)
		}
	}()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return time.Since(begin), nil
		case <-ticker.C:
			_, err = conn.Write([]byte("x"))
			if err != nil {
				return time.Since(begin), nil // it is closed, which is what is waited for
			}
		case <-time.After(patience):
			return patience, nil
		}
	}
}

// TestN1_WhoIsSlowIsCutOffAndHoldsNobodyUp holds 500 connections of one of two replicas of web. On a busy machine p99 says little, so CI lets it be a
// second.
func TestN1_WhoIsSlowIsCutOffAndHoldsNobodyUp(t *testing.T) {
	r := start(t, fleet.Options{})
	m := r.Of(fleet.Web)[0]
	perSecond := either(slowly, rate)
	usual := r.meanwhileAt(perSecond, func(ctx context.Context) { pause(ctx, either(5*time.Second, 30*time.Second)) })
	before := r.descriptors(m)
	report := r.meanwhileAt(perSecond, func(ctx context.Context) {
		var all sync.WaitGroup
		for _, way := range slowWays(r.traffic.Session()) {
			for range way.conns {
				all.Go(func() {
					took, err := way.hold(ctx, m)
					if err != nil || took < way.limit/2 || took > way.limit+either(10*time.Second, 2*time.Second) {
						t.Errorf("%s was let for %v, want about %v (%v)", way.name, took.Round(time.Second/10), way.limit, err)
					}
				})
			}
		}
		pause(ctx, 2*time.Second)
		if held := r.descriptors(m) - before; held < 400 {
			t.Errorf("only %d connections were held", held)
		}
		all.Wait()
	})
	r.noneFailed(report)
	if bound := max(2*usual.P99, either(time.Second, 0)); report.P99 > bound {
		t.Errorf("p99 was %v and is %v, want %v", usual.P99, report.P99, bound)
	}
	r.balancer.Forget()
	if after := r.descriptors(m); after > before+slack {
		t.Errorf("there were %d descriptors, and are %d", before, after)
	}
}

func (r *rig) descriptors(m *fleet.Member) int {
	r.t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", m.PID()))
	r.must(err)
	return len(all)
}

// resident is how much memory the process has, in bytes.
func (r *rig) resident(m *fleet.Member) int {
	r.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.PID()))
	r.must(err)
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	var kib int
	_, err = fmt.Sscan(after, &kib)
	r.must(err)
	return kib << 10
}

// oversized is a request that must be refused.
type oversized struct {
	name   string
	header string // after the ones that all have
	body   func() io.Reader
	ends   bool // that is all: nothing more is sent
	want   int
}

// endless is the reader of something that goes on for ever.
type endless struct{ piece, rest []byte }

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.piece
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// bomb is 256 MiB in 256 KiB.
func bomb() string {
	var small bytes.Buffer
	pack := gzip.NewWriter(&small)
	zeros := make([]byte, 1<<20)
	for range 256 {
		_, _ = pack.Write(zeros) // to memory
	}
	_ = pack.Close()
	return small.String()
}

func oversizedRequests() []oversized {
	text := func(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }
	large := `{"text":"` + strings.Repeat("x", 1<<20-10) + `"}`
	deep := `{"title":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`
	packed := bomb()
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n", n) }
	return []oversized{
		{"a body of 1 MiB + 1", length(len(large)), text(large), false, http.StatusRequestEntityTooLarge},
		{"chunks without end", "Transfer-Encoding: chunked\r\n\r\n", func() io.Reader {
			return &endless{piece: []byte("400\r\n" + strings.Repeat("x", 1024) + "\r\n")}
		}, false, http.StatusRequestEntityTooLarge},
		{"a length that is more than the body", length(100), text(`{"title":"x"`), true, http.StatusBadRequest},
		{"a length that is less than the body", length(10), text(`{"title":"x"}`), true, http.StatusBadRequest},
		{"10 MiB of header", "X-Large: ", text(strings.Repeat("x", 10<<20)), false, http.StatusRequestHeaderFieldsTooLarge},
		{"JSON that is 100,000 deep", length(len(deep)), text(deep), false, http.StatusBadRequest},
		{"a bomb of gzip", "Content-Encoding: gzip\r\n" + length(len(packed)), text(packed), false, http.StatusUnsupportedMediaType},
	}
}

// send sends it and gives the status of the answer.
func (o oversized) send(ctx context.Context, m *fleet.Member, session string) (int, error) {
	conn, err := reach(ctx, m)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	err = conn.SetDeadline(time.Now().Add(patience))
	if err != nil {
		return 0, err
	}
	go func() { // the answer may come before all is sent
		begin := "POST /v1/notes HTTP/1.1\r\nHost: web\r\nAuthorization: Bearer " + session + "\r\nContent-Type: application/json\r\n" + o.header
		_, err := io.Copy(conn, io.MultiReader(strings.NewReader(begin), o.body()))
		if err == nil && o.ends {
			_ = conn.CloseWrite()
		}
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	_ = response.Body.Close()
	return response.StatusCode, nil
}

const flat = 32 << 20

// TestN2_WhatIsTooLargeOrUntrueIsRefusedAndTakesNoMemory sends four of each at once, again and again, to a replica that collects garbage sooner than
// usual: how much the collector has in reserve says nothing. The first rounds may take memory, for that many at once need some.
func TestN2_WhatIsTooLargeOrUntrueIsRefusedAndTakesNoMemory(t *testing.T) {
	r := start(t, fleet.Options{})
	m := r.Of(fleet.Web)[0]
	m.Kill()
	m.Settings["GOGC"] = "25"
	r.comeBack(t.Context(), m)
	requests := oversizedRequests()
	all := func(ctx context.Context) {
		var sent sync.WaitGroup
		for _, o := range requests {
			for range 4 {
				sent.Go(func() {
					status, err := o.send(ctx, m, r.traffic.Session())
					if err != nil || status != o.want {
						t.Errorf("%s: answered %d, want %d (%v)", o.name, status, o.want, err)
					}
				})
			}
		}
		sent.Wait()
	}
	report := r.meanwhileAt(slowly, func(ctx context.Context) {
		pause(ctx, 2*time.Second)
		first := r.resident(m)
		for range 10 { // so that the heap is as large as so many at once have it
			all(ctx)
		}
		before := r.resident(m)
		for range either(10, 100) {
			all(ctx)
			if now := r.resident(m); now > before+flat {
				t.Errorf("it had %d MiB of memory, and has %d MiB", before>>20, now>>20)
				break
			}
		}
		t.Logf("%d MiB at first, %d MiB before, %d MiB after", first>>20, before>>20, r.resident(m)>>20)
	})
	r.noneFailed(report)
}
