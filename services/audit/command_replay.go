package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

func replayQuarantine(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	all := flags.Bool("all", false, "all messages in quarantine, instead of the one with the DIGEST")
	dryRun := flags.Bool("dry-run", false, "record and mark nothing, and say what would be")
	digests, err := flags.Parse(args, 0, 1)
	if err != nil {
		return err
	}
	if *all == (len(digests) == 1) {
		return flags.Mistake("want the DIGEST of a message, or --all")
	}
	store, err := openStore(ctx, rt, lookup)
	if err != nil {
		return err
	}
	r := replay{store: store, dryRun: *dryRun, remaining: map[string]int{}}
	if *all {
		err = r.all(ctx, rt.Progress())
	} else {
		err = r.find(ctx, digests[0])
	}
	if err != nil && !*all {
		return err
	}
	if *asJSON { // also when the rest failed
		err = errors.Join(err, rt.WriteJSON(r.report()))
	} else {
		err = errors.Join(err, r.write(rt.Stdout))
	}
	if err == nil && len(r.remaining) > 0 {
		err = service.ErrFound
	}
	return err
}

// replay reads messages in quarantine once more.
type replay struct {
	store     *Store
	dryRun    bool
	recorded  int            // events that were new, or would be replayed
	repeated  int            // events that were in the trail already
	done      int            // messages that were replayed before
	remaining map[string]int // messages that are still no events, by reason
}

func (r *replay) find(ctx context.Context, digits string) error {
	q, err := r.store.FindQuarantined(ctx, digits)
	if err != nil {
		return err
	}
	if q.ReplayedAt.Valid {
		r.done++
		return nil
	}
	return r.one(ctx, q)
}

func (r *replay) all(ctx context.Context, progress *service.Progress) error {
	waiting, _, err := r.store.CountQuarantine(ctx)
	if err != nil {
		return err
	}
	var last []byte
	for looked := 0; ; {
		batch, err := r.store.QuarantineAfter(ctx, last)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, q := range batch {
			err = r.one(ctx, q)
			if err != nil {
				return err
			}
			last, looked = q.Digest, looked+1
			progress.Say("read %d of %d messages", looked, total(waiting))
		}
	}
}

// one records a message if it is an event, and then marks it. If it is marked no
// more, the next replay finds the event recorded.
func (r *replay) one(ctx context.Context, q Quarantined) error {
	event, err := decode(q.Body)
	if err != nil {
		r.remaining[err.Error()]++
		return nil //nolint:nilerr // that it is no event is the result
	}
	if r.dryRun {
		r.recorded++
		return nil
	}
	isNew, err := r.store.Record(ctx, []Event{event})
	if err != nil {
		return err
	}
	if isNew[0] {
		r.recorded++
	} else {
		r.repeated++
	}
	return r.store.MarkReplayed(ctx, q.Digest)
}

func (r *replay) reasons() []ReasonCount {
	counts := []ReasonCount{}
	for _, reason := range slices.Sorted(maps.Keys(r.remaining)) {
		counts = append(counts, ReasonCount{reason, r.remaining[reason]})
	}
	return counts
}

// report is the result for a program.
func (r *replay) report() any {
	return struct {
		DryRun    bool          `json:"dry_run"`
		Recorded  int           `json:"recorded"`
		Repeated  int           `json:"repeated"`
		Done      int           `json:"replayed_before"`
		Remaining int           `json:"remaining"`
		Reasons   []ReasonCount `json:"reasons"`
	}{r.dryRun, r.recorded, r.repeated, r.done, total(r.reasons()), r.reasons()}
}

// write is the result for a person.
func (r *replay) write(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	if r.dryRun {
		_, _ = fmt.Fprintf(table, "Messages that are events now: %d\n", r.recorded)
	} else {
		_, _ = fmt.Fprintf(table, "Recorded: %d\nIn the trail before: %d\n", r.recorded, r.repeated)
	}
	if r.done > 0 {
		_, _ = fmt.Fprintf(table, "Replayed before: %d\n", r.done)
	}
	_, _ = fmt.Fprintf(table, "Still no events: %d\n", total(r.reasons()))
	writeReasons(table, r.reasons())
	return table.Flush()
}
