// Package bench measures how fast Notejam's pages are, on one machine: release
// binaries as processes, with the database and the queue beside them, mutual
// TLS, logs and metrics on. Each page is measured against the plain process
// (package plain), which shows the same page from the same rows in one program,
// in rounds that take turns, so that what the machine does meanwhile hits both.
//
// rig.go brings everything up, people.go and seed.go fill it, pages.go says
// what is asked for and what must come, load.go asks, compare.go takes turns,
// report.go writes docs/performance.md. profile.go looks inside instead.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Options say what to do.
type Options struct {
	Root    string        // the repository
	Work    string        // a folder for binaries, data and logs; data of an earlier run are removed
	Report  string        // the file whose marked part is written; "" writes none
	Short   bool          // only try that all of it works: the figures mean nothing
	Pairs   int           // rounds of each side, for each page; 0 is the default
	Round   time.Duration // how long one is; 0 is the default
	Profile string        // write profiles of the services into this folder, and measure nothing else
	// MemoryLimit is GOMEMLIMIT of the services; "" for none.
	MemoryLimit string
	// Connections is how many are busy at once in a closed loop, and how many people write; 0 is the default.
	Connections int
	Page        string    // which page Profile is about: home, note or create
	Out         io.Writer // one line for each step, and the results
}

// extent is how much is done.
type extent struct {
	pairs       int
	round       time.Duration
	warmUp      time.Duration // of each side, before the first round of a page
	openLoop    time.Duration
	connections int
	rate        int // of the open loop, requests a second
	notes       int // of the person whose home and notes are opened
	many        int // of the person who has as many as a person may have
	few         int // of the person who has just as many as home shows
}

// Nine pairs, so that the middle of the ratios does not hang on one of them; each round is long enough for a few garbage collections of every
// process, and short enough that neighbours on the machine hit both sides.
func (o Options) extent() extent {
	e := extent{
		pairs: 9, round: 4 * time.Second, warmUp: 2 * time.Second, openLoop: 20 * time.Second,
		connections: 8, rate: 50, notes: 1000, many: 100_000, few: 10,
	}
	if o.Short {
		e.pairs, e.round, e.warmUp, e.openLoop, e.many = 1, 300*time.Millisecond, 200*time.Millisecond, time.Second, 2000
	}
	if o.Connections > 0 {
		e.connections = o.Connections
	}
	if o.Pairs > 0 {
		e.pairs = o.Pairs
	}
	if o.Round > 0 {
		e.round = o.Round
	}
	return e
}

// Run does what the options say.
func Run(ctx context.Context, o Options) (err error) {
	if o.Profile != "" {
		return profile(ctx, o)
	}
	r, err := startRig(ctx, o, releaseBinary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop(context.WithoutCancel(ctx))) }()
	err = r.startPlain(ctx)
	if err != nil {
		return err
	}
	err = r.samePages(ctx)
	if err != nil {
		return err
	}
	found, err := r.measure(ctx)
	if err != nil {
		return err
	}
	text := found.markdown()
	_, _ = fmt.Fprint(o.Out, "\n", text)
	if o.Report == "" || o.Short {
		return nil
	}
	return writeBetweenMarkers(o.Report, "make bench", text)
}

// results are all that one run found out.
type results struct {
	machine machine
	extent  extent
	pages   []comparison
	many    comparison // home with many notes against home with few
	weight  weight
	paced   timing // of home at a steady rate
	drained time.Duration
}

// measure is the programme of a run.
func (r *rig) measure(ctx context.Context) (results, error) {
	found := results{extent: r.extent}
	var err error
	found.machine, err = describeMachine(ctx, r)
	if err != nil {
		return results{}, err
	}
	for _, page := range []page{r.home(), r.note(), r.create()} {
		r.progress("Measuring %s", page.name)
		compared, err := r.compare(ctx, r.contender(r.pages, page), r.contender(r.plain, page))
		if err != nil {
			return results{}, fmt.Errorf("%s: %w", page.name, err)
		}
		compared.page, compared.target = page.name, page.target
		found.pages = append(found.pages, compared)
	}
	r.progress("Measuring home with %d notes", r.extent.many)
	found.many, err = r.compare(ctx, r.contender(r.pages, r.homeOf(r.many)), r.contender(r.pages, r.homeOf(r.few)))
	if err != nil {
		return results{}, fmt.Errorf("home with many notes: %w", err)
	}
	r.progress("Measuring home at %d requests a second", r.extent.rate)
	paced, err := r.contender(r.pages, r.home()).paced(ctx, r.extent.rate, r.extent.openLoop)
	if err != nil {
		return results{}, fmt.Errorf("home at a steady rate: %w", err)
	}
	found.paced = timingOf(paced)
	found.drained = r.drained
	found.weight, err = weigh(ctx, r.pages.url, r.reader)
	if err != nil {
		return results{}, err
	}
	return found, nil
}

func (r *rig) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, format+" …\n", args...)
}

// emptied makes a folder that has nothing in it.
func emptied(dir string) error {
	err := os.RemoveAll(dir)
	if err != nil {
		return fmt.Errorf("empty the folder: %w", err)
	}
	err = os.MkdirAll(dir, 0o700)
	if err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	return nil
}
