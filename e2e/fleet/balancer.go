package fleet

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"time"
)

// How the load balancer looks after its targets: as infra-cdktf sets it up, but
// 25 times as fast.
const (
	checkEvery    = 200 * time.Millisecond
	checksToTurn  = 2 // in a row, before a target counts as healthy or not
	answerTimeout = 10 * time.Second
)

// quiet is for what net/http would write to standard error: that connections end is what this is for.
var quiet = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)

// Balancer stands in for the load balancer of AWS before web. It never repeats a
// request: a Go client alone would hide what fails.
type Balancer struct {
	server *http.Server
	stop   context.CancelFunc
	busy   sync.WaitGroup

	mu      sync.Mutex
	targets []*target
	next    int
}

// target is a replica of web.
type target struct {
	addr       string
	registered bool
	healthy    bool
	streak     int // checks that say the opposite of healthy
	proxy      *httputil.ReverseProxy
	transport  *http.Transport
}

// Balance serves the pages where the fleet's links lead to, before all members of
// web. They are registered, and healthy once they answer.
func (f *Fleet) Balance() (*Balancer, error) {
	listener, err := net.Listen("tcp", f.Stack.Addr) //nolint:noctx // it does not connect
	if err != nil {
		return nil, fmt.Errorf("listen as the load balancer: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Balancer{stop: cancel}
	for _, m := range f.Of(Web) {
		b.targets = append(b.targets, newTarget(m.Setting("ADDR")))
	}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: answerTimeout, ErrorLog: quiet}
	b.busy.Go(func() { _ = b.server.Serve(listener) })
	b.busy.Go(func() { b.check(ctx) })
	return b, nil
}

func newTarget(addr string) *target {
	transport := &http.Transport{MaxIdleConnsPerHost: 100, ResponseHeaderTimeout: answerTimeout}
	t := &target{addr: addr, registered: true, transport: transport}
	t.proxy = &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", addr
			r.SetXForwarded()
			if r.Out.Body == nil || r.Out.Body == http.NoBody {
				r.Out.Body = io.NopCloser(strings.NewReader("")) // one that cannot be had again, so that nothing is sent twice
			}
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     quiet,
	}
	return t
}

// ServeHTTP gives the request to the next healthy target. When none is healthy
// any is tried, as AWS does it.
func (b *Balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := b.pick()
	if t == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	t.proxy.ServeHTTP(w, r)
}

func (b *Balancer) pick() *target {
	b.mu.Lock()
	defer b.mu.Unlock()
	var any *target
	for range b.targets {
		b.next = (b.next + 1) % len(b.targets)
		t := b.targets[b.next]
		if t.registered && t.healthy {
			return t
		}
		if t.registered {
			any = t
		}
	}
	return any
}

// Register lets a member of web have requests, or no new ones.
func (b *Balancer) Register(m *Member, wanted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.targets {
		if t.addr == m.Setting("ADDR") {
			t.registered = wanted
			t.healthy = t.healthy && wanted
		}
	}
}

// WaitHealthy waits until the member is sent requests.
func (b *Balancer) WaitHealthy(ctx context.Context, m *Member) error {
	poll := time.NewTicker(checkEvery / 4)
	defer poll.Stop()
	for {
		b.mu.Lock()
		for _, t := range b.targets {
			if t.addr == m.Setting("ADDR") && t.healthy {
				b.mu.Unlock()
				return nil
			}
		}
		b.mu.Unlock()
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("the load balancer finds %s unwell: %w", m.Name, ctx.Err())
		}
	}
}

// check asks all targets whether they are ready.
func (b *Balancer) check(ctx context.Context) {
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		for _, t := range b.targets {
			b.busy.Go(func() { b.judge(t, isReady(ctx, t.addr)) })
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (b *Balancer) judge(t *target, ready bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ready == t.healthy || !t.registered {
		t.streak = 0
		return
	}
	t.streak++
	if t.streak >= checksToTurn {
		t.healthy, t.streak = ready, 0
	}
}

// Forget closes the connections that no request uses.
func (b *Balancer) Forget() {
	for _, t := range b.targets {
		t.transport.CloseIdleConnections()
	}
}

// Close ends it.
func (b *Balancer) Close() error {
	b.stop()
	err := b.server.Close()
	b.busy.Wait()
	b.Forget()
	return err
}
