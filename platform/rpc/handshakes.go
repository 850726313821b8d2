package rpc

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// handshakeLine is how seldom the log tells of refused handshakes: whoever comes
// without a certificate of ours must not be able to fill it.
const handshakeLine = time.Minute

// handshakes counts those that fail, and tells of them now and then.
type handshakes struct {
	failed prometheus.Counter
	log    *slog.Logger
	now    func() time.Time

	mu     sync.Mutex
	told   time.Time
	untold int
}

func newHandshakes(log *slog.Logger, registry prometheus.Registerer) *handshakes {
	h := &handshakes{log: log, now: time.Now, failed: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "rpc_server_handshakes_failed_total",
		Help: "Connections that ended in their TLS handshake: no TLS, an old one, or no certificate that we trust.",
	})}
	registry.MustRegister(h.failed)
	return h
}

// fail is told of a handshake that failed. Who goes without a word, as whoever
// only looks whether the port is open, is not counted.
func (h *handshakes) fail(from net.Addr, err error) {
	if errors.Is(err, io.EOF) {
		return
	}
	h.failed.Inc()
	h.mu.Lock()
	h.untold++
	times, due := h.untold, h.now().Sub(h.told) >= handshakeLine
	if due {
		h.told, h.untold = h.now(), 0
	}
	h.mu.Unlock()
	if due {
		h.log.Warn("TLS handshakes failed", "times", times, "last_from", from.String(), "last_error", err)
	}
}
