package bench

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// The report's generated parts stand between such lines, each with the command
// that writes it.
const (
	beginMark = "<!-- measured: begin; written by %s -->"
	endMark   = "<!-- measured: end -->"
)

// writeBetweenMarkers replaces what a command has written into a file.
func writeBetweenMarkers(file, command, text string) error {
	content, err := os.ReadFile(file) //nolint:gosec // the report that the caller names
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	written, err := betweenMarkers(string(content), command, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	err = os.WriteFile(file, []byte(written), 0o644) //nolint:gosec // a document, for everybody to read
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func betweenMarkers(content, command, text string) (string, error) {
	begin := fmt.Sprintf(beginMark, command)
	before, rest, begun := strings.Cut(content, begin)
	_, after, ended := strings.Cut(rest, endMark)
	if !begun || !ended {
		return "", fmt.Errorf("it lacks the line %q or, after it, %q", begin, endMark)
	}
	return before + begin + "\n\n" + text + "\n" + endMark + after, nil
}

// markdown is the generated part.
func (f results) markdown() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s", f.machine.sentence())
	say("%d pairs of rounds of %v each, %d connections. Other programs took %s of the machine meanwhile (the middle round; at most %s).",
		f.extent.pairs, f.extent.round, f.extent.connections, percent(f.others().median), percent(f.others().max))
	say("\n| page | requests/s | p50 | p99 | plain: requests/s | p50 | p99 | ratio (least–most) | wanted |")
	say("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, c := range f.pages {
		a, b := c.figures(func(p pair) round { return p.a }), c.figures(func(p pair) round { return p.b })
		say("| %s | %s | %s | %s | ≥ %.2f |", c.page, a, b, c.ratios(), c.target)
	}
	say("\nCPU time for one answer, in microseconds, by process. `load` asks, checks the answers, and is the queue as well.\n")
	f.writeCosts(say)
	say("\n| measured | found | wanted |\n| --- | --- | --- |")
	say("| home of a person with %s notes takes, against one with %d | %s times as long | ≤ 1.2 |",
		thousands(f.extent.many), f.extent.few, f.many.slower())
	say("| home at %d requests a second: whole answer, p50 / p95 / p99 | %s / %s / %s | p95 < 20 ms |",
		f.extent.rate, millis(f.paced.p50), millis(f.paced.p95), millis(f.paced.p99))
	say("| home for a browser that has nothing of it: HTML + CSS + JS | %s KB%s | ≤ 40 KB |", kilobytes(f.weight.total()), f.weight.parts())
	say("| after a round of creating notes the last event is in the trail within | %.1f s | |", f.drained.Seconds())
	return b.String()
}

// figures are the middle of the rounds of one side.
type figures struct {
	perSecond float64
	p50, p99  time.Duration
}

func (c comparison) figures(side func(pair) round) figures {
	middle := func(figure func(round) float64) float64 {
		return spreadOf(c.pairs, func(p pair) float64 { return figure(side(p)) }).median
	}
	return figures{
		perSecond: middle(func(r round) float64 { return r.perSecond }),
		p50:       time.Duration(middle(func(r round) float64 { return float64(r.timing.p50) })),
		p99:       time.Duration(middle(func(r round) float64 { return float64(r.timing.p99) })),
	}
}

// String gives three cells of the table.
func (f figures) String() string {
	return fmt.Sprintf("%s | %s | %s", thousands(int(math.Round(f.perSecond))), millis(f.p50), millis(f.p99))
}

// String gives the middle, and in brackets the least and the most.
func (s spread) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.min, s.max) }

// slower gives how many times as long an answer of a takes as one of b.
func (c comparison) slower() spread {
	return spreadOf(c.pairs, func(p pair) float64 { return p.b.perSecond / p.a.perSecond })
}

// others gives the share of the machine that others took, over all rounds.
func (f results) others() spread {
	var rounds []round
	for _, c := range append(slices.Clone(f.pages), f.many) {
		for _, p := range c.pairs {
			rounds = append(rounds, p.a, p.b)
		}
	}
	return spreadOf(rounds, func(r round) float64 { return r.others })
}

// writeCosts writes the table of CPU time, a line for each side of each page.
func (f results) writeCosts(say func(format string, args ...any)) {
	processes := []string{"web", "notes", "auth", "audit", "plain", databaseProcess, loadProcess}
	say("| page | %s | all |", strings.Join(processes, " | "))
	say("| --- |%s", strings.Repeat(" ---: |", len(processes)+1))
	for _, c := range f.pages {
		for _, s := range []struct {
			name string
			of   func(pair) round
		}{
			{c.page, func(p pair) round { return p.a }},
			{c.page + ", plain", func(p pair) round { return p.b }},
		} {
			cells, sum := []string{s.name}, 0.0
			for _, process := range processes {
				cost := spreadOf(c.pairs, func(p pair) float64 { return float64(s.of(p).cost[process].Microseconds()) }).median
				cells = append(cells, fmt.Sprintf("%.0f", cost))
				sum += cost
			}
			say("| %s | %.0f |", strings.Join(cells, " | "), sum)
		}
	}
}

// parts lists what home consists of.
func (w weight) parts() string {
	var parts []string
	for _, file := range w.files {
		part := fmt.Sprintf("%s %s", file.kind, kilobytes(file.bytes))
		if file.kind != "HTML" && !file.kept {
			part += " (not kept by browsers)"
		}
		parts = append(parts, part)
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

func kilobytes(bytes int) string { return fmt.Sprintf("%.1f", float64(bytes)/1024) }

// thousands writes a number with commas: 100,000.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
