package audit

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// The storm: writers commit events while relays and consumers are killed at
// random and the queue misbehaves. What is killed ends in the middle of what it
// does and a fresh one takes its place. Afterwards nothing may be lost, nothing
// invented and nothing doubled.
const (
	stormSeed     = 20260304
	stormWriters  = 2
	stormRelays   = 3
	stormReaders  = 3
	killEvery     = 50 * time.Millisecond
	rollbackOneIn = 8

	stormLease      = 500 * time.Millisecond
	stormVisibility = time.Second
	// settleTime lets consumers finish what they have before the queue's clock
	// takes it from them.
	settleTime = 200 * time.Millisecond
)

var stormFaults = queuetest.Faults{Duplicate: 20, Reorder: true, LoseAnswer: 5, Refuse: 5, LoseDelete: 10}

// bugs are planted to see that the storm's checker notices them.
type bugs struct {
	sender   func(outbox.Sender) outbox.Sender // what the relays send to
	recorder func(*Store) recorder             // what the consumers record in
	schema   string                            // a statement on the trail's schema
}

// verdict is the storm's result. Lost, invented, doubled and dead letters must
// be none.
type verdict struct {
	acknowledged, committed, audited int
	lost, invented, doubled, dead    int
}

// judge compares what writers were told is committed, what is committed, and
// what is in the trail.
func judge(acknowledged, committed, audited []string) verdict {
	v := verdict{acknowledged: len(acknowledged), committed: len(committed), audited: len(audited)}
	in := func(ids []string) map[string]int {
		counts := make(map[string]int, len(ids))
		for _, id := range ids {
			counts[id]++
		}
		return counts
	}
	expected, found := in(committed), in(audited)
	for _, id := range acknowledged {
		if expected[id] == 0 {
			v.lost++
		}
	}
	for id := range expected {
		if found[id] == 0 {
			v.lost++
		}
	}
	for id, n := range found {
		if expected[id] == 0 {
			v.invented++
		}
		v.doubled += n - 1
	}
	return v
}

func TestQ9_NothingIsLostInventedOrDoubledWhileRelaysAndConsumersAreKilled(t *testing.T) {
	v := storm(t, bugs{}, 2*time.Second)
	t.Logf("%+v", v)
	if v.lost+v.invented+v.doubled+v.dead != 0 || v.acknowledged < 20 {
		t.Errorf("seed %d: %+v", stormSeed, v)
	}
}

func TestStorm_ItsCheckerSeesPlantedBugs(t *testing.T) {
	for name, c := range map[string]struct {
		bug  bugs
		seen func(verdict) int
	}{
		"a relay that marks before it sends": {
			bugs{sender: func(q outbox.Sender) outbox.Sender { return markingFirst{q} }},
			func(v verdict) int { return v.lost },
		},
		"a consumer that deletes before it records": {
			bugs{recorder: func(s *Store) recorder {
				return storeFunc{s, func(ctx context.Context, e Event) (bool, error) {
					if e.ID[35] < '8' { // half of them
						return true, nil // and then it was killed
					}
					return recordOne(ctx, s, e)
				}}
			}},
			func(v verdict) int { return v.lost },
		},
		"a consumer that makes ids of its own": {
			bugs{recorder: func(s *Store) recorder {
				return storeFunc{s, func(ctx context.Context, e Event) (bool, error) {
					if e.ID[35] < '8' { // half of them
						e.ID = uuid.NewString()
					}
					return recordOne(ctx, s, e)
				}}
			}},
			func(v verdict) int { return v.invented },
		},
		"a redelivery that takes effect twice": {
			bugs{
				schema: "ALTER TABLE events DROP PRIMARY KEY",
				recorder: func(s *Store) recorder {
					return storeFunc{s, func(ctx context.Context, e Event) (bool, error) {
						isNew, err := recordOne(ctx, s, e)
						if err == nil && !isNew {
							err = s.db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
								_, err := tx.Exec(ctx, "INSERT INTO events SELECT * FROM events WHERE id = ? LIMIT 1", e.ID)
								return err
							})
						}
						return isNew, err
					}}
				},
			},
			func(v verdict) int { return v.doubled },
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := storm(t, c.bug, 300*time.Millisecond)
			if c.seen(v) == 0 {
				t.Errorf("the checker saw nothing: %+v", v)
			}
		})
	}
}

func TestJudge_CountsWhatIsWrong(t *testing.T) {
	got := judge([]string{"a", "b", "x"}, []string{"a", "b", "c", "d"}, []string{"a", "a", "a", "b", "c", "y", "y"})
	want := verdict{acknowledged: 3, committed: 4, audited: 7, lost: 2, invented: 1, doubled: 3}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// markingFirst says that the queue has messages which it has not.
type markingFirst struct{ outbox.Sender }

func (m markingFirst) Send(ctx context.Context, entries []queue.Entry) (queue.SendResult, error) {
	result, err := m.Sender.Send(ctx, entries[1:])
	result.Accepted = append(result.Accepted, entries[0].ID)
	return result, err
}

// storm rages for a while, lets the sky clear, and judges.
func storm(t *testing.T, planted bugs, rage time.Duration) verdict {
	t.Helper()
	s := newStorm(t, planted)
	dice := rand.New(rand.NewPCG(stormSeed, 0))
	ctx, calm := context.WithTimeout(t.Context(), rage)
	defer calm()
	var writing sync.WaitGroup
	for range stormWriters {
		own := rand.New(rand.NewPCG(stormSeed, dice.Uint64()))
		writing.Go(func() { s.write(ctx, own) })
	}
	kill := time.NewTicker(killEvery)
	defer kill.Stop()
	for ctx.Err() == nil {
		select {
		case <-kill.C:
			s.fleet[dice.IntN(len(s.fleet))].replace()
		case <-ctx.Done():
		}
	}
	writing.Wait()
	s.server.SetFaults(queuetest.Faults{})
	for _, victim := range s.fleet {
		victim.replace() // nobody is still impatient with the queue
	}
	var advanced time.Time
	s.eventually("all events to have gone their way", func() bool {
		_, err := s.admin.ExecContext(t.Context(), "UPDATE outbox SET visible_at = UTC_TIMESTAMP(6) WHERE status = 0 AND claim LIKE '00000000-%'") // back-offs are over
		if err != nil {
			return false // a relay is at these rows: a deadlock
		}
		if time.Since(advanced) > settleTime {
			advanced = time.Now()
			s.server.Advance(stormVisibility)
		}
		return len(s.ids("SELECT event_id FROM outbox WHERE status <> 1")) == 0 && s.waiting("events") == 0
	})
	for _, victim := range s.fleet {
		victim.kill()
	}
	v := judge(s.acknowledged, s.ids("SELECT event_id FROM outbox"), s.recorded())
	v.dead = s.waiting("dead")
	return v
}

// stormy is everything in the storm.
type stormy struct {
	*rig
	db    *mysql.DB // the writers' and relays' own
	admin *sql.DB
	fleet []*victim

	mu           sync.Mutex
	acknowledged []string
}

func newStorm(t *testing.T, planted bugs) *stormy {
	t.Helper()
	r := newRig(t)
	if planted.schema != "" {
		_, err := r.admin.ExecContext(t.Context(), planted.schema)
		if err != nil {
			t.Fatal(err)
		}
	}
	r.server.SetFaults(stormFaults)
	source := mysqltest.New(t, outboxtest.Schema())
	s := &stormy{rig: r, db: source.Open(t), admin: source.OpenAdmin(t)}
	relays := source.Open(t)
	for range stormRelays {
		s.fleet = append(s.fleet, newVictim(t, func(ctx context.Context) {
			var sender outbox.Sender = r.queue
			if planted.sender != nil {
				sender = planted.sender(sender)
			}
			_ = outbox.NewRelay(outbox.RelayConfig{
				DB: relays, Queue: sender, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: prometheus.NewRegistry(), Timing: outbox.Timing{Lease: stormLease},
			}).Run(ctx)
		}))
	}
	for range stormReaders {
		store := NewStore(r.schema.Open(t))
		s.fleet = append(s.fleet, newVictim(t, func(ctx context.Context) {
			var into recorder = store
			if planted.recorder != nil {
				into = planted.recorder(store)
			}
			c, _ := r.consumer(into)
			c.visibility = stormVisibility
			_ = c.Run(ctx)
		}))
	}
	return s
}

// write commits an event at a time. Some changes fail after their event was
// appended: of those nothing may ever be heard.
func (s *stormy) write(ctx context.Context, dice *rand.Rand) {
	failed := errors.New("the change failed")
	for ctx.Err() == nil {
		id := uuid.Must(uuid.NewV7()).String()
		fails := dice.IntN(rollbackOneIn) == 0
		err := s.db.WithTx(s.t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			err := outbox.Append(ctx, tx, outbox.Event{
				ID: id, Source: "notes", Type: "notejam.notes.note.created.v1", Subject: "notes/" + id, Version: 1, Time: time.Now(), Actor: ann,
			})
			if err == nil && fails {
				return failed
			}
			return err
		})
		switch {
		case err == nil:
			s.mu.Lock()
			s.acknowledged = append(s.acknowledged, id)
			s.mu.Unlock()
		case !fails:
			s.t.Errorf("write: %v", err)
		}
	}
}

func (s *stormy) ids(query string) []string {
	s.t.Helper()
	return column(s.t, s.admin, query)
}

// victim is a relay or consumer that is killed and replaced.
type victim struct {
	t    *testing.T
	run  func(ctx context.Context)
	kill func()
}

func newVictim(t *testing.T, run func(ctx context.Context)) *victim {
	v := &victim{t: t, run: run, kill: func() {}}
	v.replace()
	t.Cleanup(func() { v.kill() })
	return v
}

func (v *victim) replace() {
	v.kill()
	ctx, cancel := context.WithCancel(v.t.Context())
	var running sync.WaitGroup
	running.Go(func() { v.run(ctx) })
	v.kill = func() { cancel(); running.Wait() }
}
