package mysql

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"

	"go.opentelemetry.io/otel/trace"
)

// session is one connection. It sees every statement and every error that passes, whoever reads it: here statements are prepared once and
// counted, errors become faults without data in them, and a transaction that the server has given up is noticed even when its owner overlooks it.
// database/sql lets one goroutine at a time in.
type session struct {
	conn
	prepared *statements
	spans    spans
	mode     *mode
	reading  bool // a result is open

	mu      sync.Mutex
	broken  error // why the current transaction cannot be committed
	spoiled bool  // the connection's state is not known: it must not be used again
}

var errStillReading = errors.New("the rows of an earlier statement are still open on this connection: close them first")

// ExecContext runs a statement that has no rows, prepared.
func (s *session) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	span := s.spans.statement(ctx, query)
	result, err := s.exec(ctx, query, args)
	end(span, err)
	return result, err
}

func (s *session) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	statement, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := statement.ExecContext(ctx, args)
	return result, s.seen(err, query)
}

// QueryContext runs a statement that has rows, prepared. Its span lasts until they are read.
func (s *session) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	span := s.spans.statement(ctx, query)
	result, err := s.query(ctx, query, args)
	if err != nil {
		end(span, err)
		return nil, err
	}
	s.reading = true
	return &rows{Rows: result, session: s, query: query, span: span}, nil
}

func (s *session) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	statement, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := statement.QueryContext(ctx, args)
	if err != nil {
		return nil, s.seen(err, query)
	}
	return result, nil
}

func (s *session) statement(ctx context.Context, query string) (statement, error) {
	// After a deadlock the server has rolled back and left the transaction: what follows would be committed one by one.
	broken := s.brokenBy()
	if broken != nil {
		return nil, Translate(broken)
	}
	if s.reading {
		return nil, errStillReading
	}
	statement, err := s.prepared.get(ctx, query)
	return statement, s.seen(err, query)
}

// BeginTx begins a transaction, which the server learns by its first statement: the session does not commit by itself.
func (s *session) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	s.setBroken(nil)
	return &transaction{session: s}, nil
}

// ResetSession comes before each use from the pool.
func (s *session) ResetSession(ctx context.Context) error {
	s.setBroken(nil)
	return s.conn.ResetSession(ctx)
}

// IsValid tells the pool whether the connection can be used again.
func (s *session) IsValid() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.spoiled && s.conn.IsValid()
}

// seen takes the data out of an error, remembers what it means for the transaction, and says it to the caller as a fault. A locking read spends
// its time waiting for the lock, and on MySQL the limit for reads is reached before the one for locks: that is no slow statement.
func (s *session) seen(err error, query string) error {
	if err == nil {
		return nil
	}
	err = withoutData(err)
	if isStatementTime(err) && isLockingRead(query) {
		err = locked.With(err)
	}
	if isReadOnly(err) {
		// The next connection may find the new writer, when this one was to a demoted one.
		s.mode.refused()
		_ = s.spoil(err)
	}
	if endsTransaction(err) {
		s.setBroken(err)
	}
	return Translate(err)
}

func (s *session) setBroken(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
}

func (s *session) brokenBy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// spoil keeps a connection that failed to end its transaction out of the pool: the next one would begin with what is left of it.
func (s *session) spoil(err error) error {
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.spoiled = true
	}
	return err
}

// transaction is what the session has done since the last one.
type transaction struct{ session *session }

// Commit ends it.
func (t *transaction) Commit() error { return t.end("COMMIT") }

// Rollback ends it.
func (t *transaction) Rollback() error { return t.end("ROLLBACK") }

// end waits as long as the driver does, whatever the caller's context says: half an end would be none.
func (t *transaction) end(statement string) error {
	_, err := t.session.conn.ExecContext(context.Background(), statement, nil)
	return t.session.spoil(err)
}

// rows is the driver's result, watched: a lock that could not be had shows only when the first row is read.
type rows struct {
	driver.Rows
	session *session
	query   string
	span    trace.Span
	failed  error // the first error of Next
}

func (r *rows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	err = r.session.seen(err, r.query)
	if r.failed == nil {
		r.failed = err
	}
	return err
}

// Close is called after the last row, and after the first error, at the latest by database/sql.
func (r *rows) Close() error {
	r.session.reading = false
	err := r.session.seen(r.Rows.Close(), r.query)
	end(r.span, cmp.Or(r.failed, err))
	return err
}

// endsTransaction tells whether nothing can come of a transaction after err: the server has rolled it back, or it is gone, or it took so long that
// nobody waits for its answer any more.
func endsTransaction(err error) bool {
	return IsDeadlock(err) || IsLockWait(err) || isStatementTime(err) || isConnectionLoss(err) || isReadOnly(err)
}
