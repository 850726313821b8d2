package bench

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What is wanted under overload.
const (
	wantGoodput = 0.8
	wantRefusal = 150 * time.Millisecond
	wantCheck   = 100 * time.Millisecond
	wantNormal  = 5 // seconds
	// wantGrowth is what a process may grow by between a third of the time and its
	// end, once it has more than wantMemory: what a burst needs it has by then. Below
	// that growth says nothing. The services collect garbage when nine times of what
	// they use has come together (platform/service), or at their GOMEMLIMIT.
	wantGrowth = 32 << 20
	wantMemory = 220 << 20 // GOMEMLIMIT, and a tenth for what Go does not count
	// calmEnough bounds what counts as normal when the calm before was very calm.
	calmEnough = 50 * time.Millisecond
)

func (f overResults) share() float64 { return f.over.goodput() / f.peak }

// normalAfter gives in which second all was as before, from 1; 0 if in none.
func (f overResults) normalAfter() int {
	bound := max(2*percentile(f.calm.good, 99), calmEnough)
	for i, second := range f.after {
		if len(second.good) == second.due && percentile(second.good, 99) <= bound {
			return i + 1
		}
	}
	return 0
}

// grown names the services that grew beyond what they should have, and by how much.
func (f overResults) grown() map[string]int64 {
	grown := map[string]int64{}
	for name, end := range f.memory[2] {
		since := max(f.memory[1][name], wantMemory)
		if name != loadProcess && name != databaseProcess && end > since {
			grown[name] = end - since
		}
	}
	return grown
}

// missed says which goals were.
func (f overResults) missed() error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(f.share() >= wantGoodput, "goodput is %s of the peak, want %s", percent(f.share()), percent(wantGoodput))
	want(len(f.over.refused) > 0, "nothing was refused, so it was no overload")
	p99 := percentile(f.over.refused, 99)
	want(p99 < wantRefusal, "refusals took %s (p99), want less than %v", millis(p99), wantRefusal)
	want(f.over.failed == 0, "%d requests were answered neither well nor with 503 and Retry-After, the first: %w", f.over.failed, f.over.failure)
	p99 = percentile(f.checks, 99)
	want(len(f.checks) > 0 && p99 < wantCheck, "session checks took %s (p99), want less than %v", millis(p99), wantCheck)
	normal := f.normalAfter()
	want(normal > 0 && normal <= wantNormal, "it was not normal again within %d s", wantNormal)
	for name, grown := range f.grown() {
		want(grown <= wantGrowth, "%s grew by %d MiB", name, grown>>20)
	}
	return errors.Join(errs...)
}

// markdown is the generated part about overload.
func (f overResults) markdown() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s", f.machine.sentence())
	say("The best that closed loops got: %.0f good answers a second, with %d connections, of which each fifth request creates a note and the others open home.",
		f.peak, f.peakAt)
	say("Then %d times as many requests were due for %v: %s. %s of them were answered well, %s refused, %d failed, and %s were not sent, for %s were under way.",
		overFactor, f.extent.over, thousands(f.over.due), thousands(len(f.over.good)), thousands(len(f.over.refused)), f.over.failed,
		thousands(f.over.unsent), thousands(maxUnanswered))
	say("The generator took %s of the CPU time that was spent, other programs %s of the machine; it sent requests late by %s (p50), %s (p99), which is in no time below.",
		percent(f.loadShare()), percent(f.spent.others()), millis(percentile(f.over.late, 50)), millis(percentile(f.over.late, 99)))
	say("\n| measured | found | wanted |\n| --- | --- | --- |")
	say("| goodput, of the peak | %.0f/s, %s | ≥ %s |", f.over.goodput(), percent(f.share()), percent(wantGoodput))
	say("| a refusal: p50 / p99 | %s / %s | p99 < %v |", millis(percentile(f.over.refused, 50)), millis(percentile(f.over.refused, 99)), wantRefusal)
	say("| a good answer meanwhile: p50 / p99 | %s / %s | |", millis(percentile(f.over.good, 50)), millis(percentile(f.over.good, 99)))
	say("| a good answer at half of the peak, before: p50 / p99 | %s / %s | |", millis(percentile(f.calm.good, 50)), millis(percentile(f.calm.good, 99)))
	say("| a session check meanwhile, %d a second: p50 / p99 | %s / %s | p99 < %v |", checkRate, millis(percentile(f.checks, 50)), millis(percentile(f.checks, 99)), wantCheck)
	say("| normal again, at half of the peak, in second | %d | ≤ %d |", f.normalAfter(), wantNormal)
	say("\n| memory in MiB | before | after a third | at the end |\n| --- | ---: | ---: | ---: |")
	for _, name := range slices.Sorted(maps.Keys(f.memory[2])) {
		say("| %s | %d | %d | %d |", name, f.memory[0][name]>>20, f.memory[1][name]>>20, f.memory[2][name]>>20)
	}
	return b.String()
}

// loadShare is what the generator took of the CPU time that was spent by anybody.
func (f overResults) loadShare() float64 {
	return float64(f.spent.own[loadProcess]) / float64(max(f.spent.busy, 1))
}
