package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// CPU time comes from /proc, in ticks of USER_HZ, which is 100 a second on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// usage is CPU time spent since the start of each process, and by the machine since its own.
type usage struct {
	own  map[string]time.Duration
	busy time.Duration // by everybody
	all  time.Duration // idle time included, of all cores
}

// readUsage reads the CPU time of processes, by name.
func readUsage(pids map[string]int) (usage, error) {
	u := usage{own: map[string]time.Duration{}}
	for name, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return usage{}, fmt.Errorf("read the CPU time of %s (the bench needs Linux): %w", name, err)
		}
		u.own[name], err = processTime(string(text))
		if err != nil {
			return usage{}, fmt.Errorf("read the CPU time of %s: %w", name, err)
		}
	}
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return usage{}, fmt.Errorf("read the machine's CPU time: %w", err)
	}
	u.busy, u.all, err = machineTime(string(text))
	return u, err
}

// processTime reads the 14th and 15th field of /proc/<pid>/stat, utime and stime (proc(5)). The second field, the program's name, may hold anything.
func processTime(stat string) (time.Duration, error) {
	_, rest, _ := strings.Cut(stat, ") ")
	if at := strings.LastIndex(stat, ") "); at >= 0 {
		rest = stat[at+2:]
	}
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("%q is not what proc(5) says", stat)
	}
	return sumTicks(fields[11:13])
}

// machineTime reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
func machineTime(stat string) (busy, all time.Duration, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, 0, fmt.Errorf("%q is not what proc(5) says", line)
	}
	idle, err := sumTicks(fields[4:6])
	if err != nil {
		return 0, 0, err
	}
	all, err = sumTicks(fields[1:9])
	return all - idle, all, err
}

func sumTicks(fields []string) (time.Duration, error) {
	var sum time.Duration
	for _, field := range fields {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no number of ticks: %w", field, err)
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// since gives what was spent between two readings.
func (u usage) since(before usage) usage {
	spent := usage{own: map[string]time.Duration{}, busy: u.busy - before.busy, all: u.all - before.all}
	for name := range u.own {
		spent.own[name] = u.own[name] - before.own[name]
	}
	return spent
}

// others gives the share of the machine that was spent by nobody of ours.
func (u usage) others() float64 {
	left := u.busy
	for _, spent := range u.own {
		left -= spent
	}
	if u.all <= 0 {
		return 0
	}
	return max(0, float64(left)/float64(u.all))
}
