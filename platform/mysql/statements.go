package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// The most statements that one connection keeps prepared. A service has ten to thirty; the rest is for lists of varying length in IN (…). The
// server's own limit, over all connections, is 16382 (max_prepared_stmt_count).
const preparedLimit = 64

// statement is what the driver's prepared statement can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// statements are those of one connection, by SQL text, the least recently used leaving first. They end with their connection.
type statements struct {
	conn    driver.ConnPrepareContext
	metrics *metrics
	byKey   map[string]*preparedStatement
	uses    uint64 // a clock that ticks with each use
}

type preparedStatement struct {
	statement
	counter prometheus.Counter // of its kind
	lastUse uint64
}

func newStatements(conn driver.ConnPrepareContext, metrics *metrics) *statements {
	return &statements{conn: conn, metrics: metrics, byKey: make(map[string]*preparedStatement)}
}

// get gives the statement for a text, prepared now if it was not yet, and counts its use. What fails to prepare is tried again the next time.
func (s *statements) get(ctx context.Context, query string) (statement, error) {
	s.uses++
	kept, ok := s.byKey[query]
	if ok {
		kept.lastUse = s.uses
		kept.counter.Inc()
		return kept, nil
	}
	counter := s.metrics.statements.WithLabelValues(kindOf(query))
	counter.Inc()
	made, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	fresh, ok := made.(statement)
	if !ok {
		_ = made.Close()
		return nil, fmt.Errorf("the driver's %T lacks methods that we need", made)
	}
	if len(s.byKey) >= preparedLimit {
		s.dropOldest()
	}
	s.byKey[query] = &preparedStatement{statement: fresh, counter: counter, lastUse: s.uses}
	return fresh, nil
}

func (s *statements) dropOldest() {
	var oldest string
	lastUse := s.uses
	for query, kept := range s.byKey {
		if kept.lastUse < lastUse {
			oldest, lastUse = query, kept.lastUse
		}
	}
	_ = s.byKey[oldest].Close() // fails only with its connection, and the next statement says that
	delete(s.byKey, oldest)
}

// kindOf names a statement by its first word, for the metric. A read that begins with WITH is a select.
func kindOf(query string) string {
	word := query
	fields := strings.Fields(query)
	if len(fields) > 0 {
		word = strings.ToLower(strings.TrimLeft(fields[0], "("))
	}
	switch word {
	case "select", "with":
		return "select"
	case "insert", "update", "delete":
		return word
	default:
		return "other"
	}
}

var lockingRead = regexp.MustCompile(`(?is)^\s*SELECT\s.*\b(FOR\s+UPDATE|FOR\s+SHARE|LOCK\s+IN\s+SHARE\s+MODE)\b`)

func isLockingRead(query string) bool { return lockingRead.MatchString(query) }
