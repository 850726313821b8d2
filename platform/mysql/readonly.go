package mysql

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
)

// A service is read-only while its setting says so, and while its database takes no writes: an operator's decision, a failover that is under way, a
// replica. Both are the same to whoever calls. Reads go on; what writes is refused before it begins; loops that write ask ReadOnly and wait.

// readOnlyRetry is when to come back. Nobody knows how long it lasts.
const readOnlyRetry = 30 * time.Second

var readOnly = fault.New(fault.Unavailable, fault.ReasonReadOnly,
	"Notejam is read-only right now: everything can be read, and nothing can be changed. Try again later.").RetryIn(readOnlyRetry)

// ServiceSettings is Settings with PREFIX_READ_ONLY: for a service, not for its commands, which an operator may need just then.
func ServiceSettings(s *env.Set, prefix string, maxOpen int) Config {
	cfg := Settings(s, prefix, maxOpen)
	cfg.ReadOnly = s.Bool(prefix+"_READ_ONLY", false, "Whether everything can be read and nothing changed. Set it for auth, notes and audit alike.")
	return cfg
}

// isReadOnly tells whether the server refused to write.
func isReadOnly(err error) bool {
	n := number(err)
	return n == errOptionPrevents || n == errReadOnlyTransaction || n == errReadOnlyMode
}

// askEvery is how often a server that refused to write is asked whether it does again.
const askEvery = time.Second

// mode is whether there may be writes. All connections of a pool tell it of refusals.
type mode struct {
	always  bool        // by the setting
	suspect atomic.Bool // the server refused a write and has not said since that it takes any

	mu   sync.Mutex
	next time.Time // when it is asked again
}

// refused notes that the server did.
func (m *mode) refused() { m.suspect.Store(true) }

// due tells whether it is time to ask, for one caller at a time.
func (m *mode) due() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if now.Before(m.next) {
		return false
	}
	m.next = now.Add(askEvery)
	return true
}

// ReadOnly tells whether writes are refused. It costs nothing unless the server refused one before; then it asks the server once a second.
func (db *DB) ReadOnly(ctx context.Context) bool {
	if db.mode.always {
		return true
	}
	if !db.mode.suspect.Load() {
		return false
	}
	if !db.mode.due() {
		return true
	}
	var on int
	err := db.QueryRow(ctx, "SELECT @@global.read_only + @@global.innodb_read_only").Scan(&on)
	if err == nil && on == 0 {
		db.mode.suspect.Store(false)
		return false
	}
	return true
}

// mayWrite refuses what would only fail.
func (db *DB) mayWrite(ctx context.Context) error {
	if db.ReadOnly(ctx) {
		return readOnly.With(fmt.Errorf("nothing was tried: by the setting %t", db.mode.always))
	}
	return nil
}
