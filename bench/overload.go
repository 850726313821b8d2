package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Overload: five times as many requests as the machine can answer, for a while.
// What is still answered well must be nearly as much as at the best load, the
// rest must hear soon that it is too much, and afterwards all must be as before.

const (
	// overFactor is how many times its capacity the system is asked for.
	overFactor = 5
	// createEvery is which of so many requests creates a note; the others open home.
	createEvery = 5
	// maxUnanswered is how many requests the generator has under way; one that is
	// due while as many are is not sent, and is counted.
	maxUnanswered = 2048
	// burst is how often the generator looks what is due.
	burst = 2 * time.Millisecond
)

// overExtent is how much is done; the short form shows only that it works.
type overExtent struct {
	capacity, calm, over, after time.Duration
}

func (o Options) overExtent() overExtent {
	if o.Short {
		return overExtent{capacity: 2 * time.Second, calm: 3 * time.Second, over: 10 * time.Second, after: 6 * time.Second}
	}
	return overExtent{capacity: 5 * time.Second, calm: 5 * time.Second, over: time.Minute, after: 6 * time.Second}
}

// overResults are what `make overload` found.
type overResults struct {
	machine machine
	extent  overExtent
	peak    float64         // good answers a second, the best of all closed loops
	peakAt  int             // with so many connections
	calm    phase           // at half of the peak
	over    phase           // at overFactor times the peak
	checks  []time.Duration // of sessions meanwhile
	after   []phase         // at half of the peak again, second by second
	memory  memories
	spent   usage
}

// RunOverload measures and writes the report. It fails when a goal is missed.
func RunOverload(ctx context.Context, o Options) (err error) {
	o.Connections = 32       // and so writers: none waits for another's row
	o.MemoryLimit = "200MiB" // as in docker-compose.yml
	r, err := startRig(ctx, o, releaseBinary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop(context.WithoutCancel(ctx))) }()
	found, err := r.measureOverload(ctx, o.overExtent())
	if err != nil {
		return err
	}
	text := found.markdown()
	_, _ = fmt.Fprint(o.Out, "\n", text)
	if o.Report != "" && !o.Short {
		err = writeBetweenMarkers(o.Report, "make overload", text)
		if err != nil {
			return err
		}
	}
	return found.missed()
}

func (r *rig) measureOverload(ctx context.Context, e overExtent) (overResults, error) {
	found := overResults{extent: e}
	var err error
	found.machine, err = describeMachine(ctx, r)
	if err != nil {
		return overResults{}, err
	}
	m := r.mix()
	for _, connections := range []int{8, 16, 32} {
		r.progress("Looking for the capacity with %d connections", connections)
		perSecond, err := m.capacity(ctx, connections, e.capacity)
		if err != nil {
			return overResults{}, err
		}
		if perSecond > found.peak {
			found.peak, found.peakAt = perSecond, connections
		}
	}
	r.progress("Peak: %.0f good answers a second; half of it for %v", found.peak, e.calm)
	found.calm, err = m.openLoop(ctx, found.peak/2, e.calm)
	if err != nil {
		return overResults{}, err
	}
	r.progress("%.0f requests a second for %v", overFactor*found.peak, e.over)
	err = r.overload(ctx, m, &found)
	if err != nil {
		return overResults{}, err
	}
	r.progress("Half of the peak again")
	for range int(e.after / time.Second) {
		second, err := m.openLoop(ctx, found.peak/2, time.Second)
		if err != nil {
			return overResults{}, err
		}
		found.after = append(found.after, second)
	}
	return found, nil
}

// overload is the minute itself, with all that is watched meanwhile.
func (r *rig) overload(ctx context.Context, m *mix, found *overResults) error {
	watched, err := r.watched(r.pages)
	if err != nil {
		return err
	}
	checker, err := r.sessionChecker()
	if err != nil {
		return err
	}
	defer checker.close()
	before, err := readUsage(watched)
	if err != nil {
		return err
	}
	meanwhile, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	var checkErr, memoryErr error
	all.Go(func() { found.checks, checkErr = checker.run(meanwhile) })
	all.Go(func() { found.memory, memoryErr = watchMemory(meanwhile, watched, found.extent.over) })
	found.over, err = m.openLoop(ctx, overFactor*found.peak, found.extent.over)
	stop()
	all.Wait()
	err = errors.Join(err, checkErr, memoryErr)
	if err != nil {
		return err
	}
	after, err := readUsage(watched)
	found.spent = after.since(before)
	return err
}

