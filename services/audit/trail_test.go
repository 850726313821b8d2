package audit

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// testSeed is the secret key of checkpoints in tests, as a setting has it.
var testSeed = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))

func testKeys(t testing.TB, seed string, others ...string) *Keys {
	t.Helper()
	keys, err := NewKeys(env.NewSecret(seed), strings.Join(others, ","))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// trail is what is known of two people's trails: ann's has ten events, with
// checkpoints at the fourth and the eighth, bob's has three.
type trail struct {
	*rig
	ann, bob string
	keys     *Keys
	events   []Event // ann's
}

func (r *rig) newTrail() *trail {
	r.t.Helper()
	ann, bob := uuid.NewString(), uuid.NewString()
	tr := &trail{rig: r, ann: ann, bob: bob, keys: testKeys(r.t, testSeed)}
	for i := range 10 {
		e := anEvent(ann)
		e.Time = e.Time.Add(time.Duration(i) * time.Second)
		e.Subject = fmt.Sprintf("notes/%d", i+1)
		batch := []Event{e}
		if i%4 == 0 {
			batch = append(batch, anEvent(bob), anEvent(""))
		}
		_, err := tr.store.Record(r.t.Context(), batch)
		if err != nil {
			r.t.Fatal(err)
		}
		tr.events = append(tr.events, e)
		if i == 3 || i == 7 {
			tr.sign(tr.keys)
		}
	}
	return tr
}

// sign makes the checkpoints that are due.
func (r *rig) sign(keys *Keys) {
	r.t.Helper()
	err := r.checkpointer(keys).Sign(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) checkpointer(keys *Keys) *Checkpointer {
	return NewCheckpointer(CheckpointerConfig{
		Store: r.store, Keys: keys, Every: time.Hour, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: prometheus.NewRegistry(),
	})
}

// event is ann's nth.
func (tr *trail) event(n int) Event { return tr.events[n-1] }

// tamper does to the database what its owner could.
func (r *rig) tamper(statement string, args ...any) {
	r.t.Helper()
	result, err := r.admin.ExecContext(r.t.Context(), statement, args...)
	if err != nil {
		r.t.Fatal(err)
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		r.t.Fatalf("%s changed nothing: %v", statement, err)
	}
}

// rewrite makes a chain of ann's that is right in itself, with these events.
func (tr *trail) rewrite(events ...Event) {
	tr.t.Helper()
	tr.tamper("DELETE FROM chain WHERE account = ?", tr.ann)
	h := genesis(tr.ann)
	for i, e := range events {
		h = h.next(e)
		tr.tamper("INSERT INTO chain (account, seq, event_id, hash) VALUES (?, ?, ?, ?)", tr.ann, i+1, e.ID, h[:])
	}
	tr.tamper("UPDATE heads SET seq = ?, hash = ? WHERE account = ?", len(events), h[:], tr.ann)
}

// insert puts an event where events are, and nowhere else.
func (r *rig) insert(e Event) {
	r.t.Helper()
	r.tamper(`INSERT INTO events (id, source, type, subject, subject_version, actor, request_id, traceparent, data, occurred_at, recorded_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))`,
		e.ID, e.Source, e.Type, e.Subject, e.SubjectVersion, e.Actor, e.RequestID, e.Traceparent, string(e.Data), e.Time)
}

// found is a finding without its sentence.
type found struct {
	Kind  auditpb.VerifyTrailResponse_Finding
	Seq   int64
	Event string
}

// verify checks an account's whole trail in one go.
func (r *rig) verify(keys *Keys, account string) (found, *check) {
	r.t.Helper()
	verifier, c := &Verifier{store: r.store, keys: keys}, newCheck(account)
	finding, err := verifier.Check(r.t.Context(), c, func(*check) bool { return false })
	if err != nil {
		r.t.Fatal(err)
	}
	if finding == nil {
		return found{}, c
	}
	if finding.Detail == "" {
		r.t.Error("a finding without a sentence")
	}
	return found{finding.Kind, finding.Seq, finding.EventID}, c
}

// attack is something done to ann's trail and what must be found.
type attack struct {
	do   func(tr *trail)
	want func(tr *trail) found
}

// at makes what is found of a place.
func at(kind auditpb.VerifyTrailResponse_Finding, seq int) func(*trail) found {
	return func(tr *trail) found { return found{kind, int64(seq), tr.event(seq).ID} }
}

func nameless(kind auditpb.VerifyTrailResponse_Finding, seq int64) func(*trail) found {
	return func(*trail) found { return found{Kind: kind, Seq: seq} }
}

// attacks by name. Where not only the middle of the chain is touched, the one
// who does it repairs all that can be repaired without the key.
func attacks() map[string]attack {
	all := map[string]attack{
		"an event's id is changed": {
			func(tr *trail) { tr.tamper("UPDATE events SET id = ? WHERE id = ?", uuid.NewString(), tr.event(5).ID) }, at(missing, 5),
		},
		"a hash is changed": {func(tr *trail) {
			tr.tamper("UPDATE chain SET hash = UNHEX(SHA2('x', 256)) WHERE account = ? AND seq = 5", tr.ann)
		}, at(changed, 5)},
		"the last hash is changed, and the head's too": {func(tr *trail) {
			tr.tamper("UPDATE chain SET hash = UNHEX(SHA2('x', 256)) WHERE account = ? AND seq = 10", tr.ann)
			tr.tamper("UPDATE heads SET hash = UNHEX(SHA2('x', 256)) WHERE account = ?", tr.ann)
		}, at(changed, 10)},
		"a link is deleted":         {func(tr *trail) { tr.tamper("DELETE FROM chain WHERE account = ? AND seq = 5", tr.ann) }, nameless(missing, 5)},
		"the first link is deleted": {func(tr *trail) { tr.tamper("DELETE FROM chain WHERE account = ? AND seq = 1", tr.ann) }, nameless(missing, 1)},
		"the last link is deleted":  {func(tr *trail) { tr.tamper("DELETE FROM chain WHERE account = ? AND seq = 10", tr.ann) }, nameless(missing, 10)},
		"all links are deleted":     {func(tr *trail) { tr.tamper("DELETE FROM chain WHERE account = ?", tr.ann) }, nameless(missing, 1)},
		"an event is deleted":       {func(tr *trail) { tr.tamper("DELETE FROM events WHERE id = ?", tr.event(5).ID) }, at(missing, 5)},
		"the last event is deleted": {func(tr *trail) { tr.tamper("DELETE FROM events WHERE id = ?", tr.event(10).ID) }, at(missing, 10)},
		"all events are deleted":    {func(tr *trail) { tr.tamper("DELETE FROM events WHERE actor = ?", tr.ann) }, at(missing, 1)},
		"an event and its link are deleted": {func(tr *trail) {
			tr.tamper("DELETE FROM chain WHERE event_id = ?", tr.event(5).ID)
			tr.tamper("DELETE FROM events WHERE id = ?", tr.event(5).ID)
		}, nameless(missing, 5)},
		"the end is cut off behind the head's back": {func(tr *trail) {
			tr.tamper("DELETE FROM events WHERE actor = ? AND id IN (SELECT event_id FROM chain WHERE seq > 6)", tr.ann)
			tr.tamper("DELETE FROM chain WHERE account = ? AND seq > 6", tr.ann)
		}, nameless(missing, 7)},
		"the end is cut off, and the head is set back": {func(tr *trail) {
			tr.tamper("DELETE FROM events WHERE actor = ? AND id IN (SELECT event_id FROM chain WHERE seq > 6)", tr.ann)
			tr.rewrite(tr.events[:6]...)
		}, nameless(missing, 7)},
		"the end is cut off, the head is set back, and the checkpoint is deleted": {func(tr *trail) {
			tr.tamper("DELETE FROM events WHERE actor = ? AND id IN (SELECT event_id FROM chain WHERE seq > 6)", tr.ann)
			tr.rewrite(tr.events[:6]...)
			tr.tamper("DELETE FROM checkpoints WHERE account = ? AND seq = 8", tr.ann)
		}, nameless(forged, 8)},
		"an event is added": {func(tr *trail) { e := anEvent(tr.ann); tr.events[0] = e; tr.insert(e) }, func(tr *trail) found { return found{added, 0, tr.event(1).ID} }},
		"an event is added, a year ago": {func(tr *trail) {
			e := anEvent(tr.ann)
			e.Time = e.Time.AddDate(-1, 0, 0)
			tr.events[0] = e
			tr.insert(e)
		}, func(tr *trail) found { return found{added, 0, tr.event(1).ID} }},
		"an event is added before the chain": {func(tr *trail) {
			e := anEvent(tr.ann)
			tr.events[0] = e
			tr.insert(e)
			tr.tamper("INSERT INTO chain (account, seq, event_id, hash) VALUES (?, 0, ?, '')", tr.ann, e.ID)
		}, func(tr *trail) found { return found{added, 0, tr.event(1).ID} }},
		"an event is added with a link after the head": {func(tr *trail) {
			e := anEvent(tr.ann)
			tr.insert(e)
			h := chainHash(tr.ann, tr.events...).next(e)
			tr.tamper("INSERT INTO chain (account, seq, event_id, hash) VALUES (?, 11, ?, ?)", tr.ann, e.ID, h[:])
			tr.events = append(tr.events, e)
		}, at(added, 11)},
		"an event is added, and the chain is made anew": {func(tr *trail) {
			e := anEvent(tr.ann)
			tr.insert(e)
			tr.rewrite(append([]Event{e}, tr.events...)...)
		}, nameless(forged, 4)},
		"an event is left out, and the chain is made anew": {func(tr *trail) {
			tr.tamper("DELETE FROM events WHERE id = ?", tr.event(7).ID)
			tr.rewrite(append(tr.events[:6:6], tr.events[7:]...)...)
		}, nameless(forged, 8)},
		"an event is changed, and the chain is made anew": {func(tr *trail) {
			tr.tamper("UPDATE events SET subject = 'notes/x' WHERE id = ?", tr.event(5).ID)
			tr.events[4].Subject = "notes/x"
			tr.rewrite(tr.events...)
		}, nameless(forged, 8)},
		"two events change places": {func(tr *trail) {
			tr.tamper("UPDATE chain SET event_id = 'x' WHERE event_id = ?", tr.event(5).ID)
			tr.tamper("UPDATE chain SET event_id = ? WHERE event_id = ?", tr.event(5).ID, tr.event(6).ID)
			tr.tamper("UPDATE chain SET event_id = ? WHERE event_id = 'x'", tr.event(6).ID)
			tr.events[4], tr.events[5] = tr.events[5], tr.events[4]
		}, at(changed, 5)},
		"two links change places": {func(tr *trail) {
			tr.tamper("UPDATE chain SET seq = 99 WHERE account = ? AND seq = 5", tr.ann)
			tr.tamper("UPDATE chain SET seq = 5 WHERE account = ? AND seq = 6", tr.ann)
			tr.tamper("UPDATE chain SET seq = 6 WHERE account = ? AND seq = 99", tr.ann)
			tr.events[4], tr.events[5] = tr.events[5], tr.events[4]
		}, at(changed, 5)},
		"an event is moved into another account's trail": {
			func(tr *trail) { tr.tamper("UPDATE events SET actor = ? WHERE id = ?", tr.bob, tr.event(5).ID) }, at(changed, 5),
		},
		"the whole account is deleted, but for its events":      {func(tr *trail) { tr.erase("chain", "heads", "checkpoints"); tr.events = tr.events[:1] }, func(tr *trail) found { return found{added, 0, tr.event(1).ID} }},
		"the whole account is deleted, but for its chain":       {func(tr *trail) { tr.erase("events", "heads", "checkpoints") }, at(missing, 1)},
		"the whole account is deleted, but for its head":        {func(tr *trail) { tr.erase("events", "chain", "checkpoints") }, nameless(missing, 1)},
		"the whole account is deleted, but for its checkpoints": {func(tr *trail) { tr.erase("events", "chain", "heads") }, nameless(missing, 1)},
		"the head is deleted":                                   {func(tr *trail) { tr.erase("heads") }, nameless(missing, 0)},
		"the head has another hash": {
			func(tr *trail) { tr.tamper("UPDATE heads SET hash = UNHEX(SHA2('x', 256)) WHERE account = ?", tr.ann) }, nameless(changed, 10),
		},
		"a checkpoint is deleted": {func(tr *trail) { tr.tamper("DELETE FROM checkpoints WHERE account = ? AND seq = 8", tr.ann) }, nameless(forged, 8)},
		"a checkpoint's signature is changed": {func(tr *trail) {
			tr.tamper("UPDATE checkpoints SET signature = REPEAT('x', 64) WHERE account = ? AND seq = 4", tr.ann)
		}, nameless(forged, 4)},
		"a checkpoint's time is changed": {func(tr *trail) {
			tr.tamper("UPDATE checkpoints SET signed_at = signed_at - INTERVAL 1 DAY WHERE account = ? AND seq = 4", tr.ann)
		}, nameless(forged, 4)},
		"a checkpoint is another account's": {func(tr *trail) {
			tr.tamper("DELETE FROM checkpoints WHERE account = ? AND seq = 4", tr.ann)
			tr.tamper("UPDATE checkpoints SET account = ?, seq = 4 WHERE account = ? LIMIT 1", tr.ann, tr.bob)
		}, nameless(forged, 4)},
		"checkpoints are signed with another key": {func(tr *trail) {
			tr.tamper("UPDATE events SET subject = 'notes/x' WHERE id = ?", tr.event(2).ID)
			tr.events[1].Subject = "notes/x"
			tr.rewrite(tr.events...)
			tr.tamper("DELETE FROM checkpoints WHERE account = ?", tr.ann)
			tr.tamper("UPDATE heads SET checkpoint_seq = 0 WHERE account = ?", tr.ann)
			other := testKeys(tr.t, base64.StdEncoding.EncodeToString([]byte(strings.Repeat("e", 32))))
			_, err := tr.store.Sign(tr.t.Context(), []string{tr.ann}, true, other.sign)
			if err != nil {
				tr.t.Fatal(err)
			}
		}, nameless(forged, 10)},
		"a checkpoint of more links than there are is forged": {func(tr *trail) {
			tr.tamper("INSERT INTO checkpoints (account, seq, hash, signed_at, key_id, signature) VALUES (?, 20, '', UTC_TIMESTAMP(6), ?, '')", tr.ann, tr.keys.id)
		}, nameless(forged, 20)},
	}
	for column, value := range map[string]string{
		"source": "'auth'", "type": "'x'", "subject": "'notes/x'", "subject_version": "7", "request_id": "'x'", "traceparent": "'x'",
		"data": "'{ }'", "occurred_at": "occurred_at + INTERVAL 1 MICROSECOND",
	} {
		all["an event's "+column+" is changed"] = attack{func(tr *trail) {
			tr.tamper("UPDATE events SET "+column+" = "+value+" WHERE id = ?", tr.event(5).ID)
		}, at(changed, 5)}
	}
	return all
}

// chainHash is the last hash of a chain of these events.
func chainHash(account string, events ...Event) Hash {
	h := genesis(account)
	for _, e := range events {
		h = h.next(e)
	}
	return h
}

// erase deletes what tables have of tr.ann.
func (tr *trail) erase(tables ...string) {
	for _, table := range tables {
		column := "account"
		if table == "events" {
			column = "actor"
		}
		tr.tamper("DELETE FROM "+table+" WHERE "+column+" = ?", tr.ann)
	}
}

func TestVerifier_FindsNothingInATrailThatNobodyTouched(t *testing.T) {
	tr := newRig(t).newTrail()
	for account, want := range map[string][2]int64{tr.ann: {10, 8}, tr.bob: {3, 3 - 1}, "": {3, 3 - 1}, uuid.NewString(): {0, 0}} {
		got, c := tr.verify(tr.keys, account)
		if got != (found{}) || !c.done || [2]int64{c.seq, c.checkpoint} != want || c.unlinked != 0 {
			t.Errorf("%q: %+v, %d links, checkpoint of %d, want %v", account, got, c.seq, c.checkpoint, want)
		}
	}
}

func TestVerifier_FindsWhatWasDoneToATrailAndNothingInTheOthers(t *testing.T) {
	r := newRig(t)
	for name, a := range attacks() {
		tr := r.newTrail()
		a.do(tr)
		got, _ := tr.verify(tr.keys, tr.ann)
		if diff := cmp.Diff(a.want(tr), got); diff != "" {
			t.Errorf("%s: -want +found:\n%s", name, diff)
		}
		for _, account := range []string{tr.bob, ""} {
			// Two of the attacks take something from bob or give it to him.
			got, _ = tr.verify(tr.keys, account)
			if got != (found{}) && !strings.Contains(name, "another account") {
				t.Errorf("%s: in the trail of %q: %+v", name, account, got)
			}
		}
	}
}

func TestVerifier_AKeyThatSignedBeforeStillCounts(t *testing.T) {
	tr := newRig(t).newTrail()
	other := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("o", 32)))
	rotated := testKeys(t, other, tr.keys.publicKey(tr.keys.id))
	tr.sign(rotated)
	got, c := tr.verify(rotated, tr.ann)
	if got != (found{}) || c.checkpoint != 10 {
		t.Errorf("%+v, checkpoint of %d", got, c.checkpoint)
	}
	got, _ = tr.verify(testKeys(t, other), tr.ann)
	if want := (found{Kind: forged, Seq: 4}); got != want {
		t.Errorf("without the old key: %+v", got)
	}
	onlyPublic, err := NewKeys(env.Secret{}, rotated.publicKey(rotated.id)+", "+tr.keys.publicKey(tr.keys.id))
	if err != nil {
		t.Fatal(err)
	}
	got, _ = tr.verify(onlyPublic, tr.ann)
	if got != (found{}) || onlyPublic.canSign() {
		t.Errorf("with public keys alone: %+v", got)
	}
}

func TestVerifier_WhatIsRecordedAndSignedMeanwhileIsNoFinding(t *testing.T) {
	tr := newRig(t).newTrail()
	const rounds = 40
	writing := make(chan error, 1)
	go func() {
		store, signer := NewStore(tr.schema.Open(t)), tr.checkpointer(tr.keys)
		for range rounds {
			_, err := store.Record(t.Context(), []Event{anEvent(tr.ann), anEvent(tr.ann)})
			if err == nil {
				err = signer.Sign(t.Context())
			}
			if err != nil {
				writing <- err
				return
			}
		}
		writing <- nil
	}()
	for done := false; !done; {
		select {
		case err := <-writing:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
		got, _ := tr.verify(tr.keys, tr.ann)
		if got != (found{}) {
			t.Fatalf("found %+v", got)
		}
	}
	_, c := tr.verify(tr.keys, tr.ann)
	if c.seq != 10+2*rounds || c.checkpoint != c.seq {
		t.Errorf("%d links, checkpoint of %d", c.seq, c.checkpoint)
	}
}
