package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/services/audit/migrations"
)

// Store is the trail. It adds rows and reads them; it never changes one, except
// for the heads of chains. Recording is here, reading in store_read.go.
//
// Locks are taken in one order: the heads by account, then the rest.
type Store struct {
	db *mysql.DB
}

// NewStore makes a store on the service's schema.
func NewStore(db *mysql.DB) *Store { return &Store{db: db} }

// Check says whether events can be recorded: the database answers, and its
// schema is not older than this program.
func (s *Store) Check(ctx context.Context) error {
	return mysql.RequireSchema(ctx, s.db, migrations.Files)
}

// maxRecord is how many events one transaction records: what one receive
// brings. A statement has the same text whatever their number is, up to that.
const maxRecord = 10

// Record keeps events, all or none, each with its link in its account's chain.
// It tells which are new: an event that is there already is no error, whoever
// delivered it before. All who add to one chain take its head first, so that
// what is not there then is not on its way either; beyond that the unique key
// decides.
func (s *Store) Record(ctx context.Context, events []Event) (isNew []bool, err error) {
	if len(events) > maxRecord {
		return nil, fmt.Errorf("record %d events: more than %d", len(events), maxRecord)
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		heads, err := lockHeads(ctx, tx, accountsOf(events))
		if err != nil {
			return err
		}
		known, err := knownOf(ctx, tx, events)
		if err != nil {
			return err
		}
		var fresh []Event
		isNew = make([]bool, len(events))
		for i, e := range events {
			if !known[e.ID] {
				known[e.ID], isNew[i] = true, true // a batch may hold an event twice
				fresh = append(fresh, e)
			}
		}
		err = insertEvents(ctx, tx, fresh)
		if err != nil {
			return err
		}
		return insertLinks(ctx, tx, heads, fresh)
	})
	if err != nil {
		return nil, fmt.Errorf("record %d events: %w", len(events), err)
	}
	return isNew, nil
}

