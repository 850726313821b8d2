package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
)

// tally makes one that writes when it is stopped, and otherwise as often as every says.
func (r *rig) tally(every time.Duration, keys int, appendEvent outbox.AppendFunc) *outbox.Tally {
	t := outbox.NewTally(outbox.TallyConfig{
		DB: r.db, Append: appendEvent, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Every: every, Keys: keys,
	})
	var running sync.WaitGroup
	running.Go(func() {
		err := t.Run(r.t.Context())
		if err != nil && !errors.Is(err, context.Canceled) {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(running.Wait)
	return t
}

func (r *rig) stopTally(t *outbox.Tally) {
	r.t.Helper()
	err := t.Stop(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
}

// refused is an event as it is counted.
func refused(actor string) outbox.Event {
	return outbox.Event{
		Source: "notes", Type: "notejam.notes.access.denied.v1", Subject: "accounts/" + actor, Time: time.Now(), Actor: actor,
		RequestID: uuid.NewString(), Data: map[string]any{"method": "/a/B"},
	}
}

// message is what a test looks at of an event.
type message struct {
	ID        string
	Type      string
	Subject   string
	Actor     string
	RequestID string `json:"request_id"`
	Data      map[string]any
}

// written gives the events in the table by their subject.
func (r *rig) written() map[string]message {
	r.t.Helper()
	rows, err := r.admin.QueryContext(r.t.Context(), "SELECT payload FROM outbox")
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found := map[string]message{}
	for rows.Next() {
		var payload []byte
		var m message
		err := errors.Join(rows.Scan(&payload), json.Unmarshal(payload, &m))
		if err != nil {
			r.t.Fatal(err)
		}
		if _, twice := found[m.Subject]; twice {
			r.t.Errorf("there are two events of %s", m.Subject)
		}
		found[m.Subject] = m
	}
	if rows.Err() != nil {
		r.t.Fatal(rows.Err())
	}
	return found
}

func TestTally_MakesOneEventOfAllThatIsAlike(t *testing.T) {
	r := newRig(t)
	tally := r.tally(time.Hour, 0, outbox.Append)
	ann, bob := uuid.NewString(), uuid.NewString()
	last := refused(ann)
	var adding sync.WaitGroup
	for range 49 {
		adding.Go(func() { tally.Add(ann, refused(ann)) })
	}
	adding.Wait()
	tally.Add(ann, last)
	tally.Add(bob, refused(bob))
	if n := r.count("TRUE"); n != 0 {
		t.Errorf("%d rows before the minute is over", n)
	}
	r.stopTally(tally)
	got := r.written()
	want := message{
		ID: got["accounts/"+ann].ID, Type: last.Type, Subject: last.Subject, Actor: ann, RequestID: last.RequestID,
		Data: map[string]any{"method": "/a/B", "count": 50.0},
	}
	if diff := cmp.Diff(want, got["accounts/"+ann]); diff != "" || len(got) != 2 || got["accounts/"+bob].Data["count"] != 1.0 {
		t.Errorf("%d events\n%s", len(got), diff)
	}
}

func TestTally_WritesNowAndThenAndBeginsAnew(t *testing.T) {
	r := newRig(t)
	tally := r.tally(5*time.Millisecond, 0, outbox.Append)
	for n := range 3 {
		tally.Add("ann", refused(uuid.NewString()))
		r.waitFor(n+1, `payload LIKE '%"count":1,%'`)
	}
}

func TestTally_CountsTheRestTogetherWhenThereAreTooMany(t *testing.T) {
	r := newRig(t)
	tally := r.tally(time.Hour, 2, outbox.Append)
	people := make([]string, 5)
	for i := range people {
		people[i] = uuid.NewString()
	}
	for range 2 {
		for _, p := range people {
			tally.Add(p, refused(p))
		}
	}
	r.stopTally(tally)
	got := map[string]string{}
	for subject, m := range r.written() {
		got[subject] = fmt.Sprint(m.Actor, m.RequestID != "", m.Data)
	}
	want := map[string]string{"accounts/others": "false map[count:6]"}
	for _, p := range people[:2] {
		want["accounts/"+p] = p + "true map[count:2 method:/a/B]"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// failing fails some writes of events in its own way.
type failing struct {
	mu    sync.Mutex
	tries int
	fail  func(ctx context.Context, try int, e outbox.Event) error
}

func (f *failing) append(ctx context.Context, tx *mysql.Tx, e outbox.Event) error {
	f.mu.Lock()
	f.tries++
	try := f.tries
	f.mu.Unlock()
	err := f.fail(ctx, try, e)
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, e)
}

func TestTally_KeepsItsCountsWhileTheyCannotBeWritten(t *testing.T) {
	r := newRig(t)
	away := errors.New("the database is away")
	f := &failing{fail: func(_ context.Context, try int, _ outbox.Event) error {
		if try <= 3 {
			return away
		}
		return nil
	}}
	tally := r.tally(5*time.Millisecond, 0, f.append)
	ann := uuid.NewString()
	tally.Add(ann, refused(ann))
	r.waitFor(1, `payload LIKE '%"count":1,%'`)
	bob := uuid.NewString()
	tally.Add(bob, refused(bob))
	r.waitFor(2, "TRUE")
}

// The connection is lost during COMMIT, which has happened.
func TestTally_WritesNothingTwiceWhenItDoesNotHearOfItsCommit(t *testing.T) {
	r := newRig(t)
	other := r.db
	f := &failing{fail: func(ctx context.Context, try int, e outbox.Event) error {
		if try > 1 {
			return nil
		}
		err := other.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error { return outbox.Append(ctx, tx, e) })
		return errors.Join(err, errors.New("no answer"))
	}}
	tally := r.tally(5*time.Millisecond, 0, f.append)
	ann, bob := uuid.NewString(), uuid.NewString()
	tally.Add(ann, refused(ann))
	r.waitFor(1, "TRUE")
	tally.Add(bob, refused(bob))
	r.waitFor(2, "TRUE")
	r.stopTally(tally)
	if got := r.written(); got["accounts/"+ann].Data["count"] != 1.0 || got["accounts/"+bob].Data["count"] != 1.0 {
		t.Errorf("got %v", got)
	}
}

func TestTally_AMistakeDoesNotHoldUpTheOthers(t *testing.T) {
	r := newRig(t)
	tally := r.tally(time.Hour, 0, outbox.Append)
	wrong, right := refused("ann@example.com"), refused(uuid.NewString())
	tally.Add("wrong", wrong)
	tally.Add("right", right)
	r.stopTally(tally)
	if got := r.written(); len(got) != 1 || got[right.Subject].Data["count"] != 1.0 {
		t.Errorf("got %v", got)
	}
}
