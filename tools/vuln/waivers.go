package main

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// longestWaiver is how long a waiver may be: whoever needs more looks again.
const longestWaiver = 180 * 24 * time.Hour

// waiver lets one vulnerability stay for some time.
type waiver struct {
	id, reason string
	until      time.Time // its last day
}

// readWaivers reads lines such as "GO-2026-1234 2026-12-31 reason"; empty ones and those that begin with # count for nothing.
func readWaivers(path string) ([]waiver, error) {
	file, err := os.Open(path) //nolint:gosec // who runs it names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var waivers []waiver
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 3 {
			return nil, fmt.Errorf("%s:%d: %q is no waiver: an id, its last day and a reason", path, number, line)
		}
		until, err := time.Parse(time.DateOnly, fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %q is no day such as 2026-12-31", path, number, fields[1])
		}
		waivers = append(waivers, waiver{id: fields[0], until: until, reason: strings.Join(fields[2:], " ")})
	}
	return waivers, lines.Err()
}

// verdict is what is said about findings and waivers.
type verdict struct {
	blocking, told []string
}

// judge holds what was found to the waivers.
func judge(found *findings, waivers []waiver, now time.Time) verdict {
	v := verdict{told: []string{fmt.Sprintf("of what was known on %s: %d reachable, %d imported or required only",
		found.database.Format(time.DateOnly), len(found.reachable), len(found.dormant))}}
	waived := make(map[string]waiver)
	for _, w := range waivers {
		_, reachable := found.reachable[w.id]
		switch {
		case now.After(w.until.Add(24 * time.Hour)):
			v.blocking = append(v.blocking, fmt.Sprintf("the waiver of %s ended on %s; it said: %s", w.id, w.until.Format(time.DateOnly), w.reason))
		case w.until.Sub(now) > longestWaiver:
			v.blocking = append(v.blocking, fmt.Sprintf("the waiver of %s lasts until %s; at most %d days are allowed",
				w.id, w.until.Format(time.DateOnly), int(longestWaiver.Hours()/24)))
		case !reachable:
			v.told = append(v.told, fmt.Sprintf("the waiver of %s is not needed: nothing of it is reachable", w.id))
		default:
			waived[w.id] = w
		}
	}
	for _, id := range slices.Sorted(maps.Keys(found.reachable)) {
		line := found.reachable[id].sentence(id)
		w, ok := waived[id]
		if ok {
			v.told = append(v.told, fmt.Sprintf("%s; waived until %s: %s", line, w.until.Format(time.DateOnly), w.reason))
			continue
		}
		v.blocking = append(v.blocking, line)
	}
	for _, id := range slices.Sorted(maps.Keys(found.dormant)) {
		v.told = append(v.told, fmt.Sprintf("%s in %s is not called: %s", id, found.dormant[id].module, found.dormant[id].summary))
	}
	return v
}

func (c call) sentence(id string) string {
	mended := "nothing mends it yet"
	if c.fixed != "" {
		mended = c.fixed + " mends it"
	}
	return fmt.Sprintf("%s in %s is reachable: %s calls %s; %s: %s", id, c.module, c.from, c.symbol, mended, c.summary)
}
