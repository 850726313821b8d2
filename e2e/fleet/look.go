package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/queue"
)

// Look is into what the fleet keeps: the schemas as their services see them, and
// the queues.
type Look struct {
	f     *Fleet
	rows  map[string]*mysql.DB // by service
	queue *queue.Queue
	dead  *queue.Queue
}

// Look opens what is looked at, until Close.
func (f *Fleet) Look(ctx context.Context) (*Look, error) {
	l := &Look{f: f, rows: map[string]*mysql.DB{}}
	err := l.open(ctx)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Look) open(ctx context.Context) error {
	for _, service := range Kept {
		set := env.New(env.Map(l.f.Stack.Settings(service)))
		cfg := mysql.Settings(set, strings.ToUpper(service), replicas)
		err := set.Err()
		if err != nil {
			return err
		}
		l.rows[service], err = mysql.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			return err
		}
	}
	events := l.f.Stack.Settings("audit")["AUDIT_QUEUE_URL"]
	var err error
	l.queue, err = queue.Open(ctx, queue.Config{URL: events, Endpoint: l.f.Stack.Queue.Endpoint()}, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	l.dead, err = queue.Open(ctx, queue.Config{URL: events + "-dead", Endpoint: l.f.Stack.Queue.Endpoint()}, prometheus.NewRegistry())
	return err
}

// Close ends the look.
func (l *Look) Close() error {
	var errs []error
	for _, db := range l.rows {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// Rows is a service's schema.
func (l *Look) Rows(service string) *mysql.DB { return l.rows[service] }

// Settle waits until no event is under way any more, and tells how many still are
// when limit is over.
func (l *Look) Settle(ctx context.Context, limit time.Duration) (left int, err error) {
	over := time.After(limit)
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	for {
		left, err = l.underWay(ctx)
		if err == nil && left == 0 {
			return 0, nil
		}
		select {
		case <-over:
			return left, err
		case <-ctx.Done():
			return left, errors.Join(err, ctx.Err())
		case <-poll.C:
		}
	}
}

// underWay counts unsent events and messages.
func (l *Look) underWay(ctx context.Context) (left int, err error) {
	for _, service := range []string{"auth", "notes"} {
		var n int
		err = l.rows[service].QueryRow(ctx, "SELECT COUNT(*) FROM outbox WHERE status <> 1").Scan(&n)
		if err != nil {
			return 0, err
		}
		left += n
	}
	waiting, err := l.queue.Attributes(ctx)
	return left + waiting.Visible + waiting.InFlight + waiting.Delayed, err
}

// Stray counts what went where only poison may go.
func (l *Look) Stray(ctx context.Context) (int, error) {
	var quarantined int
	err := l.rows["audit"].QueryRow(ctx, "SELECT COUNT(*) FROM quarantine").Scan(&quarantined)
	if err != nil {
		return 0, fmt.Errorf("count the quarantine: %w", err)
	}
	dead, err := l.dead.Attributes(ctx)
	return quarantined + dead.Visible + dead.InFlight, err
}

// VerifyChains has the operator's own command check every chain, and gives what
// it found: "" when all are intact.
func (l *Look) VerifyChains(ctx context.Context) (finding string, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(l.f.o.Binaries, "audit"), "verify") //nolint:gosec // we built it
	for key, value := range l.f.Stack.Settings("audit") {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &exit) && exit.ExitCode() == 1 && len(out) > 0:
		return strings.TrimSpace(string(out)), nil
	case errors.As(err, &exit):
		return "", fmt.Errorf("audit verify: %w\n%s", err, exit.Stderr)
	default:
		return "", fmt.Errorf("audit verify: %w", err)
	}
}
