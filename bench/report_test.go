package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// begin is the first line of what make bench writes.
var begin = fmt.Sprintf(beginMark, "make bench")

func TestOnlyWhatStandsBetweenTheMarkersIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "performance.md")
	err := os.WriteFile(file, []byte("# Before\n"+begin+"\nold\n"+endMark+"\nAfter.\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first\n", "second\n", "second\n"} {
		err = writeBetweenMarkers(file, "make bench", text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := "# Before\n" + begin + "\n\n" + text + "\n" + endMark + "\nAfter.\n"
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAReportWithoutItsMarkersIsLeftAlone(t *testing.T) {
	for _, content := range []string{"", "text", begin, endMark, endMark + begin} {
		file := filepath.Join(t.TempDir(), "performance.md")
		err := os.WriteFile(file, []byte(content), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		err = writeBetweenMarkers(file, "make bench", "text\n")
		if err == nil || !strings.Contains(err.Error(), "it lacks the line") {
			t.Errorf("%q: got %v", content, err)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != content {
			t.Errorf("%q became %q, %v", content, got, err)
		}
	}
}

func TestTheReportOfTheRepositoryHasTheMarkers(t *testing.T) {
	content, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"make bench", "make bench-api", "make bench-events"} {
		_, err = betweenMarkers(string(content), command, "")
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTheReportSaysWhatWasFound(t *testing.T) {
	ours := round{
		perSecond: 1234.5, timing: timing{p50: 5 * time.Millisecond, p99: 12345 * time.Microsecond}, others: 0.01,
		cost: map[string]time.Duration{"web": 400 * time.Microsecond, "notes": 300 * time.Microsecond, databaseProcess: 200 * time.Microsecond},
	}
	plain := round{perSecond: 2469, timing: timing{p50: 2 * time.Millisecond, p99: 4 * time.Millisecond}, cost: map[string]time.Duration{"plain": 250 * time.Microsecond}}
	few := round{perSecond: 1300}
	got := results{
		machine: machine{when: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), cores: 2, cpu: "Abacus", database: "10.11"},
		extent:  extent{pairs: 1, round: time.Second, connections: 8, many: 100_000, few: 10, rate: 50},
		pages:   []comparison{{page: "home", target: 0.5, pairs: []pair{{ours, plain}}}},
		many:    comparison{pairs: []pair{{ours, few}}},
		weight:  weight{files: []weighed{{"HTML", 6144, false}, {"CSS", 4096, true}, {"JS", 512, false}, {"icon", 100, true}}},
		paced:   timing{p50: time.Millisecond, p95: 2 * time.Millisecond, p99: 3 * time.Millisecond},
		drained: 1500 * time.Millisecond,
	}.markdown()
	for _, line := range []string{
		"Measured on 1 February 2026 with 2 cores (Abacus), ",
		"1 pairs of rounds of 1s each, 8 connections. Other programs took 0 % of the machine meanwhile (the middle round; at most 1 %).",
		"| home | 1,235 | 5.0 ms | 12.3 ms | 2,469 | 2.0 ms | 4.0 ms | 0.50 (0.50–0.50) | ≥ 0.50 |",
		"| home | 400 | 300 | 0 | 0 | 0 | 200 | 0 | 900 |",
		"| home, plain | 0 | 0 | 0 | 0 | 250 | 0 | 0 | 250 |",
		"| home of a person with 100,000 notes takes, against one with 10 | 1.05 (1.05–1.05) times as long | ≤ 1.2 |",
		"| home at 50 requests a second: whole answer, p50 / p95 / p99 | 1.0 ms / 2.0 ms / 3.0 ms | p95 < 20 ms |",
		"| 10.5 KB (HTML 6.0, CSS 4.0, JS 0.5 (not kept by browsers), icon 0.1) | ≤ 40 KB |",
		"in the trail within | 1.5 s | |",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("it does not say %q:\n%s", line, got)
		}
	}
}

func TestLargeNumbersAreWrittenWithCommas(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 100_000: "100,000", 1_234_567: "1,234,567"} {
		got := thousands(n)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
