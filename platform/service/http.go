package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Limits of every HTTP server; a slow or greedy client is cut off before it costs anybody else something.
const (
	readHeaderTimeout = 5 * time.Second  // a browser sends its header at once
	readTimeout       = 15 * time.Second // 1 MiB of body at 0.6 Mbit/s
	writeTimeout      = 30 * time.Second // from the end of the header to the end of the answer
	idleTimeout       = 75 * time.Second // longer than the load balancer's 60 s, so that it is never we who close a connection it is about to use
	maxHeaderBytes    = 16 << 10
	maxConnections    = 4096 // of one listener; those above it wait in the kernel's queue
)

// HTTPServer returns a component that serves HTTP on listener with the time-outs and limits of this package. While the service drains, it goes on
// answering and asks its clients to close their connections; then it finishes the requests that have begun, and cuts them off when their time is
// over. It closes listener when it stops.
func (rt *Runtime) HTTPServer(name string, listener net.Listener, handler http.Handler) Component {
	var draining atomic.Bool
	log := rt.Log.With("component", name)
	limited := newLimitListener(listener, maxConnections)
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if draining.Load() {
				w.Header().Set("Connection", "close")
			}
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         limited.connState,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return Component{
		Name: name,
		Run: func(ctx context.Context) error {
			server.BaseContext = func(net.Listener) context.Context { return ctx }
			err := server.Serve(limited)
			if !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve HTTP: %w", err)
			}
			<-ctx.Done() // Shutdown goes on in Stop, and this is the context of the requests that it waits for
			return nil
		},
		Drain: func() { draining.Store(true) },
		Stop: func(ctx context.Context) error {
			err := server.Shutdown(ctx)
			if err != nil {
				log.Warn("requests were cut off, their time to end was over")
				return server.Close()
			}
			return nil
		},
	}
}
