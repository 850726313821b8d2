// Package storm breaks a whole Notejam while people write, and then counts.
// Real processes, two of each service that keeps something, are killed one after
// the other; the database is killed; the queue is away for a while, and delivers
// a fifth of its messages twice even when it is there. Afterwards nothing that
// was acknowledged may be missing, and every change must have exactly one entry
// in the trail.
//
// Package fleet starts and kills; victims.go looks into it; writers.go writes;
// verdict.go counts.
// `make storm` runs it for as long as one likes, the tests here for seconds.
package storm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// Options say how bad the weather is.
type Options struct {
	Seed     uint64 // decides who is killed when, and what is written
	Work     string // folder for binaries, data and logs
	Root     string // the repository
	Out      io.Writer
	Rage     time.Duration // how long it rages
	Outage   time.Duration // how long the queue is away, once
	Crashes  int           // how often the database is killed
	Patience time.Duration // lease of the relays and visibility of messages: how long what a killed process held waits
	Settle   time.Duration // how long events may take afterwards
	MySQL    *local.MySQL  // a database server of one's own; nil starts a private one
	Bug      string        // of package planted, to see that it is noticed
}

const (
	killEvery = 150 * time.Millisecond
	writers   = 16
)

// The queue misbehaves all the time.
var weather = queuetest.Faults{Duplicate: 20, Refuse: 2, LoseAnswer: 1, LoseDelete: 2}

// Run lets a storm rage and judges what it left.
func Run(ctx context.Context, o Options) (verdict Verdict, err error) {
	f, err := gather(ctx, o)
	if err != nil {
		return Verdict{}, err
	}
	defer func() { err = errors.Join(err, f.close(context.WithoutCancel(ctx))) }()
	err = f.StartMissing()
	if err != nil {
		return Verdict{}, err
	}
	crew, err := signUp(ctx, f, o)
	if err != nil {
		return Verdict{}, err
	}
	f.Stack.Queue.SetFaults(weather)
	f.progress("The storm rages for %v, seed %d", o.Rage, o.Seed)
	raging, calm := context.WithTimeout(ctx, o.Rage)
	defer calm()
	crew.write(raging)
	kills, err := rage(raging, f, o)
	crew.wait()
	err = errors.Join(append(crew.errs, err, ctx.Err())...)
	if err != nil {
		return Verdict{}, err
	}
	f.progress("It is over after %d kills; what is under way comes to its end", kills)
	f.Stack.Queue.SetFaults(queuetest.Faults{})
	err = f.StartMissing()
	if err != nil {
		return Verdict{}, err
	}
	left, err := f.look.Settle(ctx, o.Settle)
	if err != nil {
		return Verdict{}, err
	}
	if left > 0 {
		f.progress("%d events are still under way", left) // and are counted as lost
	}
	verdict, err = judge(ctx, f, crew)
	verdict.Kills, verdict.Seed, verdict.Rate = kills, o.Seed, float64(verdict.Acknowledged)/o.Rage.Seconds()
	return verdict, err
}

// rage kills a random process now and then, and the database and the queue at
// their times.
func rage(ctx context.Context, f *victims, o Options) (kills int, err error) {
	dice := rand.New(rand.NewPCG(o.Seed, 0)) //nolint:gosec // a storm must repeat, not surprise
	began := time.Now()
	crashes, away := 0, false
	outageBegin := o.Rage / 3
	ticker := time.NewTicker(killEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return kills, nil
		}
		passed := time.Since(began)
		shouldBeAway := passed >= outageBegin && passed < outageBegin+o.Outage
		if shouldBeAway != away {
			away = shouldBeAway
			faults := weather
			faults.Down = away
			f.Stack.Queue.SetFaults(faults)
		}
		if crashes < o.Crashes && passed >= o.Rage*time.Duration(2*crashes+1)/time.Duration(2*o.Crashes) {
			crashes++
			err = f.CrashDatabase(ctx)
			if err != nil && ctx.Err() == nil {
				return kills, fmt.Errorf("kill the database: %w", err)
			}
		}
		victim := f.Members[dice.IntN(len(f.Members))]
		victim.Kill()
		err = victim.Start()
		if err != nil {
			return kills, err
		}
		kills++
	}
}
