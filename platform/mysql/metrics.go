package mysql

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics count what all pools of one registry do together.
type metrics struct {
	statements   *prometheus.CounterVec // pool, and kind: select, insert, update, delete, other
	transactions *prometheus.CounterVec // result: committed, rolled_back, unknown
	replays      *prometheus.CounterVec // cause: deadlock, connection
	wait         prometheus.Histogram   // seconds
	refused      prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, pool string) (*metrics, error) {
	m := &metrics{
		statements: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mysql_statements_total",
			Help: "Statements sent to the database, by pool and kind; COMMIT and ROLLBACK are not among them.",
		}, []string{"kind", "pool"}),
		transactions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mysql_transactions_total",
			Help: "Transactions begun, each replay anew, by how they ended. Unknown: the connection was lost during COMMIT.",
		}, []string{"result"}),
		replays: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mysql_transaction_replays_total",
			Help: "Transactions that were begun again after a deadlock or the loss of the connection before COMMIT.",
		}, []string{"cause"}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "mysql_pool_wait_seconds",
			Help:    "Time that callers waited for their turn to use a connection.",
			Buckets: []float64{0.001, 0.005, 0.025, 0.1, 0.25, poolWait.Seconds()},
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mysql_pool_refused_total",
			Help: "Callers who got no connection in time because others used all of them.",
		}),
	}
	err := errors.Join(
		share(registry, &m.statements),
		share(registry, &m.transactions),
		share(registry, &m.replays),
		share(registry, &m.wait),
		share(registry, &m.refused),
	)
	for _, result := range []string{committed, rolledBack, unknown} {
		m.transactions.WithLabelValues(result) // so that it is there, at 0, before the first one
	}
	for _, cause := range []string{"deadlock", "connection"} {
		m.replays.WithLabelValues(cause)
	}
	m.statements = m.statements.MustCurryWith(prometheus.Labels{"pool": pool})
	return m, err
}

// share registers a collector, or takes the one that another pool registered before.
func share[C prometheus.Collector](registry prometheus.Registerer, collector *C) error {
	err := registry.Register(*collector)
	var taken prometheus.AlreadyRegisteredError
	if errors.As(err, &taken) {
		existing, ok := taken.ExistingCollector.(C)
		if ok {
			*collector = existing
			return nil
		}
	}
	return err
}

// exportPools registers the pools' own gauges, go_sql_…, until Close.
func (db *DB) exportPools(registry prometheus.Registerer, name string) error {
	single := collectors.NewDBStatsCollector(db.single, name)
	transactions := collectors.NewDBStatsCollector(db.transactions, name+"_transactions")
	err := errors.Join(registry.Register(single), registry.Register(transactions))
	if err != nil {
		return fmt.Errorf("register the metrics of pool %q: %w", name, err)
	}
	db.unexport = func() {
		registry.Unregister(single)
		registry.Unregister(transactions)
	}
	return nil
}
