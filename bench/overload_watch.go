package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
)

// checkRate is how many sessions a second are checked while the rest is too much.
const checkRate = 20

// checker asks auth who somebody is, as web does when it does not know.
type checker struct {
	auth    authinternalpb.IdentityServiceClient
	session string
	close   func()
}

func (r *rig) sessionChecker() (*checker, error) {
	settings := r.stack.Settings("web")
	set := env.New(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	})
	files, target := rpc.TLSSettings(set, "WEB"), set.Required("WEB_AUTH_TARGET", "gRPC target of auth.")
	err := set.Err()
	if err != nil {
		return nil, fmt.Errorf("read where auth is: %w", err)
	}
	tls, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("load web's certificate: %w", err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: target, Server: "auth", TLS: tls, Calls: rpc.NewClientMetrics(prometheus.NewRegistry()),
		Timeout: rpc.Timeout{Default: time.Second},
	})
	if err != nil {
		return nil, fmt.Errorf("connect to auth: %w", err)
	}
	return &checker{authinternalpb.NewIdentityServiceClient(conn), r.reader.session, func() { _ = conn.Close() }}, nil
}

// run checks until ctx ends, and gives how long each check took, sorted.
func (c *checker) run(ctx context.Context) ([]time.Duration, error) {
	ticker := time.NewTicker(time.Second / checkRate)
	defer ticker.Stop()
	var took []time.Duration
	for {
		select {
		case <-ctx.Done():
			slices.Sort(took)
			return took, nil
		case due := <-ticker.C:
			_, err := c.auth.ExchangeSession(context.WithoutCancel(ctx), &authinternalpb.ExchangeSessionRequest{
				SessionToken: c.session, Audiences: []string{"notes"},
			})
			if err != nil {
				return nil, fmt.Errorf("check a session: %w", err)
			}
			took = append(took, time.Since(due))
		}
	}
}

// memories are how much memory each process has, in bytes: when it begins, after
// a third of the time, and at the end.
type memories [3]map[string]int64

// watchMemory looks three times. ctx ends when the time is over.
func watchMemory(ctx context.Context, pids map[string]int, d time.Duration) (memories, error) {
	var found memories
	var err error
	found[0], err = residentOf(pids)
	if err != nil {
		return found, err
	}
	third := time.NewTimer(d / 3)
	defer third.Stop()
	select {
	case <-third.C:
	case <-ctx.Done():
		return found, nil
	}
	found[1], err = residentOf(pids)
	if err != nil {
		return found, err
	}
	<-ctx.Done()
	found[2], err = residentOf(pids)
	return found, err
}

// residentOf reads VmRSS of /proc/<pid>/status (proc(5)).
func residentOf(pids map[string]int) (map[string]int64, error) {
	found := map[string]int64{}
	for name, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return nil, fmt.Errorf("read the memory of %s: %w", name, err)
		}
		_, rest, _ := strings.Cut(string(text), "\nVmRSS:")
		line, _, _ := strings.Cut(rest, "\n")
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the memory of %s: %w", name, err)
		}
		found[name] = kib << 10
	}
	return found, nil
}
