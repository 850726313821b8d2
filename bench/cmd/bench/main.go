// Command bench is `make bench`: how fast Notejam's pages are, written into
// docs/performance.md. See package bench.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"gitlab.com/notejam/notejam/bench"
)

func main() {
	// What asks should cost little of the machine that it measures: fewer collections of its own garbage.
	debug.SetGCPercent(400)
	o := bench.Options{Out: os.Stdout}
	flag.StringVar(&o.Root, "root", ".", "the repository")
	flag.StringVar(&o.Work, "work", ".cache/bench", "folder for binaries, data and logs")
	flag.StringVar(&o.Report, "report", "docs/performance.md", "file to write the results into; empty: none")
	flag.BoolVar(&o.Short, "short", false, "only try that everything works, in under a minute; writes no report")
	flag.IntVar(&o.Pairs, "pairs", 0, "rounds of each side, for each page (default 9)")
	flag.DurationVar(&o.Round, "round", 0, "length of a round (default 4s)")
	flag.StringVar(&o.Profile, "profile", "", "instead of measuring, write CPU profiles of the services into this folder")
	flag.StringVar(&o.Page, "page", "home", "with -profile: home, note or create")
	events := flag.Bool("events", false, "measure what events cost those who write, instead of pages (make bench-events)")
	api := flag.Bool("api", false, "measure the REST door, instead of pages (make bench-api)")
	overload := flag.Bool("overload", false, "measure what becomes of five times as many requests as can be answered (make overload)")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	run := bench.Run
	if *events {
		run = bench.RunEvents
	}
	if *api {
		run = bench.RunAPI
	}
	if *overload {
		run = bench.RunOverload
	}
	err := run(ctx, o)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
