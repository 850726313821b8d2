package bench

import (
	"fmt"
	"strings"
	"time"
)

// What is wanted of the API.
const (
	wantDeep = 1.2
	wantNote = 1.35
)

// markdown is the generated part about the API.
func (f apiResults) markdown() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	others := spreadOf(append(append([]pair{}, f.paging.pairs...), f.note.pairs...), func(p pair) float64 { return p.a.others })
	say("%s", f.machine.sentence())
	say("%d pairs of rounds of %v each, one connection. Other programs took %s of the machine meanwhile (the middle round; at most %s).",
		f.extent.pairs, f.extent.round, percent(others.median), percent(others.max))
	say("\n| answer | p50 | p99 | against | p50 | p99 | takes as long (least–most) | wanted |")
	say("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |")
	line := func(what, against string, c comparison, want float64) {
		a, b := c.figures(func(p pair) round { return p.a }), c.figures(func(p pair) round { return p.b })
		say("| %s | %s | %s | %s | %s | %s | × %s | ≤ %.2f |", what, micros(a.p50), micros(a.p99), against, micros(b.p50), micros(b.p99), c.slower(), want)
	}
	line(fmt.Sprintf("page %s of %s notes", thousands(f.deep), thousands(f.extent.many)), "page 1", f.paging, wantDeep)
	line("a note by the gateway", "the proxy", f.note, wantNote)
	return b.String()
}

func micros(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }
