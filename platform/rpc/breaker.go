package rpc

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/planted"
)

const (
	// breakerWindow is how far back a breaker looks, breakerStep how finely.
	breakerWindow = 10 * time.Second
	breakerStep   = time.Second
	// breakerCalls is the least number of calls that say something: fewer cost
	// nobody much, and one slow page must not stop all the others.
	breakerCalls = 20
	// breakerPause is how long nobody is let through, and so how often one call
	// finds out whether the service is well again.
	breakerPause = time.Second
)

// Breakers are a process's breakers, one for each service that it calls. When
// half of the calls to one fail, more would only wait for their deadlines: they
// are refused here, all but one a second, until that one comes back well.
type Breakers struct {
	log     *slog.Logger
	open    *prometheus.GaugeVec
	refused *prometheus.CounterVec
	all     []*breaker
}

// NewBreakers registers the metrics once for a process.
func NewBreakers(log *slog.Logger, registry prometheus.Registerer) *Breakers {
	b := &Breakers{
		log: log,
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "rpc_client_breaker_open",
			Help: "1 while calls to the service are not even tried, for too many of them failed; else 0.",
		}, []string{"server"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rpc_client_breaker_refused_total",
			Help: "Calls that were not tried, for too many before them failed.",
		}, []string{"server"}),
	}
	registry.MustRegister(b.open, b.refused)
	return b
}

// States tells of each breaker whether it is closed, half-open or open, for
// /statusz.
func (b *Breakers) States(context.Context) any {
	states := map[string]string{}
	for _, one := range b.all {
		states[one.server] = one.current.Load().State().String()
	}
	return states
}

// of makes the breaker of a service. All are made before the first call.
func (b *Breakers) of(server string) *breaker {
	if b == nil {
		return nil
	}
	one := &breaker{
		server: server, log: b.log,
		open: b.open.WithLabelValues(server), refused: b.refused.WithLabelValues(server),
	}
	one.reset()
	b.all = append(b.all, one)
	return one
}

// breaker is that of one service. A nil one lets everything through.
type breaker struct {
	server  string
	log     *slog.Logger
	open    prometheus.Gauge
	refused prometheus.Counter
	conn    *grpc.ClientConn // nil in tests of the breaker alone
	lost    atomic.Bool      // the connection, since it opened
	current atomic.Pointer[gobreaker.TwoStepCircuitBreaker[any]]
}

// reset begins anew, closed.
func (b *breaker) reset() {
	b.current.Store(gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		MaxRequests: 1,
		Interval:    breakerWindow, BucketPeriod: breakerStep,
		Timeout: breakerPause,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return counts.Requests >= breakerCalls && 2*counts.TotalFailures >= counts.Requests && !planted.Bug(planted.BreakerNeverOpens)
		},
		OnStateChange: b.tell,
		IsSuccessful:  func(err error) bool { return !unwell(err) },
		IsExcluded:    saysNothing,
	}))
	b.open.Set(0)
}

// tell is called under the breaker's lock.
func (b *breaker) tell(_ string, from, to gobreaker.State) {
	switch {
	case to == gobreaker.StateOpen && from == gobreaker.StateClosed:
		b.lost.Store(b.away())
		b.open.Set(1)
		b.log.Warn("calls to a service are not tried any more, for half of them fail", "server", b.server)
	case to == gobreaker.StateClosed:
		b.open.Set(0)
		b.log.Info("calls to a service are tried again", "server", b.server)
	}
}

// back says, once, that the connection was lost and has been made again: whoever
// shakes hands is there, and nobody should have to wait for the next probe.
func (b *breaker) back() bool {
	if b.away() {
		b.lost.Store(true)
		return false
	}
	return b.lost.Swap(false)
}

func (b *breaker) away() bool { return b.conn != nil && b.conn.GetState() != connectivity.Ready }

// allow lets a call through, whose outcome done must hear, or says that it is
// not worth trying.
func (b *breaker) allow() (done func(error), err error) {
	if b == nil {
		return func(error) {}, nil
	}
	done, err = b.current.Load().Allow()
	if err != nil && b.back() {
		b.log.Info("calls to a service are tried again, for it has come back", "server", b.server)
		b.reset()
		done, err = b.current.Load().Allow()
	}
	if err != nil {
		b.refused.Inc()
		return nil, fault.New(fault.Unavailable, fault.ReasonUnavailable, "Notejam is not available right now. Try again.").
			RetryIn(breakerPause).With(err)
	}
	return done, nil
}

// errHurried stands for the time-out of a call whose caller had less time left
// than such calls are given.
var errHurried = errors.New("the caller had little time left")

// unwell says whether a failure is one of a service that is not well: it is not
// there, its database is not, or it does not answer in time. One that sheds is
// well and busy: if that opened the breaker, what it still gets done would be
// lost, too.
func unwell(err error) bool {
	known, ok := fault.As(err)
	if !ok {
		return false
	}
	if planted.Bug(planted.BreakerForShed) && known.Reason == fault.ReasonOverloaded {
		return true
	}
	return known.Kind == fault.Timeout || known.Kind == fault.Unavailable && known.Reason == fault.ReasonUnavailable
}

// saysNothing says whether a failure tells nothing of the service: its caller
// went away, or was in a hurry.
func saysNothing(err error) bool {
	return errors.Is(err, errHurried) || fault.KindOf(err) == fault.Canceled
}
