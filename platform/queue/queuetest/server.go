// Package queuetest is an SQS server for tests and for `make run`: a small HTTP server in the process that speaks the SQS JSON protocol to the
// unchanged AWS SDK. It keeps standard queues: delivery at least once, visibility timeouts, receive counts and dead-letter queues.
//
//	server, err := queuetest.Start(queuetest.Config{Queues: []queuetest.QueueConfig{{Name: "audit-events"}}})
//	defer server.Close()
//	cfg := queue.Config{URL: server.URL("audit-events"), Endpoint: server.Endpoint()}
//
// Tests make it fail with SetFaults and move its clock with Advance. What it does not know (FIFO queues, message attributes, tags, policies, retention)
// it refuses; it never pretends. Messages in flight it does not limit. It is held to AWS's documentation, and so are other servers of the protocol, by
// the suite in package conformance. How many messages wait makes no difference: `make bench-queue` shows it with a million.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config says where the server listens and what it keeps.
type Config struct {
	Addr   string        // a loopback address; "" is 127.0.0.1:0, a free port
	Dir    string        // folder of the journal, made when absent; "" keeps everything in memory
	Queues []QueueConfig // made at the start, or set to this when they exist
	Seed   uint64        // decides which calls and messages a fault hits: the same seed and the same calls are the same faults
}

// QueueConfig describes one queue.
type QueueConfig struct {
	Name       string        `json:"name"`
	Visibility time.Duration `json:"visibility"`           // how long a received message is hidden; 0 is SQS's default, 30 s
	DeadLetter string        `json:"deadLetter,omitempty"` // name of the queue that takes what was received too often; "" is none
	MaxReceive int           `json:"maxReceive,omitempty"` // how often a message is received before it goes to DeadLetter: 1 to 1000
}

// account is the account number in URLs and ARNs; no account has it.
const account = "000000000000"

// Server is a running server. It is safe for concurrent use.
type Server struct {
	store    *store
	endpoint string
	http     *http.Server
	closing  chan struct{} // closed to end waiting long polls
	served   chan error    // what Serve ended with
	stop     func() error  // Close, once
}

// Start makes the queues, restores what the journal has, and listens.
func Start(cfg Config) (*Server, error) {
	store, err := openStore(cfg)
	if err != nil {
		return nil, fmt.Errorf("start queue server: %w", err)
	}
	listener, err := listen(cfg.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start queue server: %w", err), store.close())
	}
	s := &Server{
		store:    store,
		endpoint: "http://" + listener.Addr().String(),
		closing:  make(chan struct{}),
		served:   make(chan error, 1),
	}
	s.stop = sync.OnceValue(s.shutdown)
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
	}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

const (
	// headerTimeout is for a client that does not say what it wants. There is no ReadTimeout: it would end long polls.
	headerTimeout = 5 * time.Second
	// answerTimeout is the longest long poll and time to write what it found.
	answerTimeout = 30 * time.Second
	// idleTimeout is longer than the SDK keeps a connection that it does not use.
	idleTimeout = 2 * time.Minute
	// closeTimeout is how long Close waits for calls that are being answered.
	closeTimeout = 2 * time.Second
)

// Endpoint is the server's base URL: http://127.0.0.1:port.
func (s *Server) Endpoint() string { return s.endpoint }

// URL is the URL of a queue by its name.
func (s *Server) URL(name string) string { return s.endpoint + "/" + account + "/" + name }

// Advance moves the server's clock forward: what was hidden or delayed for less becomes visible, and long polls that wait for it end.
func (s *Server) Advance(d time.Duration) { s.store.advance(d) }

// SetFaults replaces the faults. The zero Faults is a healthy server.
func (s *Server) SetFaults(f Faults) { s.store.setFaults(f) }

// Calls counts the calls of an operation that reached the server, by SQS's name for it ("SendMessageBatch"), those that a fault hit included.
func (s *Server) Calls(operation string) int { return s.store.callsOf(operation) }

// Purge removes every message of a queue, as somebody with the AWS console would.
func (s *Server) Purge(name string) error { return s.store.purge(name) }

// Close ends waiting long polls, finishes the calls that are being answered, stops listening and closes the journal. It may be called again.
func (s *Server) Close() error { return s.stop() }

func (s *Server) shutdown() error {
	close(s.closing)
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	serveErr := <-s.served
	if errors.Is(serveErr, http.ErrServerClosed) {
		serveErr = nil
	}
	return errors.Join(err, serveErr, s.store.close())
}

// listen refuses addresses that others can reach: the server asks nobody who they are.
func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("listen: %s is not a loopback address", addr)
	}
	listener, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}
