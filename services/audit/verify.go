package audit

import (
	"fmt"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// Finding is what is wrong first with a chain.
type Finding struct {
	Kind    auditpb.VerifyTrailResponse_Finding
	EventID string // of the event concerned; "" when it is not known
	Seq     int64  // its place; 0 when it is in no chain
	Detail  string // a sentence for the operator
}

// The kinds of findings, in fewer words than the contract's.
const (
	changed = auditpb.VerifyTrailResponse_FINDING_CHANGED
	missing = auditpb.VerifyTrailResponse_FINDING_MISSING
	added   = auditpb.VerifyTrailResponse_FINDING_ADDED
	forged  = auditpb.VerifyTrailResponse_FINDING_CHECKPOINT
)

// walk computes a chain anew, link after link, and compares.
type walk struct {
	account    string
	seq        int64 // of the last link that was right
	hash       Hash
	checkpoint int64 // the links of the newest checkpoint that agreed; 0 for none

	checkpoints int64 // how many agreed
}

// newWalk begins before the first link.
func newWalk(account string) walk { return walk{account: account, hash: genesis(account)} }

// storedLink is a link as it was found. Its event may be gone.
type storedLink struct {
	link
	eventGone bool
}

// next takes the link that follows.
func (w *walk) next(l storedLink) *Finding {
	seq := w.seq + 1
	switch {
	case l.Seq > seq:
		return &Finding{Kind: missing, Seq: seq, Detail: "there is no link at this place"}
	case l.Seq < seq:
		return &Finding{Kind: added, Seq: l.Seq, EventID: l.ID, Detail: "there are two links at this place"}
	case l.eventGone:
		return &Finding{Kind: missing, Seq: seq, EventID: l.ID, Detail: "the event of this link is gone"}
	case l.Actor != w.account:
		return &Finding{Kind: changed, Seq: seq, EventID: l.ID, Detail: "the event of this link is another account's"}
	}
	hash := w.hash.next(l.Event)
	if hash != l.Hash {
		return &Finding{Kind: changed, Seq: seq, EventID: l.ID, Detail: "the event does not have the hash of its link"}
	}
	w.seq, w.hash = seq, hash
	return nil
}

// meet compares with a checkpoint of as many links as were taken.
func (w *walk) meet(keys *Keys, c Checkpoint) *Finding {
	wrong := keys.verify(c)
	if wrong == "" && c.Hash != w.hash {
		wrong = fmt.Sprintf("has another hash: links after %d, this one at the latest, were changed together with all that follow", w.checkpoint)
	}
	if wrong != "" {
		return &Finding{Kind: forged, Seq: c.Seq, Detail: fmt.Sprintf("the checkpoint of %d links %s", c.Seq, wrong)}
	}
	w.checkpoint = c.Seq
	w.checkpoints++
	return nil
}

// beyond is what a checkpoint of more links than there are means.
func (w *walk) beyond(keys *Keys, c Checkpoint) *Finding {
	wrong := keys.verify(c)
	if wrong != "" {
		return &Finding{Kind: forged, Seq: c.Seq, Detail: fmt.Sprintf("the checkpoint of %d links %s", c.Seq, wrong)}
	}
	return &Finding{Kind: missing, Seq: w.seq + 1, Detail: fmt.Sprintf("a checkpoint says that there were %d links", c.Seq)}
}
