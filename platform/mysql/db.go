// Package mysql is how a service uses its schema: a strict UTC session, transactions that begin, commit, roll back and replay in one place
// (WithTx), errors by number, and numbered migrations. It runs on MySQL 8.0 and later and on MariaDB 10.11 and later.
//
// What DB and Tx return as errors is for the caller to pass on: a database that is away, too slow or locked by somebody else is a *fault.Error
// already. What a rule must react to is asked with IsDuplicate and the like; sql.ErrNoRows stays itself.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// How long a caller waits for its turn when all connections are in use. Then it is refused: whoever waits longer has missed its deadline.
const poolWait = 500 * time.Millisecond

// How often a read is begun in all, when the connection is lost before its first row.
const readAttempts = 3

// DB is a pool of connections to one schema. It is safe for concurrent use.
//
// Connections for transactions are apart from the others: they do not commit by themselves, so that a transaction begins with its first statement and
// not with a BEGIN that the server has to answer first.
type DB struct {
	single       *sql.DB // for statements that stand alone
	transactions *sql.DB
	slots        chan struct{} // one for each connection that may be in use; a pool itself would let callers wait without end
	mode         *mode
	metrics      *metrics
	spans        spans
	unexport     func()
}

// Ping connects, if no connection is open, and asks the server for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	err := db.takeSlot(ctx)
	if err != nil {
		return err
	}
	defer db.giveSlot()
	err = db.single.PingContext(ctx)
	return Translate(err)
}

// Query reads rows, which the caller must close. It is repeated when the connection is lost before the first row, so it must not write.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	for attempt := 1; ; attempt++ {
		err := db.takeSlot(ctx)
		if err != nil {
			return nil, err
		}
		rows, err := db.single.QueryContext(ctx, query, args...) //nolint:rowserrcheck // who reads them asks
		if err == nil {
			return &Rows{Rows: rows, done: db.giveSlot}, nil
		}
		db.giveSlot()
		if !isConnectionLoss(err) || attempt == readAttempts {
			return nil, Translate(err)
		}
	}
}

// QueryRow reads one row; its Scan, which must be called, tells sql.ErrNoRows if there is none. It is repeated like Query.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *Row {
	rows, err := db.Query(ctx, query, args...)
	return &Row{rows: rows, err: err}
}

// ExecAutocommit writes outside a transaction: the statement may still be carried out after its caller has gone. Only what a lease makes
// harmless, or a repeat, may be written so: the rows of the outbox after their commit. Everything else goes through WithTx.
func (db *DB) ExecAutocommit(ctx context.Context, query string, args ...any) (sql.Result, error) {
	err := db.mayWrite(ctx)
	if err == nil {
		err = db.takeSlot(ctx)
	}
	if err != nil {
		return nil, err
	}
	defer db.giveSlot()
	result, err := db.single.ExecContext(ctx, query, args...)
	return result, Translate(err)
}

// Close waits for the statements under way and closes the connections.
func (db *DB) Close() error {
	db.unexport()
	err := errors.Join(db.single.Close(), db.transactions.Close())
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// takeSlot waits at most poolWait for its turn.
func (db *DB) takeSlot(ctx context.Context) error {
	select {
	case db.slots <- struct{}{}:
		db.metrics.wait.Observe(0)
		return nil
	default: // all are in use
	}
	begin := time.Now()
	timer := time.NewTimer(poolWait)
	defer timer.Stop()
	select {
	case db.slots <- struct{}{}:
		db.metrics.wait.Observe(time.Since(begin).Seconds())
		return nil
	case <-timer.C:
		db.metrics.refused.Inc()
		return overloaded.With(fmt.Errorf("all %d database connections were in use for %v", cap(db.slots), poolWait))
	case <-ctx.Done():
		return fmt.Errorf("wait for a database connection: %w", ctx.Err())
	}
}

func (db *DB) giveSlot() { <-db.slots }

// lease is the use of one connection for transactions.
type lease struct {
	conn *sql.Conn
	db   *DB
}

// borrow takes a slot and a connection. Connecting, when no open connection is idle, has its own limit.
func (db *DB) borrow(ctx context.Context) (*lease, error) {
	err := db.takeSlot(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := db.transactions.Conn(ctx)
	if err != nil {
		db.giveSlot()
		return nil, Translate(err)
	}
	return &lease{conn: conn, db: db}, nil
}

// giveBack ends the lease. What still uses the connection, a COMMIT without an answer, is not waited for: whoever left it behind says so.
func (l *lease) giveBack(busy bool) {
	end := func() {
		_ = l.conn.Close() // waits for whoever uses the connection; the only error is that it is closed already
		l.db.giveSlot()
	}
	if busy {
		go end()
		return
	}
	end()
}
