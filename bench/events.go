package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// What events cost those who write: nothing while the queue is away, nothing
// while a million of them wait. audit does not run: it would take the machine
// from those who are measured.

// turns is how often the queue goes away and comes back: a slow minute of the
// machine must hit both sides.
const turns = 4

// eventsExtent is how much is measured.
type eventsExtent struct {
	phase   time.Duration // of steady writing, and what counts as the first and the last of the backlog
	idle    time.Duration
	backlog int
}

func (o Options) eventsExtent() eventsExtent {
	if o.Short {
		return eventsExtent{phase: 4 * time.Second, idle: 4 * time.Second, backlog: 20_000}
	}
	return eventsExtent{phase: time.Minute, idle: 20 * time.Second, backlog: 1_000_000}
}

// eventsResults are what `make bench-events` found.
type eventsResults struct {
	machine                machine
	extent                 eventsExtent
	calm, away, backlogged latencies
	idleQueries            float64 // a second, of the relay's pool
	idleCPU                float64 // part of a core
	first, last            float64 // events a second that the queue accepted
	drained                time.Duration
}

// RunEvents measures and writes the report.
func RunEvents(ctx context.Context, o Options) (err error) {
	r := &rig{options: o, out: o.Out, pages: &side{}, plain: &side{}}
	defer func() { err = errors.Join(err, r.stop(context.WithoutCancel(ctx))) }()
	results, err := r.measureEvents(ctx)
	if err != nil {
		return err
	}
	text := results.markdown()
	_, err = fmt.Fprintf(o.Out, "\n%s\n", text)
	if err != nil || o.Report == "" || o.Short {
		return err
	}
	return writeBetweenMarkers(o.Report, "make bench-events", text)
}

func (r *rig) measureEvents(ctx context.Context) (f eventsResults, err error) {
	f.extent = r.options.eventsExtent()
	p, err := r.startForEvents(ctx)
	if err != nil {
		return f, err
	}
	f.machine, err = describeMachine(ctx, r)
	if err != nil {
		return f, err
	}
	r.progress("Writing %d notes a second, with the queue there and away", writeRate)
	_, err = r.steady(ctx, p, f.extent.phase/4) // warms up
	if err != nil {
		return f, err
	}
	for range turns {
		for _, side := range []struct {
			faults queuetest.Faults
			into   *latencies
		}{{queuetest.Faults{}, &f.calm}, {queuetest.Faults{Down: true}, &f.away}} {
			r.stack.Queue.SetFaults(side.faults)
			part, err := r.steady(ctx, p, f.extent.phase/turns)
			r.stack.Queue.SetFaults(queuetest.Faults{})
			if err != nil {
				return f, err
			}
			side.into.add(part)
			err = r.rows.unsentGone(ctx)
			if err != nil {
				return f, err
			}
		}
	}
	r.progress("Doing nothing")
	err = r.measureIdle(ctx, &f)
	if err != nil {
		return f, err
	}
	return f, r.measureBacklog(ctx, p, &f)
}

// startForEvents starts everything but audit.
func (r *rig) startForEvents(ctx context.Context) (person, error) {
	var err error
	r.work, err = filepath.Abs(r.options.Work)
	if err != nil {
		return person{}, fmt.Errorf("find the folder: %w", err)
	}
	err = errors.Join(emptied(r.path("data")), emptied(r.path("log")))
	if err != nil {
		return person{}, err
	}
	r.progress("Building release binaries")
	var packages []string
	for _, name := range services {
		packages = append(packages, "./services/"+name+"/cmd/"+name)
	}
	err = build(ctx, r.options.Root, r.path("bin"), packages...)
	if err != nil {
		return person{}, err
	}
	r.stack, err = local.Start(ctx, local.Options{Data: r.path("data"), Progress: r.out, Settings: local.NoLimits()})
	if err != nil {
		return person{}, err
	}
	r.rows, err = openRows(ctx, r.stack)
	if err != nil {
		return person{}, err
	}
	for _, name := range []string{"auth", "notes", "web"} {
		err = r.startService(ctx, name, releaseBinary)
		if err != nil {
			return person{}, err
		}
	}
	r.pages.url = r.stack.URL()
	return signUp(ctx, r.pages.url, "writer@bench.test")
}

