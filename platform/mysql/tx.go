package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
)

// The limits of a transaction.
const (
	txTimeout = 3 * time.Second // with all its replays
	// A COMMIT that is begun with less time than this left would be answered to nobody.
	commitReserve = 100 * time.Millisecond

	replayLimit    = 3 // after the first attempt
	replayPauseMin = 5 * time.Millisecond
	replayPauseMax = 50 * time.Millisecond
)

// How a transaction ended, in the metric.
const (
	committed  = "committed"
	rolledBack = "rolled_back"
	unknown    = "unknown"
)

// Tx is a transaction under way. It is valid only inside the function that WithTx calls.
type Tx struct {
	tx        *sql.Tx
	committed []func()
}

// OnCommit has fn called once the transaction is committed, before WithTx returns. It is not called for a run that is rolled back or replayed, nor
// when the outcome of the COMMIT is unknown. fn must not block.
func (tx *Tx) OnCommit(fn func()) { tx.committed = append(tx.committed, fn) }

// Exec writes. The Result's RowsAffected counts the rows found, changed or not.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.tx.ExecContext(ctx, query, args...)
}

// Query reads rows, which the caller must close before the next statement.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	rows, err := tx.tx.QueryContext(ctx, query, args...) //nolint:rowserrcheck // who reads them asks
	if err != nil {
		return nil, err
	}
	return &Rows{Rows: rows}, nil
}

// QueryRow reads one row; its Scan, which must be called, tells sql.ErrNoRows if there is none.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	rows, err := tx.Query(ctx, query, args...)
	return &Row{rows: rows, err: err}
}

// WithTx runs fn in a transaction and commits it when fn returns nil. Nobody else begins, commits, rolls back or retries.
//
// fn runs again, up to three times, when the server chose the transaction as the victim of a deadlock or when the connection was lost before
// COMMIT: it must keep no state from an earlier run and do nothing but statements. It has 3 s in all, or less if ctx ends sooner; no COMMIT is
// begun with less than 100 ms left.
//
// The error is fn's own if that is a fault. Otherwise it is translated (see Translate) with fn's error in its chain. fault.ReasonOutcomeUnknown
// says that the connection was lost during COMMIT: the writes may or may not have happened, and only a key that they carry can tell.
func (db *DB) WithTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, txTimeout)
	defer cancel()
	err := db.mayWrite(ctx)
	if err != nil {
		return err
	}
	for replays := 0; ; replays++ {
		err = db.tracedAttempt(ctx, fn)
		var again *replayable
		if !errors.As(err, &again) {
			return err
		}
		if replays == replayLimit || !pause(ctx) {
			return again.err
		}
		db.metrics.replays.WithLabelValues(again.cause).Inc()
	}
}

// replayable is the end of an attempt after which another one may succeed. It does not leave WithTx.
type replayable struct {
	cause string // in the metric
	err   error  // what to tell when there is no other attempt
}

func (r *replayable) Error() string { return r.err.Error() }

// pause lets the others of a deadlock finish. It tells whether there is time for another attempt.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(replayPauseMin + rand.N(replayPauseMax-replayPauseMin)) //nolint:gosec // a jitter is no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tracedAttempt is an attempt with a span, under which are its statements.
func (db *DB) tracedAttempt(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	ctx, span := db.spans.begin(ctx, "transaction")
	err := db.attempt(ctx, fn)
	told := err
	var again *replayable
	if errors.As(err, &again) {
		told = again.err
	}
	end(span, told)
	return err
}

