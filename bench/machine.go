package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine is where a run took place.
type machine struct {
	when     time.Time
	cores    int
	cpu      string
	database string
}

func describeMachine(ctx context.Context, r *rig) (machine, error) {
	m := machine{when: time.Now().UTC(), cores: runtime.NumCPU(), cpu: "CPU of unknown make"}
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return machine{}, fmt.Errorf("ask what CPU this is (the bench needs Linux): %w", err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) == "model name" {
			m.cpu = strings.TrimSpace(value)
			break
		}
	}
	err = r.rows.notes.QueryRow(ctx, "SELECT VERSION()").Scan(&m.database)
	if err != nil {
		return machine{}, fmt.Errorf("ask the database its version: %w", err)
	}
	return m, nil
}

func (m machine) sentence() string {
	return fmt.Sprintf("Measured on %s with %d cores (%s), %s, database %s; everything on this one machine.",
		m.when.Format("2 January 2006"), m.cores, m.cpu, runtime.Version(), m.database)
}
