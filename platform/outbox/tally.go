package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
)

const (
	// tallyEvery is how often the counts become events.
	tallyEvery = time.Minute
	// tallyKeys is how many things are counted apart between two of those: with
	// 1 KiB each, some 10 MiB at most.
	tallyKeys = 10_000
	// tallyBatch is how many events one transaction writes.
	tallyBatch = 100
)

// TallyConfig is what a tally needs.
type TallyConfig struct {
	DB     *mysql.DB
	Append AppendFunc
	Log    *slog.Logger
	Every  time.Duration // 0 means a minute
	Keys   int           // how many things are counted apart; 0 means 10,000
}

// Tally makes one event of everything that is alike and happened within a minute.
// It is for what changes nothing and may come in floods: what was refused. It
// counts in memory, so that whoever floods us makes no row by each try; a process
// that crashes loses the counts of its last minute. Each replica counts its own.
//
// An event of a tally is the last one that was added, with the number of all in
// its data as "count". Beyond the number of things that are counted apart the
// others of their type are counted together, in nobody's trail.
type Tally struct {
	cfg      TallyConfig
	stopping chan struct{}
	stop     func() // closes stopping, once
	done     chan struct{}

	mu     sync.Mutex
	counts map[tallied]counted

	unwritten []Event // of Run alone: they are written before anything else becomes an event
}

// tallied is what is counted apart.
type tallied struct{ kind, key string }

type counted struct {
	last Event
	n    int
}

// NewTally makes a tally; Run makes it write.
func NewTally(cfg TallyConfig) *Tally {
	if cfg.Every == 0 {
		cfg.Every = tallyEvery
	}
	if cfg.Keys == 0 {
		cfg.Keys = tallyKeys
	}
	t := &Tally{cfg: cfg, stopping: make(chan struct{}), done: make(chan struct{}), counts: map[tallied]counted{}}
	t.stop = sync.OnceFunc(func() { close(t.stopping) })
	return t
}

// Component lets a service run the tally. Registered before the servers that add
// to it, it is stopped after them and misses nothing.
func (t *Tally) Component() service.Component {
	return service.Component{Name: "tally", Run: t.Run, Stop: t.Stop}
}

// Add counts an event, which has no id yet. Events of one type and key are alike.
// It never waits for the database.
func (t *Tally) Add(key string, e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := tallied{e.Type, key}
	_, known := t.counts[at]
	if !known && len(t.counts) >= t.cfg.Keys {
		at.key, e = "", others(e)
	}
	t.counts[at] = counted{e, t.counts[at].n + 1}
}

// others stands for all events of a type that are not counted apart any more.
func others(e Event) Event {
	collection, _, _ := strings.Cut(e.Subject, "/")
	return Event{Source: e.Source, Type: e.Type, Subject: collection + "/others", Time: e.Time}
}

// Run writes the counts every minute until Stop, and then once more. Run is
// called once.
func (t *Tally) Run(ctx context.Context) error {
	defer close(t.done)
	ticker := time.NewTicker(t.cfg.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if t.cfg.DB.ReadOnly(ctx) {
				continue
			}
			err := t.flush(ctx)
			if err != nil && ctx.Err() == nil {
				t.cfg.Log.Warn("counts have to wait", "error", err)
			}
		case <-t.stopping:
			err := t.flush(ctx)
			if err != nil {
				t.cfg.Log.Warn("counts are lost", "events", len(t.unwritten), "error", err)
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Stop lets the tally write what it has counted and ends Run. It waits for that
// until ctx ends.
func (t *Tally) Stop(ctx context.Context) error {
	t.stop()
	select {
	case <-t.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop tally: %w", ctx.Err())
	}
}

// flush makes events of the counts and writes them. What could not be written
// before comes first, and until then counting goes on: the memory has a limit.
func (t *Tally) flush(ctx context.Context) error {
	err := t.writeAll(ctx)
	if err != nil {
		return err
	}
	t.unwritten = t.take()
	return t.writeAll(ctx)
}

func (t *Tally) writeAll(ctx context.Context) error {
	for len(t.unwritten) > 0 {
		batch := t.unwritten[:min(tallyBatch, len(t.unwritten))]
		err := t.write(ctx, batch)
		if err != nil {
			return err
		}
		t.unwritten = t.unwritten[len(batch):]
	}
	return nil
}

// take gives the counts as events, and begins anew. Their ids are made here and
// stay: a batch whose COMMIT nobody answered is written again, and is not new.
func (t *Tally) take() (events []Event) {
	t.mu.Lock()
	counts := t.counts
	t.counts = map[tallied]counted{}
	t.mu.Unlock()
	for _, c := range counts {
		e := c.last
		e.ID = uuid.Must(uuid.NewV7()).String()
		e.Data = maps.Clone(e.Data)
		if e.Data == nil {
			e.Data = map[string]any{}
		}
		e.Data["count"] = c.n
		_, err := e.payload()
		if err != nil { // a mistake in the caller, which must not hold up the others for ever
			t.cfg.Log.Error("a count is no event", "type", e.Type, "count", c.n, "error", err)
			continue
		}
		events = append(events, e)
	}
	return events
}

// write appends a batch. If it is there already, an earlier try has written all
// of it.
func (t *Tally) write(ctx context.Context, batch []Event) error {
	err := t.cfg.DB.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		for _, e := range batch {
			err := t.cfg.Append(ctx, tx, e)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if mysql.IsDuplicate(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	return nil
}