// mix is what is asked for: home, and now and then a new note.
type mix struct {
	home, create *contender
}

func (r *rig) mix() *mix {
	m := &mix{home: r.contender(r.pages, r.home()), create: r.contender(r.pages, r.create())}
	m.home.client.MaxConns = maxUnanswered
	m.create.client = m.home.client
	return m
}

// one sends the nth request. good says that it was answered as in any other hour.
func (m *mix) one(n int64, req *fasthttp.Request, resp *fasthttp.Response) (good bool, err error) {
	c := m.home
	if n%createEvery == 0 {
		c = m.create
	}
	_, err = c.ask(req, resp)
	status := resp.StatusCode()
	if err == nil {
		return true, nil
	}
	refused := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
	if refused && len(resp.Header.Peek("Retry-After")) > 0 {
		return false, nil
	}
	return false, err
}

// capacity keeps so many connections busy and gives the good answers a second.
func (m *mix) capacity(ctx context.Context, connections int, d time.Duration) (float64, error) {
	begin := time.Now()
	good := make([]int, connections)
	errs := make([]error, connections)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() {
			var req fasthttp.Request
			var resp fasthttp.Response
			for n := int64(i); time.Since(begin) < d && ctx.Err() == nil; n++ {
				ok, err := m.one(n, &req, &resp)
				if err != nil {
					errs[i] = err
					return
				}
				if ok {
					good[i]++
				}
			}
		})
	}
	all.Wait()
	sum := 0
	for _, n := range good {
		sum += n
	}
	return float64(sum) / time.Since(begin).Seconds(), errors.Join(errors.Join(errs...), ctx.Err())
}

// phase is what came of requests that were due at a steady rate.
type phase struct {
	took          time.Duration
	due, unsent   int
	good, refused []time.Duration // from the moment when it was sent, sorted
	late          []time.Duration // from when it was due until it was sent, sorted
	failed        int
	failure       error // the first
}

func (p phase) goodput() float64 { return float64(len(p.good)) / p.took.Seconds() }

// openLoop asks at a rate, whatever becomes of the answers.
func (m *mix) openLoop(ctx context.Context, rate float64, d time.Duration) (phase, error) {
	p := phase{due: int(rate * d.Seconds())}
	var mu sync.Mutex
	var all sync.WaitGroup
	under := make(chan struct{}, maxUnanswered)
	begin := time.Now()
	dueAt := func(n int) time.Time { return begin.Add(time.Duration(float64(n) / rate * float64(time.Second))) }
	ticker := time.NewTicker(burst)
	defer ticker.Stop()
	for n := 0; n < p.due; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			all.Wait()
			return phase{}, fmt.Errorf("overload: %w", ctx.Err())
		}
		for now := time.Now(); n < p.due && !dueAt(n).After(now); n++ {
			select {
			case under <- struct{}{}:
			default:
				p.unsent++
				continue
			}
			all.Go(func() {
				defer func() { <-under }()
				req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
				defer fasthttp.ReleaseRequest(req)
				defer fasthttp.ReleaseResponse(resp)
				sent := time.Now()
				good, err := m.one(int64(n), req, resp)
				took := time.Since(sent)
				mu.Lock()
				defer mu.Unlock()
				p.late = append(p.late, sent.Sub(dueAt(n)))
				switch {
				case err != nil:
					p.failed++
					p.failure = cmp.Or(p.failure, err)
				case good:
					p.good = append(p.good, took)
				default:
					p.refused = append(p.refused, took)
				}
			})
		}
	}
	all.Wait()
	p.took = time.Since(begin)
	slices.Sort(p.good)
	slices.Sort(p.refused)
	slices.Sort(p.late)
	return p, nil
}
