package auth

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
)

const (
	// maxHashSlots bounds hashes at the same time, whatever the machine: each takes 19 MiB, twice that for
	// the garbage collector.
	maxHashSlots = 2
	// hashQueue is how many may wait for a slot, or do what comes before and between hashes; one more is
	// refused at once.
	hashQueue = 32
	// hashWait is how long they wait: with it, a sign-in stays within the 3 s that web gives it.
	hashWait = 750 * time.Millisecond
)

// Hasher computes password hashes, a few at a time. It is a bulkhead: a flood of sign-ins fills its queue and
// is refused, while sessions are exchanged as ever.
type Hasher struct {
	params HashParams
	// nobody is the hash that stands in for the one of an unknown account.
	nobody phc
	wait   time.Duration
	places chan struct{} // one entry for each Place
	slots  chan struct{} // one entry for each hash that is computed

	hashes prometheus.Counter
	shed   prometheus.Counter
}

// NewHasher makes a hasher with one slot for each CPU, at most maxHashSlots.
func NewHasher(params HashParams, metrics prometheus.Registerer) *Hasher {
	return newHasher(params, min(runtime.GOMAXPROCS(0), maxHashSlots), hashQueue, hashWait, metrics)
}

func newHasher(params HashParams, slots, queue int, wait time.Duration, metrics prometheus.Registerer) *Hasher {
	h := &Hasher{
		params: params,
		nobody: newPHC(params, "nobody's password"),
		wait:   wait,
		places: make(chan struct{}, slots+queue),
		slots:  make(chan struct{}, slots),
		hashes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "auth_password_hashes_total",
			Help: "Password hashes computed, those that stand in for unknown accounts included.",
		}),
		shed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "auth_password_shed_total",
			Help: "Passwords not looked at because too many were being hashed.",
		}),
	}
	metrics.MustRegister(h.hashes, h.shed, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "auth_password_hashing",
		Help: "Passwords that are being hashed now.",
	}, func() float64 { return float64(len(h.slots)) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "auth_password_places",
		Help: "Requests that hash a password now or wait for their turn. More than hash are a queue; the next one than there are places is refused.",
	}, func() float64 { return float64(len(h.places)) }))
	return h
}

// Place is a right to have passwords hashed, one after the other.
type Place struct {
	hasher *Hasher
}

// Enter takes a place, or refuses at once. It comes before all other work on a password: whoever finds no
// place has cost nothing. The place must be left.
func (h *Hasher) Enter() (Place, error) {
	select {
	case h.places <- struct{}{}:
		return Place{hasher: h}, nil
	default:
		return Place{}, h.full()
	}
}

// Leave gives the place to somebody else.
func (p Place) Leave() { <-p.hasher.places }

// Hash makes the PHC string of a new password.
func (p Place) Hash(ctx context.Context, password string) (string, error) {
	done, err := p.hasher.slot(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return newPHC(p.hasher.params, password).String(), nil
}

// Verify says whether the password has the stored hash. An empty one is that of an account that does not
// exist: no password has it, and finding out takes as long.
func (p Place) Verify(ctx context.Context, stored, password string) (bool, error) {
	hash := p.hasher.nobody
	if stored != "" {
		parsed, err := parsePHC(stored)
		if err != nil {
			return false, err
		}
		hash = parsed
	}
	done, err := p.hasher.slot(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	same := hash.matches(password)
	return same && stored != "", nil
}

// Outdated says whether a stored hash was made with other parameters than today's.
func (h *Hasher) Outdated(stored string) bool {
	hash, err := parsePHC(stored)
	return err != nil || hash.params != h.params
}

// slot waits for its turn.
func (h *Hasher) slot(ctx context.Context) (done func(), err error) {
	timeout := time.NewTimer(h.wait)
	defer timeout.Stop()
	select {
	case h.slots <- struct{}{}:
		h.hashes.Inc()
		return func() { <-h.slots }, nil
	case <-timeout.C:
		return nil, h.full()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

// full is the answer when there is no place, or no slot in time.
func (h *Hasher) full() error {
	h.shed.Inc()
	return fault.New(fault.Exhausted, ReasonPasswordQueueFull, "Too many tries. Wait 1 second and try again.").RetryIn(time.Second)
}
