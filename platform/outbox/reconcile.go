package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
)

// A queue that has accepted an event can still lose it: it is purged by mistake,
// or keeps it longer than it may. So a row stays until its reader says that it
// has the event, and is sent again when the reader has not got it in good time.

// askRows is how many events one question names.
const askRows = 500

// ReconcilerConfig is what a reconciler needs.
type ReconcilerConfig struct {
	DB *mysql.DB
	// Missing asks the reader which of up to 500 events it does not have.
	Missing func(ctx context.Context, ids []string) ([]string, error)
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Timing  Timing
}

// Reconciler asks the reader of events for those that were sent, deletes what it
// has and lets the relay send again what it has not. Any number may work on one
// table: asking twice, deleting twice and sending twice harm nobody.
type Reconciler struct {
	rows    rows
	missing func(ctx context.Context, ids []string) ([]string, error)
	timing  Timing
	log     *slog.Logger
	settled *prometheus.CounterVec
	oldest  prometheus.Gauge
	failing bool
}

// NewReconciler makes a reconciler.
func NewReconciler(cfg ReconcilerConfig) *Reconciler {
	r := &Reconciler{
		rows:    rows{db: cfg.DB},
		missing: cfg.Missing,
		timing:  cfg.Timing.complete(),
		log:     cfg.Log.With("component", "outbox reconciler"),
		settled: promauto.With(cfg.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "outbox_reconciled_total",
			Help: "Sent events by what their reader said: confirmed (deleted here), resent (it did not have them in good time).",
		}, []string{"result"}),
		oldest: promauto.With(cfg.Metrics).NewGauge(prometheus.GaugeOpts{
			Name: "outbox_oldest_unconfirmed_seconds",
			Help: "Age of the oldest event that was sent and that its reader has not confirmed; 0 when there is none.",
		}),
	}
	for _, result := range []string{"confirmed", "resent"} {
		r.settled.WithLabelValues(result) // so that it is there, at 0, before the first one
	}
	return r
}

// Component lets a service run the reconciler. It needs no time to stop.
func (r *Reconciler) Component() service.Component {
	return service.Component{Name: "outbox reconciler", Run: r.run}
}

// every is how often the table is searched.
func (r *Reconciler) every() time.Duration { return r.timing.ConfirmAfter / 4 }

func (r *Reconciler) run(ctx context.Context) error {
	for {
		pause(ctx, jittered(r.every()))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.rows.db.ReadOnly(ctx) {
			continue
		}
		err := r.Reconcile(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !r.failing:
			r.log.Warn("events are not confirmed", "error", err)
		case err == nil && r.failing:
			r.log.Info("events are confirmed again")
		}
		r.failing = err != nil
	}
}

// Reconcile settles all that is due.
func (r *Reconciler) Reconcile(ctx context.Context) error {
	for {
		due, err := r.rows.unconfirmed(ctx)
		if err == nil && len(due) > 0 {
			err = r.settle(ctx, due)
		}
		if err != nil || len(due) < askRows {
			return errors.Join(err, r.measure(ctx))
		}
	}
}

func (r *Reconciler) settle(ctx context.Context, due []string) error {
	missing, err := r.missing(ctx, due)
	if err != nil {
		return fmt.Errorf("ask for events: %w", err)
	}
	have := slices.DeleteFunc(due, func(id string) bool { return slices.Contains(missing, id) })
	confirmed, err := r.rows.remove(ctx, have)
	r.settled.WithLabelValues("confirmed").Add(float64(confirmed))
	if err != nil {
		return err
	}
	resent, err := r.rows.resend(ctx, missing, r.timing)
	r.settled.WithLabelValues("resent").Add(float64(resent))
	if resent > 0 {
		r.log.Warn("events did not arrive and are sent again", "count", resent)
	}
	return err
}

func (r *Reconciler) measure(ctx context.Context) error {
	oldest, err := r.rows.oldest(ctx, statusSent)
	if err != nil {
		return err
	}
	r.oldest.Set(oldest.Seconds())
	return nil
}
