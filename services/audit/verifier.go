package audit

import (
	"context"
	"fmt"
)

// Verifier checks the trails in the database.
type Verifier struct {
	store *Store
	keys  *Keys
}

// check is how far the check of one account's trail is: first its links are
// followed, then its events are looked at for some that are in no chain.
type check struct {
	walk
	linksDone bool
	events    cursor
	done      bool
	unlinked  int // events in no chain; those after the first one are counted only on the way
}

func newCheck(account string) *check { return &check{walk: newWalk(account), events: oldest} }

// Check goes on with a check until it is done, something was found or, after a
// window, enough says so.
func (v *Verifier) Check(ctx context.Context, c *check, enough func(*check) bool) (*Finding, error) {
	if !c.linksDone {
		finding, err := v.followLinks(ctx, c, enough)
		if finding != nil || err != nil || !c.linksDone {
			return finding, err
		}
	}
	var finding *Finding
	for more := true; more; more = !c.done && !enough(c) {
		ids, next, err := v.store.Unlinked(ctx, c.account, c.events)
		if err != nil {
			return nil, err
		}
		if len(ids) > 0 && finding == nil {
			finding = &Finding{Kind: added, EventID: ids[0], Detail: "this event is in no chain"}
		}
		c.unlinked += len(ids)
		c.done = next == nil
		if next != nil {
			c.events = *next
		}
	}
	return finding, nil
}

// followLinks compares the links with the events, with what the head says, and
// with the checkpoints. Links that are added meanwhile are no finding: the head
// is read before the links that it must have, and again after those that it
// did not have.
func (v *Verifier) followLinks(ctx context.Context, c *check, enough func(*check) bool) (*Finding, error) {
	end, checkpointSeq, err := v.store.Head(ctx, c.account)
	if err != nil {
		return nil, err
	}
	for more := true; more; more = !enough(c) {
		n, finding, err := v.followWindow(ctx, c, end)
		if err != nil || finding != nil {
			return finding, err
		}
		if n < window {
			finding, err = v.compareEnd(ctx, c, end, checkpointSeq)
			c.linksDone = err == nil && finding == nil
			return finding, err
		}
	}
	return nil, nil
}

// followWindow follows up to a window of links, and tells how many there were.
func (v *Verifier) followWindow(ctx context.Context, c *check, end *head) (n int, finding *Finding, err error) {
	after := c.seq
	if c.checkpoint < c.seq {
		after-- // the one of the last link may have been made since that was followed
	}
	checkpoints, err := v.store.Checkpoints(ctx, c.account, after, window+1)
	if err != nil {
		return 0, nil, err
	}
	compare := func() bool {
		switch {
		case end != nil && end.seq == c.seq && end.hash != c.hash:
			finding = &Finding{Kind: changed, Seq: end.seq, Detail: "the chain's head has another hash"}
		case len(checkpoints) > 0 && checkpoints[0].Seq == c.seq:
			finding = c.meet(v.keys, checkpoints[0])
			checkpoints = checkpoints[1:]
		}
		return finding == nil
	}
	if !compare() {
		return 0, finding, nil
	}
	n, err = v.store.Links(ctx, c.account, c.seq, window, func(l storedLink) bool {
		finding = c.next(l)
		return finding == nil && compare()
	})
	return n, finding, err
}

// compareEnd asks, at the last link, whether there should be more or fewer.
func (v *Verifier) compareEnd(ctx context.Context, c *check, end *head, checkpointSeq int64) (*Finding, error) {
	later, err := v.store.Checkpoints(ctx, c.account, c.seq, 1)
	if err != nil {
		return nil, err
	}
	now := end
	if end == nil || end.seq < c.seq || len(later) > 0 {
		now, _, err = v.store.Head(ctx, c.account)
		if err != nil {
			return nil, err
		}
	}
	switch {
	case len(later) > 0 && (now == nil || now.seq < later[0].Seq):
		return c.beyond(v.keys, later[0]), nil
	case now == nil && c.seq > 0:
		return &Finding{Kind: missing, Detail: "the chain's head is gone"}, nil
	case now != nil && now.seq < c.seq:
		return v.behindTheHead(ctx, c, now)
	case end != nil && end.seq > c.seq:
		return &Finding{Kind: missing, Seq: c.seq + 1, Detail: fmt.Sprintf("the chain's head says that there are %d links", end.seq)}, nil
	case c.checkpoint < checkpointSeq:
		return &Finding{Kind: forged, Seq: checkpointSeq, Detail: fmt.Sprintf("the checkpoint of %d links is gone", checkpointSeq)}, nil
	}
	return nil, nil
}

// behindTheHead names the first link after the one that the head says is last.
func (v *Verifier) behindTheHead(ctx context.Context, c *check, end *head) (*Finding, error) {
	finding := &Finding{Kind: added, Seq: end.seq + 1, Detail: "there are links after the chain's head"}
	_, err := v.store.Links(ctx, c.account, end.seq, 1, func(l storedLink) bool {
		finding.EventID = l.ID
		return false
	})
	return finding, err
}
