package bench

import (
	"strings"
	"testing"
	"time"
)

func TestTheReportOfTheAPISaysWhatWasFound(t *testing.T) {
	got := apiResults{
		machine: machine{when: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), cores: 2, cpu: "Abacus", database: "10.11"},
		extent:  extent{pairs: 1, round: time.Second, many: 100_000},
		deep:    1000,
		paging: comparison{pairs: []pair{{
			round{perSecond: 100, timing: timing{p50: 10 * time.Millisecond, p99: 12 * time.Millisecond}, others: 0.02},
			round{perSecond: 110, timing: timing{p50: 9 * time.Millisecond, p99: 11 * time.Millisecond}},
		}}},
		note: comparison{pairs: []pair{{
			round{perSecond: 1000, timing: timing{p50: 990 * time.Microsecond, p99: 1500 * time.Microsecond}},
			round{perSecond: 1250, timing: timing{p50: 790 * time.Microsecond, p99: 1200 * time.Microsecond}},
		}}},
	}.markdown()
	for _, line := range []string{
		"Measured on 1 February 2026 with 2 cores (Abacus), ",
		"1 pairs of rounds of 1s each, one connection. Other programs took 1 % of the machine meanwhile (the middle round; at most 2 %).",
		"| page 1,000 of 100,000 notes | 10000 µs | 12000 µs | page 1 | 9000 µs | 11000 µs | × 1.10 (1.10–1.10) | ≤ 1.20 |",
		"| a note by the gateway | 990 µs | 1500 µs | the proxy | 790 µs | 1200 µs | × 1.25 (1.25–1.25) | ≤ 1.35 |",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("it does not say %q:\n%s", line, got)
		}
	}
}
