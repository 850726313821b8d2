package fleet

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Wire carries connections to an address, and can be made slow, silent or cut. Toxiproxy
// would do the same and more; the newest of it that Go can import is of 2022
// and brings its HTTP API with it.
type Wire struct {
	Addr string // where to connect to instead

	upstream string
	listener net.Listener
	busy     sync.WaitGroup
	delay    atomic.Int64 // nanoseconds, for what is sent; half of it more or less
	silent   atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// NewWire lays a wire to an address.
func NewWire(upstream string) (*Wire, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not connect
	if err != nil {
		return nil, fmt.Errorf("listen for a wire: %w", err)
	}
	w := &Wire{Addr: listener.Addr().String(), upstream: upstream, listener: listener, conns: map[net.Conn]bool{}}
	w.busy.Go(func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				w.busy.Go(func() { w.carry(conn) })
			}
		}
	})
	return w, nil
}

// Slow has everything that is sent wait for d, half of it more or less; 0 ends it.
func (w *Wire) Slow(d time.Duration) { w.delay.Store(int64(d)) }

// Silence swallows everything in both directions: nobody is told anything. What
// was swallowed is gone, so its connections are cut when the silence ends.
func (w *Wire) Silence(on bool) {
	w.silent.Store(on)
	if !on {
		w.Cut()
	}
}

// Cut resets all connections.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // RST, not FIN
		}
		_ = conn.Close()
	}
}

// Close cuts it for good.
func (w *Wire) Close() error {
	err := w.listener.Close()
	w.Cut()
	w.busy.Wait()
	return err
}

func (w *Wire) carry(client net.Conn) {
	server, err := net.DialTimeout("tcp", w.upstream, time.Second) //nolint:noctx // Close ends it
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.conns[client], w.conns[server] = true, true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.copy(server, client) })
	both.Go(func() { w.copy(client, server) })
	both.Wait()
	w.mu.Lock()
	delete(w.conns, client)
	delete(w.conns, server)
	w.mu.Unlock()
}

func (w *Wire) copy(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		d := w.delay.Load()
		if d > 0 {
			<-time.After(time.Duration(d/2 + rand.Int64N(d))) //nolint:gosec // a jitter is no secret
		}
		if w.silent.Load() {
			continue
		}
		_, err = to.Write(buffer[:n])
		if err != nil {
			return
		}
	}
}
