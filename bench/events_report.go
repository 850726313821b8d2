package bench

import (
	"fmt"
	"strings"
	"time"
)

// markdown is the generated part about events.
func (f eventsResults) markdown() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	ratio := func(a, b latencies, n int) float64 { return float64(a.percentile(n)) / float64(b.percentile(n)) }
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	say("%s", f.machine.sentence())
	say("%d notes a second by REST, %v each, the queue there and away in turns; audit stopped.\n", writeRate, f.extent.phase)
	say("| writing while | p50 | p99 | writes |\n| --- | ---: | ---: | ---: |")
	for _, l := range []struct {
		name string
		latencies
	}{
		{"all is well", f.calm},
		{"the queue is away", f.away},
		{fmt.Sprintf("%d events wait and are sent", f.extent.backlog), f.backlogged},
	} {
		say("| %s | %s | %s | %d |", l.name, ms(l.percentile(50)), ms(l.percentile(99)), len(l.took))
	}
	say("\n| measured | found | wanted |\n| --- | --- | --- |")
	say("| the queue away against there | p50 × %.2f, p99 × %.2f | ≤ 1.05, ≤ 1.3 |", ratio(f.away, f.calm, 50), ratio(f.away, f.calm, 99))
	say("| a backlog against none | p99 × %.2f | ≤ 1.5 |", ratio(f.backlogged, f.calm, 99))
	say("| accepted a second, first and last %v of %d events (%v in all) | %.0f, %.0f | ≥ 1,000 |",
		f.extent.phase, f.extent.backlog, f.drained, f.first, f.last)
	say("| notes when nobody writes: the relay's statements a second | %.1f | < 2 |", f.idleQueries)
	say("| notes when nobody writes: CPU of the whole process | %.1f %% of a core | < 1 %% |", 100*f.idleCPU)
	return b.String()
}