// accountsOf gives the accounts of events, each once, in the order of locks.
func accountsOf(events []Event) []string {
	accounts := make([]string, len(events))
	for i, e := range events {
		accounts[i] = e.Actor
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

// knownOf tells which of the events are recorded.
func knownOf(ctx context.Context, tx *mysql.Tx, events []Event) (map[string]bool, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	rows, err := tx.Query(ctx, `
SELECT id
FROM events
WHERE id IN (`+places(maxRecord)+`)`, fill(ids, maxRecord)...)
	if err != nil {
		return nil, fmt.Errorf("look for events: %w", err)
	}
	found, err := mysql.Collect(rows, func(row mysql.Scanner) (id string, err error) { return id, row.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("look for events: %w", err)
	}
	known := make(map[string]bool, len(events))
	for _, id := range found {
		known[id] = true
	}
	return known, nil
}

// head is the last link of an account's chain.
type head struct {
	account string
	seq     int64
	hash    Hash
}

// lockHeads takes the heads of the accounts, making those that are not there.
func lockHeads(ctx context.Context, tx *mysql.Tx, accounts []string) (map[string]*head, error) {
	heads, err := readHeads(ctx, tx, accounts)
	if err != nil || len(heads) == len(accounts) {
		return heads, err
	}
	for _, account := range accounts {
		if heads[account] != nil {
			continue
		}
		// Somebody else may make it at the same moment: then theirs is read below.
		first := genesis(account)
		_, err := tx.Exec(ctx, `
INSERT INTO heads (
	account,
	seq,
	hash
) VALUES (?, 0, ?)
ON DUPLICATE KEY UPDATE account = VALUES(account)`, account, first[:])
		if err != nil {
			return nil, fmt.Errorf("begin chain: %w", err)
		}
	}
	return readHeads(ctx, tx, accounts)
}

func readHeads(ctx context.Context, tx *mysql.Tx, accounts []string) (map[string]*head, error) {
	rows, err := tx.Query(ctx, `
SELECT
	account,
	seq,
	hash
FROM heads FORCE INDEX (PRIMARY)
WHERE account IN (`+places(maxRecord)+`)
ORDER BY account
FOR UPDATE`, fill(accounts, maxRecord)...)
	if err != nil {
		return nil, fmt.Errorf("lock chains: %w", err)
	}
	found, err := mysql.Collect(rows, scanHead)
	if err != nil {
		return nil, fmt.Errorf("lock chains: %w", err)
	}
	heads := make(map[string]*head, len(found))
	for _, h := range found {
		heads[h.account] = h
	}
	return heads, nil
}

func scanHead(row mysql.Scanner) (*head, error) {
	var h head
	var hash []byte
	err := row.Scan(&h.account, &h.seq, &hash)
	copy(h.hash[:], hash)
	return &h, err
}

// insertEvents adds events.
func insertEvents(ctx context.Context, tx *mysql.Tx, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	var args []any
	for _, e := range events {
		args = append(args,
			e.ID, e.Source, e.Type, e.Subject, e.SubjectVersion, e.Actor, e.RequestID, e.Traceparent, string(e.Data), e.Time)
	}
	_, err := tx.Exec(ctx, `
INSERT INTO events (
	id,
	source,
	type,
	subject,
	subject_version,
	actor,
	request_id,
	traceparent,
	data,
	occurred_at,
	recorded_at
) VALUES `+repeat("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))", len(events)), args...)
	if err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	return nil
}

// insertLinks adds the links of events and moves the heads on.
func insertLinks(ctx context.Context, tx *mysql.Tx, heads map[string]*head, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	moved := map[string]*head{}
	var linkArgs, headArgs []any
	for _, e := range events {
		h := heads[e.Actor]
		h.seq, h.hash = h.seq+1, h.hash.next(e)
		moved[e.Actor] = h
		linkArgs = append(linkArgs, h.account, h.seq, e.ID, slices.Clone(h.hash[:]))
	}
	for _, h := range sortedHeads(moved) {
		headArgs = append(headArgs, h.account, h.seq, h.hash[:])
	}
	_, err := tx.Exec(ctx, `
INSERT INTO chain (
	account,
	seq,
	event_id,
	hash
) VALUES `+repeat("(?, ?, ?, ?)", len(events)), linkArgs...)
	if err != nil {
		return fmt.Errorf("insert links: %w", err)
	}
	_, err = tx.Exec(ctx, `
INSERT INTO heads (
	account,
	seq,
	hash
) VALUES `+repeat("(?, ?, ?)", len(moved))+`
ON DUPLICATE KEY UPDATE
	seq = VALUES(seq),
	hash = VALUES(hash)`, headArgs...)
	if err != nil {
		return fmt.Errorf("move heads: %w", err)
	}
	return nil
}

func sortedHeads(heads map[string]*head) []*head {
	sorted := make([]*head, 0, len(heads))
	for _, h := range heads {
		sorted = append(sorted, h)
	}
	slices.SortFunc(sorted, func(a, b *head) int { return cmp.Compare(a.account, b.account) })
	return sorted
}

// Quarantine keeps a message that is no event, with the reason. It tells
// whether it is new: the same body is kept once.
func (s *Store) Quarantine(ctx context.Context, body, reason string) (isNew bool, err error) {
	digest := sha256.Sum256([]byte(body))
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.Exec(ctx, `
INSERT INTO quarantine (
	message_digest,
	reason,
	body,
	received_at
) VALUES (?, ?, ?, UTC_TIMESTAMP(6))`, digest[:], reason, []byte(body))
		return err
	})
	if mysql.IsDuplicate(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("quarantine message: %w", err)
	}
	return true, nil
}

// repeat joins n rows of VALUES.
func repeat(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+", ", n), ", ") }

// places has room for n values in IN (…).
func places(n int) string { return repeat("?", n) }

// fill gives the n arguments of places: the values, the last one repeated.
func fill(values []string, n int) []any {
	args := make([]any, n)
	for i := range args {
		args[i] = values[min(i, len(values)-1)]
	}
	return args
}
