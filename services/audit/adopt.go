package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// adoptBatch is how many events one transaction links: some tens of
// milliseconds, for which their account's chain waits.
const adoptBatch = 100

// arrival is an event that is in no chain, and when it was recorded.
type arrival struct {
	id string
	at time.Time
}

// Arrivals gives an account's events that are in no chain, in the order in which
// they were recorded. It calls tell after each look at the table.
func (s *Store) Arrivals(ctx context.Context, account string, tell func()) ([]arrival, error) {
	var all []arrival
	for next := &oldest; next != nil; {
		ids, after, err := s.Unlinked(ctx, account, *next)
		if err != nil {
			return nil, err
		}
		found, err := s.arrivals(ctx, ids)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
		tell()
		next = after
	}
	slices.SortFunc(all, func(a, b arrival) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	return all, nil
}

func (s *Store) arrivals(ctx context.Context, ids []string) ([]arrival, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.db.Query(ctx, `
SELECT
	id,
	recorded_at
FROM events
WHERE id IN (`+places(window)+`)`, fill(ids, window)...)
	if err != nil {
		return nil, fmt.Errorf("read events in no chain: %w", err)
	}
	found, err := mysql.Collect(rows, func(row mysql.Scanner) (a arrival, err error) { return a, row.Scan(&a.id, &a.at) })
	if err != nil {
		return nil, fmt.Errorf("read events in no chain: %w", err)
	}
	return found, nil
}

// Adopt adds events, at most adoptBatch, to their account's chain, in this order.
// It leaves out those that are in a chain, whosever it is, and tells how many it
// linked.
func (s *Store) Adopt(ctx context.Context, account string, batch []arrival) (linked int, err error) {
	ids := make([]string, len(batch))
	for i, a := range batch {
		ids[i] = a.id
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		heads, err := lockHeads(ctx, tx, []string{account})
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
SELECT
	`+eventColumns+`,
	chain.seq,
	chain.hash
FROM events
LEFT JOIN chain FORCE INDEX (chain_by_event) ON chain.event_id = events.id
WHERE events.id IN (`+places(adoptBatch)+`)
	AND events.actor = ?
	AND chain.event_id IS NULL`, append(fill(ids, adoptBatch), account)...)
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		found, err := mysql.Collect(rows, scanLink)
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		slices.SortFunc(found, func(a, b link) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
		events := make([]Event, len(found))
		for i, l := range found {
			events[i] = l.Event
		}
		linked = len(events)
		return insertLinks(ctx, tx, heads, events)
	})
	if err != nil {
		return 0, fmt.Errorf("adopt %d events: %w", len(batch), err)
	}
	return linked, nil
}
