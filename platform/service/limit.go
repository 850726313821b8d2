package service

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// acceptPause is how long nobody is let in when the process has no descriptor
// left: net/http alone would try, and log that it could not, each time that one
// becomes free.
const acceptPause = time.Second

// limitListener accepts no connection while a number of them is open; those above it wait in the kernel's queue. The server says when one has ended:
// a wrapper around the connection itself, as golang.org/x/net/netutil has it, hides CloseWrite from net/http, and then clients lose the answers that
// refuse their too large requests.
type limitListener struct {
	net.Listener
	open   chan struct{} // one entry for each open connection
	closed chan struct{}
	once   sync.Once
}

func newLimitListener(listener net.Listener, limit int) *limitListener {
	return &limitListener{Listener: listener, open: make(chan struct{}, limit), closed: make(chan struct{})}
}

// Accept waits until one more connection may be open, and for it.
func (l *limitListener) Accept() (net.Conn, error) {
	select {
	case l.open <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.open
	}
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		l.pause()
	}
	return conn, err
}

// pause waits, unless the listener is closed.
func (l *limitListener) pause() {
	timer := time.NewTimer(acceptPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.closed:
	}
}

// connState is for http.Server.ConnState.
func (l *limitListener) connState(_ net.Conn, state http.ConnState) {
	if state == http.StateClosed || state == http.StateHijacked {
		<-l.open
	}
}

// Close closes the listener and ends a waiting Accept.
func (l *limitListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}