// measureIdle looks what the relay does when nobody writes.
func (r *rig) measureIdle(ctx context.Context, f *eventsResults) error {
	notes := map[string]int{"notes": r.pages.process("notes").cmd.Process.Pid}
	before, err := readUsage(notes)
	if err != nil {
		return err
	}
	queries, err := r.relayQueries(ctx)
	if err != nil {
		return err
	}
	select {
	case <-time.After(f.extent.idle):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := readUsage(notes)
	if err != nil {
		return err
	}
	now, err := r.relayQueries(ctx)
	f.idleQueries = (now - queries) / f.extent.idle.Seconds()
	f.idleCPU = (after.own["notes"] - before.own["notes"]).Seconds() / f.extent.idle.Seconds()
	return err
}

// measureBacklog lets notes find a great many events that were never sent.
func (r *rig) measureBacklog(ctx context.Context, p person, f *eventsResults) error {
	notes := r.pages.process("notes")
	err := notes.stop()
	if err != nil {
		return err
	}
	r.progress("Putting %d events into the outbox", f.extent.backlog)
	err = r.rows.putEvents(ctx, f.extent.backlog)
	if err != nil {
		return err
	}
	err = r.startService(ctx, "notes", releaseBinary)
	if err != nil {
		return err
	}
	err = r.answered(ctx, p)
	if err != nil {
		return err
	}
	r.progress("Sending them while %d notes a second are written", writeRate)
	writing, stop := context.WithCancel(ctx)
	defer stop()
	written := make(chan error, 1)
	go func() {
		var err error
		f.backlogged, err = r.steady(writing, p, backlogLimit)
		written <- err
	}()
	accepted, err := r.watchAccepted(ctx, f.extent.backlog)
	stop()
	err = errors.Join(err, <-written)
	f.first, f.last, f.drained = rates(accepted, int(f.extent.phase/time.Second))
	return err
}

// backlogLimit is for a million events at a thousand a second, and some more.
const backlogLimit = 25 * time.Minute

// watchAccepted counts each second how many events the queue has accepted, until
// it has so many.
func (r *rig) watchAccepted(ctx context.Context, until int) (counts []float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, backlogLimit)
	defer cancel()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		n, err := r.metric(ctx, "notes", `outbox_sends_total{result="accepted"}`)
		if err != nil {
			return nil, err
		}
		counts = append(counts, n)
		if n >= float64(until) {
			return counts, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("%v of %d events were sent: %w", n, until, ctx.Err())
		}
	}
}

// rates are those of the first and the last seconds, and how long it took.
func rates(counts []float64, seconds int) (first, last float64, took time.Duration) {
	end := len(counts) - 1
	seconds = max(min(seconds, end), 1)
	if end < 1 {
		return 0, 0, 0
	}
	first = (counts[seconds] - counts[0]) / float64(seconds)
	last = (counts[end] - counts[end-seconds]) / float64(seconds)
	return first, last, time.Duration(end) * time.Second
}

func (r *rig) relayQueries(ctx context.Context) (sum float64, err error) {
	for _, kind := range []string{"select", "insert", "update", "delete"} {
		n, err := r.metric(ctx, "notes", `mysql_statements_total{kind="`+kind+`",pool="relay"}`)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// metric reads one line of a service's metrics; 0 when it is not there yet.
func (r *rig) metric(ctx context.Context, service, line string) (float64, error) {
	url := "http://" + r.stack.Settings(service)[strings.ToUpper(service)+"_DEBUG_ADDR"] + "/metrics"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	resp, err := direct.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	_, rest, found := strings.Cut(string(text), "\n"+line+" ")
	if !found {
		return 0, nil
	}
	value, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	return n, nil
}
