package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/service"
)

// redriveRate is far below what the consumers can record beside the rest.
const redriveRate = 50

// redriven is what a redrive did, or would do.
type redriven struct {
	From      string        `json:"from"`
	To        string        `json:"to"`
	DryRun    bool          `json:"dry_run"`
	Moved     int           `json:"moved"`
	Undeleted int           `json:"undeleted"`
	Left      []leftBehind  `json:"left"`
	Waiting   int           `json:"waiting"` // in From, afterwards
	took      time.Duration // about that long
}

type leftBehind struct {
	MessageID string `json:"message_id"`
	Code      string `json:"code"`
	Reason    string `json:"reason"`
}

func redriveDeadLetters(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	rate := flags.Int("max-rate", redriveRate, "move at most `N` messages a second")
	limit := flags.Int("limit", 0, "move at most `N` messages, instead of as many as there are")
	dryRun := flags.Bool("dry-run", false, "move nothing, and say what would be moved")
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	if *rate < 1 || *limit < 0 {
		return flags.Mistake("--max-rate is below 1 or --limit below 0")
	}
	d, err := openDeadLetters(ctx, rt, lookup)
	if err != nil {
		return err
	}
	var result redriven
	if *dryRun {
		result, err = d.rehearse(ctx, *rate, *limit)
	} else {
		result, err = d.redrive(ctx, rt.Progress(), *rate, *limit)
	}
	if err != nil && result.Moved+len(result.Left) == 0 {
		return err
	}
	if *asJSON { // also when the rest failed
		err = errors.Join(err, rt.WriteJSON(result))
	} else {
		err = errors.Join(err, result.write(rt.Stdout))
	}
	if err == nil && len(result.Left) > 0 {
		err = service.ErrFound
	}
	return err
}

func (d deadLetters) redrive(ctx context.Context, progress *service.Progress, rate, limit int) (redriven, error) {
	begin := time.Now()
	moved, err := queue.Redrive{
		From: d.dead, To: d.source, Rate: rate, Limit: limit,
		Progress: func(m queue.Moved) { progress.Say("moved %d of %d messages", m.Sent, m.Limit) },
	}.Run(ctx)
	result := redriven{
		From: d.dead.Name(), To: d.source.Name(), Moved: moved.Sent, Undeleted: moved.Undeleted, Left: []leftBehind{}, took: time.Since(begin),
	}
	for _, l := range moved.Left {
		result.Left = append(result.Left, leftBehind{l.ID, l.Code, l.Message})
	}
	waiting, countErr := waitingIn(context.WithoutCancel(ctx), d.dead)
	result.Waiting = waiting
	return result, errors.Join(err, countErr)
}

// rehearse says what a redrive would do, as far as that can be known: which
// messages the queue will refuse it cannot.
func (d deadLetters) rehearse(ctx context.Context, rate, limit int) (redriven, error) {
	waiting, err := waitingIn(ctx, d.dead)
	n := waiting
	if limit > 0 {
		n = min(n, limit)
	}
	return redriven{
		From: d.dead.Name(), To: d.source.Name(), DryRun: true, Moved: n, Left: []leftBehind{}, Waiting: waiting,
		took: time.Duration(n) * time.Second / time.Duration(rate),
	}, err
}

func (r redriven) write(to io.Writer) error {
	moved := "Moved"
	if r.DryRun {
		moved = "Would move"
	}
	_, err := fmt.Fprintf(to, "%s %d messages from %s to %s in %s\nMessages in %s: %d\n",
		moved, r.Moved, r.From, r.To, r.took.Round(time.Second), r.From, r.Waiting)
	if err == nil && r.Undeleted > 0 {
		_, err = fmt.Fprintf(to, "Moved and still there, to be moved once more: %d\n", r.Undeleted)
	}
	if err != nil || len(r.Left) == 0 {
		return err
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(table, "\nLEFT THERE\tCODE\tREASON\n")
	for _, l := range r.Left {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", l.MessageID, l.Code, l.Reason)
	}
	return table.Flush()
}
