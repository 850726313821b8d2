// Package mysql is how a service uses its schema: a strict UTC session, transactions that begin, commit, roll back and replay in one place
// (WithTx), errors by number, and numbered migrations. It runs on MySQL 8.0 and later and on MariaDB 10.11 and later.
//
// What DB and Tx return as errors is for the caller to pass on: a database that is away, too slow or locked by somebody else is a *fault.Error
// already. What a rule must react to is asked with IsDuplicate and the like; sql.ErrNoRows stays itself.
package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// How long a caller waits for its turn when all connections are in use. Then it is refused: whoever waits longer has missed its deadline.
const poolWait = 500 * time.Millisecond

// How often a read is begun in all, when the connection is lost before its first row.
const readAttempts = 3

// DB is a pool of connections to one schema. It is safe for concurrent use.
type DB struct {
	pool     *sql.DB
	slots    chan struct{} // one for each connection that may be in use; the pool itself would let callers wait without end
	metrics  *metrics
	unexport func()
}

// Ping connects, if no connection is open, and asks the server for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	l, err := db.borrow(ctx)
	if err != nil {
		return err
	}
	defer l.giveBack()
	err = l.conn.PingContext(ctx)
	return Translate(err)
}

// Query reads rows, which the caller must close. It is repeated when the connection is lost before the first row, so it must not write.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	for attempt := 1; ; attempt++ {
		l, err := db.borrow(ctx)
		if err != nil {
			return nil, err
		}
		rows, err := l.conn.QueryContext(ctx, query, args...)
		l.giveBack()
		if isConnectionLoss(err) && attempt < readAttempts {
			continue
		}
		return rows, err
	}
}

// QueryRow reads one row; Scan tells sql.ErrNoRows if there is none. It is repeated like Query.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	for attempt := 1; ; attempt++ {
		l, err := db.borrow(ctx)
		if err != nil {
			return db.pool.QueryRowContext(failed{Context: ctx, err: err}, query) //nolint:contextcheck // it is ctx, ended
		}
		row := l.conn.QueryRowContext(ctx, query, args...)
		l.giveBack()
		if isConnectionLoss(row.Err()) && attempt < readAttempts {
			continue
		}
		return row
	}
}

// ExecAutocommit writes outside a transaction: the statement may still be carried out after its caller has gone. Only what a lease makes
// harmless may be written so, which is the outbox relay's claim and mark; everything else goes through WithTx.
func (db *DB) ExecAutocommit(ctx context.Context, query string, args ...any) (sql.Result, error) {
	l, err := db.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer l.giveBack()
	return l.conn.ExecContext(ctx, query, args...)
}

// Close waits for the statements under way and closes the connections.
func (db *DB) Close() error {
	db.unexport()
	err := db.pool.Close()
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// lease is the use of one connection.
type lease struct {
	conn *sql.Conn
	db   *DB
}

// borrow waits at most poolWait for its turn. Connecting, when no open connection is idle, has its own limit.
func (db *DB) borrow(ctx context.Context) (*lease, error) {
	begin := time.Now()
	timer := time.NewTimer(poolWait)
	defer timer.Stop()
	select {
	case db.slots <- struct{}{}:
	case <-timer.C:
		db.metrics.refused.Inc()
		return nil, overloaded.With(fmt.Errorf("all %d database connections were in use for %v", cap(db.slots), poolWait))
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a database connection: %w", ctx.Err())
	}
	db.metrics.wait.Observe(time.Since(begin).Seconds())
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		<-db.slots
		return nil, Translate(err)
	}
	return &lease{conn: conn, db: db}, nil
}

// giveBack ends the lease as soon as nothing uses the connection any more: rows that are still read, a COMMIT without an answer. It does not
// wait for that.
func (l *lease) giveBack() {
	go func() {
		_ = l.conn.Close() // blocks until the rows are closed; the only error is that it is closed already
		<-l.db.slots
	}()
}

// failed is a context that has ended with an error of ours: the only way to give a *sql.Row an error.
type failed struct {
	context.Context
	err error
}

func (f failed) Err() error            { return f.err }
func (f failed) Done() <-chan struct{} { return closed }

var closed = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
