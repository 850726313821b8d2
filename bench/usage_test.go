package bench

import (
	"math"
	"os"
	"testing"
	"time"
)

func TestTheCPUTimeOfAProcessIsReadWhateverItsName(t *testing.T) {
	const rest = " S 1 2 3 4 5 6 7 8 9 10 200 50 13 14 15 16 17"
	for _, name := range []string{"(notes)", "(a program)", "(odd) S 1 2)", "(((", "()"} {
		got, err := processTime("123 " + name + ")" + rest)
		if err != nil || got != 2500*time.Millisecond {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	for _, stat := range []string{"", "123 (notes)", "123 (notes) S 1 2 3", "123 (notes) S 1 2 3 4 5 6 7 8 9 10 x 50 1"} {
		_, err := processTime(stat)
		if err == nil {
			t.Errorf("%q was read", stat)
		}
	}
}

func TestIdleTimeAndWaitingForDisksIsNotBusy(t *testing.T) {
	busy, all, err := machineTime("cpu  100 20 30 1000 50 5 5 40 7 7\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
	if err != nil || busy != 2*time.Second || all != 12500*time.Millisecond {
		t.Errorf("got %v of %v, %v", busy, all, err)
	}
	for _, stat := range []string{"", "cpu 1 2", "mem 1 2 3 4 5 6 7 8", "cpu 1 2 3 x 5 6 7 8"} {
		_, _, err = machineTime(stat)
		if err == nil {
			t.Errorf("%q was read", stat)
		}
	}
}

func TestWhatOthersTookIsWhatIsLeft(t *testing.T) {
	before := usage{own: map[string]time.Duration{"web": time.Second, "notes": 0}, busy: 10 * time.Second, all: 100 * time.Second}
	after := usage{own: map[string]time.Duration{"web": 3 * time.Second, "notes": time.Second}, busy: 14 * time.Second, all: 104 * time.Second}
	spent := after.since(before)
	if spent.own["web"] != 2*time.Second || spent.own["notes"] != time.Second {
		t.Errorf("spent %v", spent.own)
	}
	if got := spent.others(); math.Abs(got-0.25) > 1e-9 {
		t.Errorf("others took %v, want a quarter", got)
	}
	// Ticks are coarse: ours may seem to be more than all.
	spent.busy = time.Second
	if got := spent.others(); got != 0 {
		t.Errorf("others took %v, want nothing", got)
	}
}

func TestOurOwnCPUTimeGrowsAsWeWork(t *testing.T) {
	pids := map[string]int{"self": os.Getpid()}
	before, err := readUsage(pids)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		after, err := readUsage(pids)
		if err != nil {
			t.Fatal(err)
		}
		if after.since(before).own["self"] > 0 && after.since(before).all > 0 {
			return
		}
	}
	t.Error("ten seconds of work took no CPU time")
}
