package service_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/service"
)

// website starts a program with an HTTP server, and others after it, and returns its address.
func website(t *testing.T, handler http.HandlerFunc, changes map[string]string, others ...service.Component) (s *started, addr string) {
	t.Helper()
	addrs := make(chan string, 1)
	s = start(t, program(func(ctx context.Context, rt *service.Runtime) error {
		var listen net.ListenConfig
		listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addrs <- listener.Addr().String()
		rt.Serve(rt.HTTPServer("pages", listener, handler))
		for _, other := range others {
			rt.Serve(other)
		}
		return nil
	}), changes)
	s.waitReady()
	return s, receive(t, addrs)
}

// visitor is one connection to a website.
type visitor struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func visit(t *testing.T, addr string) *visitor {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	err = conn.SetDeadline(time.Now().Add(patience))
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, conn: conn, in: bufio.NewReader(conn)}
}

func (v *visitor) ask(header string) {
	v.t.Helper()
	_, err := fmt.Fprintf(v.conn, "GET / HTTP/1.1\r\nHost: test\r\n%s\r\n", header)
	if err != nil {
		v.t.Fatal(err)
	}
}

// answer reads one answer; status 0 means that the connection was closed instead.
func (v *visitor) answer() (status int, body string, closes bool) {
	response, err := http.ReadResponse(v.in, nil)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		v.t.Error("the connection was neither answered nor closed in time")
	}
	if err != nil {
		return 0, "", true
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, "", true
	}
	return response.StatusCode, string(content), response.Close
}

func TestP8_AnHTTPServerFinishesRequestsAndAsksToCloseConnectionsWhileItDrains(t *testing.T) {
	t.Parallel()
	began, release, drained := make(chan struct{}, 3), make(chan struct{}), make(chan struct{})
	s, addr := website(t, func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		if r.Header.Get("Wait") != "" {
			<-release
		}
		_, _ = fmt.Fprint(w, "context: ", r.Context().Err())
	}, nil, service.Component{Name: "gate", Run: untilTold, Stop: func(context.Context) error { <-drained; return nil }})

	kept, idle, slow := visit(t, addr), visit(t, addr), visit(t, addr)
	for _, v := range []*visitor{kept, idle} {
		v.ask("")
		receive(t, began)
		status, body, closes := v.answer()
		if status != 200 || body != "context: <nil>" || closes {
			t.Errorf("before: %d %q, closes: %v, want the connection kept", status, body, closes)
		}
	}
	slow.ask("Wait: yes\r\n")
	receive(t, began)

	s.cancel()
	eventually(t, "the server drains", func() bool {
		v := visit(t, addr)
		v.ask("")
		status, _, closes := v.answer()
		<-began
		return status == 200 && closes
	})
	kept.ask("")
	status, _, closes := kept.answer()
	if status != 200 || !closes {
		t.Errorf("while draining: %d, closes: %v, want an answer and the connection closed", status, closes)
	}

	close(drained)
	status, _, _ = idle.answer()
	if status != 0 {
		t.Errorf("the idle connection brought %d, want it closed when the server stops", status)
	}
	close(release)
	status, body, _ := slow.answer()
	if status != 200 || body != "context: <nil>" {
		t.Errorf("the slow request: %d %q, want it finished with its context intact", status, body)
	}
	err := receive(t, s.result)
	if err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestHTTPServer_CutsOffWhatIsNotFinishedInTime(t *testing.T) {
	t.Parallel()
	began, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	s, addr := website(t, func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-release
		ended <- r.Context().Err()
	}, map[string]string{"DEMO_STOP_TIMEOUT": "50ms"})
	v := visit(t, addr)
	v.ask("")
	receive(t, began)
	err := s.stop()
	if err != nil {
		t.Errorf("Run = %v, want nil: cutting off at the limit is the plan", err)
	}
	status, _, _ := v.answer()
	if status != 0 {
		t.Errorf("the request was answered with %d, want its connection closed", status)
	}
	close(release)
	err = receive(t, ended)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the request's context ended with %v", err)
	}
	line := s.log.line(t, "requests were cut off, their time to end was over")
	if line["component"] != "pages" {
		t.Errorf("log line = %v", line)
	}
}

func TestHTTPServer_EndsTheServiceWhenItsListenerBreaks(t *testing.T) {
	t.Parallel()
	listeners := make(chan net.Listener, 1)
	s := start(t, program(func(ctx context.Context, rt *service.Runtime) error {
		var listen net.ListenConfig
		listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		listeners <- listener
		rt.Serve(rt.HTTPServer("pages", listener, http.NotFoundHandler()))
		return nil
	}), nil)
	s.waitReady()
	_ = receive(t, listeners).Close()
	err := receive(t, s.result)
	if err == nil || !strings.Contains(err.Error(), "component pages: serve HTTP: accept tcp") {
		t.Errorf("Run = %v", err)
	}
}

func TestHTTPServer_LimitsHeadersInSizeAndTime(t *testing.T) {
	t.Parallel()
	s, addr := website(t, func(http.ResponseWriter, *http.Request) {}, nil)
	slow, large, fits := visit(t, addr), visit(t, addr), visit(t, addr)
	began := time.Now()
	_, err := io.WriteString(slow.conn, "GET / HTTP/1.1\r\nHost: te")
	if err != nil {
		t.Fatal(err)
	}
	large.ask("Filler: " + strings.Repeat("x", 24<<10) + "\r\n")
	status, _, _ := large.answer() // read to its end: a reset connection would have lost it
	if status != 431 {
		t.Errorf("24 KiB of header: %d, want 431", status)
	}
	fits.ask("Filler: " + strings.Repeat("x", 15<<10) + "\r\n")
	status, _, _ = fits.answer()
	if status != 200 {
		t.Errorf("15 KiB of header: %d, want 200", status)
	}
	status, _, _ = slow.answer()
	took := time.Since(began)
	if status != 0 && status != 408 || took < 4*time.Second || took > 10*time.Second {
		t.Errorf("a header that never ends: %d after %s, want the connection closed after 5 s", status, took)
	}
	_ = s.stop()
}
