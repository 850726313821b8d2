package auth

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// mailWatch is how often the table of mails is measured: more often than a scraper looks.
const mailWatch = 10 * time.Second

// mailMetrics say whether mails get out.
type mailMetrics struct {
	oldest prometheus.Gauge
	mails  *prometheus.CounterVec
}

func newMailMetrics(registry prometheus.Registerer) *mailMetrics {
	m := &mailMetrics{
		oldest: promauto.With(registry).NewGauge(prometheus.GaugeOpts{
			Name: "auth_mail_oldest_unsent_seconds",
			Help: "Age of the oldest mail that is neither sent nor given up; 0 when there is none. Measured every 10 s.",
		}),
		mails: promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
			Name: "auth_mails_total",
			Help: "Attempts to send a mail by result: sent; failed (tried again); given_up (refused for good, or failed too often).",
		}, []string{"result"}),
	}
	for _, result := range []string{"sent", "failed", "given_up"} {
		m.mails.WithLabelValues(result) // so that it is there, at 0, before the first one
	}
	return m
}

// Status is the mailer's line on /statusz.
func (m *Mailer) Status(ctx context.Context) any {
	type status struct {
		OldestUnsent string `json:"oldest_unsent,omitempty"`
		Error        string `json:"error,omitempty"`
	}
	oldest, err := m.cfg.Store.OldestMail(ctx)
	switch {
	case err != nil:
		return status{Error: err.Error()}
	case oldest > 0:
		return status{OldestUnsent: oldest.Round(time.Millisecond).String()}
	}
	return status{}
}

// watch keeps the gauge true until ctx ends. While the database is away it keeps its last value.
func (m *Mailer) watch(ctx context.Context) {
	ticker := time.NewTicker(mailWatch)
	defer ticker.Stop()
	for {
		oldest, err := m.cfg.Store.OldestMail(ctx)
		if err == nil {
			m.metrics.oldest.Set(oldest.Seconds())
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
