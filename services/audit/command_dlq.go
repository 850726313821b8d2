package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/service"
)

// A dead letter is a message that could not be recorded ten times: an event, as
// a rule, for what is none goes into quarantine at once.
func dlqCommand() service.Command {
	return service.Command{
		Name: "dlq",
		Doc:  "look at the messages that could not be recorded, and have them tried again",
		Commands: []service.Command{
			{Name: "list", Doc: "list dead letters; exit code 1 when there are some", Run: listDeadLetters},
			{Name: "show", Doc: "show a dead letter with all that is in it", Args: "ID", Run: showDeadLetter},
			{Name: "redrive", Doc: "move dead letters back to the queue; what is recorded already stays as it is", Run: redriveDeadLetters},
		},
	}
}

// deadLetters are the two queues.
type deadLetters struct{ source, dead *queue.Queue }

func openDeadLetters(ctx context.Context, rt *service.Runtime, lookup env.Lookup) (deadLetters, error) {
	set := env.New(lookup)
	source, dead := readQueues(set)
	err := set.Err()
	if err != nil {
		return deadLetters{}, err
	}
	if source.URL == dead.URL {
		return deadLetters{}, errSameQueue
	}
	var d deadLetters
	d.source, err = queue.Open(ctx, source, rt.Metrics)
	if err != nil {
		return deadLetters{}, err
	}
	d.dead, err = queue.Open(ctx, dead, rt.Metrics)
	return d, err
}

// letter is a dead letter in a list.
type letter struct {
	MessageID    string    `json:"message_id"`
	EventID      string    `json:"event_id,omitempty"`
	Type         string    `json:"type,omitempty"`
	NoEvent      string    `json:"no_event,omitempty"` // why it is none
	SentAt       time.Time `json:"sent_at"`
	ReceiveCount int       `json:"receive_count"`
}

func newLetter(m queue.Message) letter {
	l := letter{MessageID: m.ID, SentAt: m.SentAt, ReceiveCount: m.ReceiveCount}
	event, err := decode(m.Body)
	if err != nil {
		l.NoEvent = err.Error()
		return l
	}
	l.EventID, l.Type = event.ID, event.Type
	return l
}

// maxLook is how many messages a command looks at, at most: SQS hides no more
// than 120,000 at a time, and somebody else may want some.
const maxLook = 10_000

func listDeadLetters(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	limit := flags.Int("limit", 100, fmt.Sprintf("list at most `N` messages, up to %d", maxLook))
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	if *limit < 1 || *limit > maxLook {
		return flags.Mistake("--limit is not 1 to %d", maxLook)
	}
	d, err := openDeadLetters(ctx, rt, lookup)
	if err != nil {
		return err
	}
	waiting, err := waitingIn(ctx, d.dead)
	if err != nil {
		return err
	}
	letters := []letter{}
	progress := rt.Progress()
	err = d.dead.Browse(ctx, *limit, func(m queue.Message) bool {
		letters = append(letters, newLetter(m))
		progress.Say("looked at %d of about %d messages", len(letters), waiting)
		return true
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(letters, func(a, b letter) int { return a.SentAt.Compare(b.SentAt) })
	waiting = max(waiting, len(letters)) // the queue's own count may lag
	if *asJSON {
		err = rt.WriteJSON(struct {
			Queue    string   `json:"queue"`
			Waiting  int      `json:"waiting"`
			Messages []letter `json:"messages"`
		}{d.dead.Name(), waiting, letters})
	} else {
		err = writeLetters(rt.Stdout, d.dead.Name(), waiting, letters)
	}
	if err == nil && waiting > 0 {
		err = service.ErrFound
	}
	return err
}

// waitingIn counts a queue's messages, also those that somebody looks at now.
func waitingIn(ctx context.Context, q *queue.Queue) (int, error) {
	count, err := q.Attributes(ctx)
	return count.Visible + count.InFlight + count.Delayed, err
}

func writeLetters(to io.Writer, from string, waiting int, letters []letter) error {
	_, err := fmt.Fprintf(to, "Messages in %s: %d\n", from, waiting)
	if err != nil || len(letters) == 0 {
		return err
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(table, "\nMESSAGE\tSENT\tRECEIVED\tEVENT\tTYPE\n")
	for _, l := range letters {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", l.MessageID, timeText(l.SentAt), l.ReceiveCount,
			cmp.Or(l.EventID, "none"), cmp.Or(l.Type, l.NoEvent))
	}
	if more := waiting - len(letters); more > 0 {
		_, _ = fmt.Fprintf(table, "and %d more\n", more)
	}
	return table.Flush()
}

func showDeadLetter(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	limit := flags.Int("limit", 1000, fmt.Sprintf("look for it among `N` messages, up to %d", maxLook))
	ids, err := flags.Parse(args, 1, 1)
	if err != nil {
		return err
	}
	if *limit < 1 || *limit > maxLook {
		return flags.Mistake("--limit is not 1 to %d", maxLook)
	}
	d, err := openDeadLetters(ctx, rt, lookup)
	if err != nil {
		return err
	}
	var found *queue.Message
	looked := 0
	progress := rt.Progress()
	err = d.dead.Browse(ctx, *limit, func(m queue.Message) bool {
		looked++
		progress.Say("looked at %d messages", looked)
		if m.ID == ids[0] || newLetter(m).EventID == ids[0] {
			found = &m
		}
		return found == nil
	})
	if err != nil {
		return err
	}
	if found == nil {
		return fmt.Errorf("none of the %d messages that %s showed has or holds the id %s", looked, d.dead.Name(), ids[0])
	}
	l := newLetter(*found)
	if *asJSON {
		return rt.WriteJSON(struct {
			letter
			body
		}{l, newBody(found.Body)})
	}
	table := tabwriter.NewWriter(rt.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "message\t%s\nsent\t%s\nreceived\t%d times\n", l.MessageID, timeText(l.SentAt), l.ReceiveCount)
	if l.NoEvent != "" {
		_, _ = fmt.Fprintf(table, "no event\t%s\n", l.NoEvent)
	}
	return errors.Join(table.Flush(), writeBody(rt.Stdout, found.Body))
}
