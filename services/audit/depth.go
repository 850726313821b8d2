package audit

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/queue"
)

// openDepth makes what counts the messages of the queue, and those of its dead-letter queue where the settings name it.
func openDepth(ctx context.Context, cfg config, events *queue.Queue, metrics prometheus.Registerer) (*queue.Depth, error) {
	if cfg.deadLetters == "" {
		return queue.NewDepth(metrics, events)
	}
	settings := cfg.Queue
	settings.URL = cfg.deadLetters
	dead, err := queue.Open(ctx, settings, metrics)
	if err != nil {
		return nil, err
	}
	return queue.NewDepth(metrics, events, dead)
}
