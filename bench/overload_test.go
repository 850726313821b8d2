package bench

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// met is a run that meets all goals.
func met() overResults {
	ms := func(n int) []time.Duration { return []time.Duration{time.Duration(n) * time.Millisecond} }
	second := phase{due: 1, good: ms(5)}
	return overResults{
		peak: 1, calm: phase{good: ms(4)}, checks: ms(10), after: []phase{second},
		over:   phase{took: time.Second, good: ms(50), refused: ms(20)},
		memory: memories{{"web": 1 << 20}, {"web": 2 << 20}, {"web": 200 << 20}},
	}
}

func TestOverload_EachMissedGoalIsNamed(t *testing.T) {
	err := met().missed()
	if err != nil {
		t.Fatalf("a run that meets all goals: %v", err)
	}
	for want, spoil := range map[string]func(*overResults){
		"goodput is 25 %":     func(f *overResults) { f.peak = 4 },
		"nothing was refused": func(f *overResults) { f.over.refused = nil },
		"refusals took":       func(f *overResults) { f.over.refused[0] = time.Second },
		"1 requests were":     func(f *overResults) { f.over.failed, f.over.failure = 1, errors.New("EOF") },
		"session checks took": func(f *overResults) { f.checks[0] = time.Second },
		"it was not normal":   func(f *overResults) { f.after[0].due = 2 },
		"web grew by 80 MiB":  func(f *overResults) { f.memory[2]["web"] = 300 << 20 },
	} {
		f := met()
		spoil(&f)
		err := f.missed()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
