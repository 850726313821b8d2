package service

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimitListener_LetsTheNextConnectionInWhenOneEnds(t *testing.T) {
	t.Parallel()
	var listen net.ListenConfig
	inner, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := newLimitListener(inner, 2)
	accepted := make(chan http.ConnState, 8)
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		ConnState: func(conn net.Conn, state http.ConnState) {
			limited.connState(conn, state)
			if state == http.StateNew {
				accepted <- state
			}
		},
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(limited) }()

	var conns []net.Conn
	for range 3 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		t.Cleanup(func() { _ = conn.Close() })
	}
	<-accepted
	<-accepted
	if len(limited.open) != 2 {
		t.Errorf("%d connections are open, want 2", len(limited.open))
	}
	select {
	case <-accepted:
		t.Error("a third connection was accepted")
	case <-time.After(50 * time.Millisecond):
	}
	_ = conns[0].Close()
	<-accepted

	_ = server.Close() // while Accept waits for a place
	err = <-served
	if !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve = %v", err)
	}
	_, err = limited.Accept()
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close = %v", err)
	}
}

// full is a listener of a process that has no descriptor left.
type full struct{ net.Listener }

func (full) Accept() (net.Conn, error) { return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE} }
func (full) Close() error              { return nil }

func TestN8_WithoutDescriptorsNobodyIsLetInForASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limited := newLimitListener(full{}, 1)
		begin := time.Now()
		for range 3 {
			_, err := limited.Accept()
			if !errors.Is(err, syscall.EMFILE) {
				t.Errorf("Accept = %v", err)
			}
		}
		if took := time.Since(begin); took != 3*acceptPause {
			t.Errorf("three tries took %v", took)
		}
		go func() { _ = limited.Close() }()
		begin = time.Now()
		_, err := limited.Accept()
		if err == nil || time.Since(begin) > 0 {
			t.Errorf("Accept = %v after %v, want it to end when the listener is closed", err, time.Since(begin))
		}
	})
}
