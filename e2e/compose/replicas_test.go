//go:build compose

package compose_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// removeAReplica stops one of two of notes and of auth while signed-in people read and write, and then adds one.
func removeAReplica(t *testing.T, p *project) {
	t.Helper()
	crowd := startReading(t, p.url(), 4)
	for _, service := range []string{"auth", "notes"} {
		both := p.containers(t, service)
		if len(both) != 2 {
			t.Fatalf("%s has %d containers, want 2", service, len(both))
		}
		eventually(t, "both replicas of "+service+" are called", balanceLimit, func() error {
			for _, container := range both {
				served := calls(t, container)
				if served == 0 {
					return fmt.Errorf("%.12s of %s has served nothing", container, service)
				}
			}
			return nil
		})
		t.Logf("%s: %.0f and %.0f calls served", service, calls(t, both[0]), calls(t, both[1]))
		began := time.Now()
		docker(t, "stop", both[0])
		t.Logf("one %s drained and stopped in %.1f s", service, time.Since(began).Seconds())
	}
	p.do(t, "up", "--detach", "--wait", "--no-recreate", "--scale", "auth=2", "--scale", "notes=2", "--scale", "audit=2")
	took := eventually(t, "a notes that is added is called", balanceLimit, func() error {
		for _, container := range p.containers(t, "notes") {
			if calls(t, container) == 0 {
				return fmt.Errorf("%.12s has served nothing", container)
			}
		}
		return nil
	})
	t.Logf("a notes that was added is called after %.1f s", took.Seconds())
	done, failed := crowd.end()
	t.Logf("%d signed-in requests meanwhile, %d failed", done, len(failed))
	if len(failed) > 0 {
		t.Errorf("the first: %v", failed[0])
	}
	if done < 100 {
		t.Errorf("only %d requests: that shows little", done)
	}
}

var handled = regexp.MustCompile(`(?m)^rpc_server_seconds_count\{[^}]*method="/notejam[^}]*\} ([0-9.e+]+)$`)

// calls gives how many calls a container has served, by its own metrics.
func calls(t *testing.T, container string) float64 {
	t.Helper()
	total := 0.0
	for _, match := range handled.FindAllStringSubmatch(get(t, "http://"+inspect(t, container).address()+":9100/metrics"), -1) {
		count, err := strconv.ParseFloat(match[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		total += count
	}
	return total
}

// crowd are signed-in people who read and write, and do not try twice.
type crowd struct {
	stop chan struct{}
	work sync.WaitGroup
	done atomic.Int64

	mu     sync.Mutex
	failed []error
}

func startReading(t *testing.T, base string, count int) *crowd {
	t.Helper()
	c := &crowd{stop: make(chan struct{})}
	for range count {
		p := signedUp(t, base)
		c.work.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-c.stop:
					return
				case <-time.After(between):
				}
				var err error
				if i%4 == 0 {
					_, err = p.createNote(t.Context(), "", "Beside a replica that leaves")
				} else {
					_, err = p.call(t.Context(), http.MethodGet, "/v1/notes", nil)
				}
				c.done.Add(1)
				if err != nil {
					c.mu.Lock()
					c.failed = append(c.failed, err)
					c.mu.Unlock()
				}
			}
		})
	}
	return c
}

func (c *crowd) end() (done int64, failed []error) {
	close(c.stop)
	c.work.Wait()
	return c.done.Load(), c.failed
}