// attempt runs fn once, and then COMMIT or ROLLBACK. There is no BEGIN: see DB.
func (db *DB) attempt(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	l, err := db.borrow(ctx)
	if err != nil {
		return err
	}
	result := rolledBack
	// The server may still be at a COMMIT or ROLLBACK that nobody waits for any more.
	defer func() { l.giveBack(result == unknown || ctx.Err() != nil) }()
	session, err := l.session()
	if err != nil {
		return err
	}
	tx, err := l.conn.BeginTx(ctx, nil)
	if err != nil {
		return judge(ctx, fmt.Errorf("begin: %w", err), err)
	}
	defer func() {
		// Also when fn panics or ends its goroutine.
		if result == rolledBack {
			_ = tx.Rollback() // if it fails the session leaves the pool, and the server rolls back when the connection ends
		}
		db.metrics.transactions.WithLabelValues(result).Inc()
	}()
	running := &Tx{tx: tx}
	err = fn(ctx, running)
	broken := session.brokenBy()
	if err != nil || broken != nil || ctx.Err() != nil {
		return judge(ctx, err, broken)
	}
	deadline, ok := ctx.Deadline()
	if ok && time.Until(deadline) < commitReserve {
		return tooSlow.With(fmt.Errorf("COMMIT was not begun: less than %v left", commitReserve))
	}
	_, span := db.spans.begin(ctx, "COMMIT")
	result, err = commit(ctx, tx)
	end(span, err)
	if err != nil {
		return err
	}
	for _, tell := range running.committed {
		tell()
	}
	return nil
}

// judge decides what becomes of an attempt that did not reach COMMIT: err is what fn returned, broken why the session could not go on. A fault of
// fn's is left as it is.
func judge(ctx context.Context, err, broken error) error {
	told := err
	if told == nil {
		told = broken
	}
	_, isFault := fault.As(told)
	switch {
	case ctx.Err() != nil && told == nil:
		return fmt.Errorf("COMMIT was not begun: %w", ctx.Err())
	case ctx.Err() != nil && !isFault:
		// Once the context has ended, statements fail in many ways. This is the reason behind them.
		return fmt.Errorf("%w: %w", ctx.Err(), told)
	case ctx.Err() != nil:
		return told
	case IsDeadlock(broken):
		return &replayable{cause: "deadlock", err: Translate(told)}
	case isConnectionLoss(broken), isReadOnly(broken):
		return &replayable{cause: "connection", err: Translate(told)}
	default:
		return Translate(told)
	}
}

// commit begins the COMMIT and tells how it ended. It does not wait longer than ctx: the COMMIT of a server that went silent ends by the read
// timeout, later and unheard.
func commit(ctx context.Context, tx *sql.Tx) (result string, err error) {
	answer := make(chan error, 1)
	go func() { answer <- tx.Commit() }()
	select {
	case err = <-answer:
	case <-ctx.Done():
		return unknown, outcomeUnknown.With(fmt.Errorf("COMMIT was not answered: %w", ctx.Err()))
	}
	switch {
	case err == nil:
		return committed, nil
	case errors.Is(err, sql.ErrTxDone), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return rolledBack, fmt.Errorf("COMMIT was not begun: %w", errors.Join(ctx.Err(), err))
	case errors.Is(err, driver.ErrBadConn):
		// The driver's word that it sent nothing.
		return rolledBack, &replayable{cause: "connection", err: Translate(fmt.Errorf("commit: %w", err))}
	case isReadOnly(err):
		return rolledBack, &replayable{cause: "connection", err: Translate(fmt.Errorf("commit: %w", err))}
	case IsDeadlock(err):
		return rolledBack, &replayable{cause: "deadlock", err: Translate(fmt.Errorf("commit: %w", err))}
	case number(err) != 0 && !isConnectionLoss(err) && number(err) != errCommitFailed && number(err) != errInterrupted:
		return rolledBack, Translate(fmt.Errorf("commit: %w", err))
	default:
		return unknown, outcomeUnknown.With(fmt.Errorf("commit: %w", err))
	}
}

// session gives the connection's own view of what happens on it.
func (l *lease) session() (*session, error) {
	var found *session
	err := l.conn.Raw(func(driverConn any) error {
		s, ok := driverConn.(*session)
		if !ok {
			return fmt.Errorf("a %T is no session", driverConn)
		}
		found = s
		return nil
	})
	if err != nil {
		return nil, Translate(err)
	}
	return found, nil
}
