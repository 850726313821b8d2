// Package emf writes the few metrics that alarms on AWS need into the log, a line a minute, in CloudWatch's embedded metric format: CloudWatch makes
// metrics of such lines by itself, and nobody has to scrape a task that it cannot reach. Prometheus has all metrics; see /metrics.
//
//	rt.Serve(emf.New(rt, cfg.EMF).Component())
package emf

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// every is CloudWatch's own least period for metrics of this kind that cost nothing more.
const every = time.Minute

// Config says where the metrics belong.
type Config struct {
	Namespace string // CloudWatch's, "" writes nothing
}

// Settings reads PREFIX_EMF_NAMESPACE.
func Settings(s *env.Set, prefix string) Config {
	return Config{Namespace: s.String(prefix+"_EMF_NAMESPACE", "",
		"CloudWatch namespace, such as Notejam/prod, of the metrics that are written into the log once a minute, at level info. Empty: none are.", namespace)}
}

var namespaces = regexp.MustCompile(`^[0-9A-Za-z._/#:-]{1,255}$`)

func namespace(value string) error {
	if !namespaces.MatchString(value) {
		return fmt.Errorf("must be 1 to 255 letters, digits and . _ / # : -")
	}
	return nil
}

// Writer writes the lines of one service.
type Writer struct {
	namespace string
	every     time.Duration
	metrics   prometheus.Gatherer
	log       *slog.Logger
	now       func() time.Time
	before    map[string]float64 // sums of the line before, of those that only grow
	stopping  chan struct{}
	stop      func() // closes stopping, once
	done      chan struct{}
}

// New makes a writer of the service's metrics; its component makes it write.
func New(rt *service.Runtime, cfg Config) *Writer {
	return newWriter(cfg.Namespace, every, rt.Metrics, rt.Log)
}

func newWriter(namespace string, every time.Duration, metrics prometheus.Gatherer, log *slog.Logger) *Writer {
	w := &Writer{
		namespace: namespace, every: every, metrics: metrics, log: log, now: time.Now, before: map[string]float64{},
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
	w.stop = sync.OnceFunc(func() { close(w.stopping) })
	return w
}

// Component lets the service run the writer. Registered before what it counts, it is stopped after it, and its last line has all.
func (w *Writer) Component() service.Component {
	return service.Component{Name: "emf", Run: w.run, Stop: func(ctx context.Context) error {
		w.stop()
		select {
		case <-w.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

func (w *Writer) run(ctx context.Context) error {
	defer close(w.done)
	if w.namespace == "" {
		return nil
	}
	ticker := time.NewTicker(w.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			w.write(ctx)
		case <-w.stopping:
			w.write(ctx)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// directive tells CloudWatch what of the line is a metric. The dimension is an attribute of every line.
type directive struct {
	Timestamp int64          `json:"Timestamp"` // milliseconds
	Metrics   []metricsEntry `json:"CloudWatchMetrics"`
}

type metricsEntry struct {
	Namespace  string       `json:"Namespace"`
	Dimensions [][]string   `json:"Dimensions"`
	Metrics    []definition `json:"Metrics"`
}

type definition struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// write writes one line with what the service has of the list.
func (w *Writer) write(ctx context.Context) {
	gathered, err := w.metrics.Gather()
	if err != nil {
		w.log.Warn("metrics are not complete", "error", err) // what there is is written
	}
	families := map[string]*dto.MetricFamily{}
	for _, family := range gathered {
		families[family.GetName()] = family
	}
	entry := metricsEntry{Namespace: w.namespace, Dimensions: [][]string{{"service"}}}
	var values []slog.Attr
	for _, m := range list {
		value, there := m.sum(families)
		if !there {
			continue
		}
		if m.grows {
			value, w.before[m.name] = value-w.before[m.name], value
		}
		entry.Metrics = append(entry.Metrics, definition{m.name, m.unit})
		values = append(values, slog.Float64(m.name, value))
	}
	told := slog.Any("_aws", directive{w.now().UnixMilli(), []metricsEntry{entry}}) //nolint:sloglint // CloudWatch's name
	w.log.LogAttrs(ctx, slog.LevelInfo, "metrics", append([]slog.Attr{told}, values...)...)
}
