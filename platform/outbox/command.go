package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
)

// Command is what an operator can ask a service's outbox. It needs no more of
// the service's settings than PREFIX_MYSQL_…; it shows no contents of events.
func Command(prefix string) service.Command {
	return service.Command{
		Name: "outbox",
		Doc:  "look at the events that wait to be sent",
		Commands: []service.Command{
			{
				Name: "status",
				Doc:  "count the events that are unsent, sent and not confirmed, or parked; exit code 1 when some are parked or too old",
				Run: func(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
					return showStatus(ctx, rt, lookup, prefix, args)
				},
			},
			{
				Name: "unpark",
				Doc:  "have parked events sent again, once what was wrong with them or with the queue is mended",
				Args: "ID",
				Run: func(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
					return runUnpark(ctx, rt, lookup, prefix, args)
				},
			},
		},
	}
}

// defaultMaxAge is far longer than an event waits while the queue is there.
const defaultMaxAge = 5 * time.Minute

func showStatus(ctx context.Context, rt *service.Runtime, lookup env.Lookup, prefix string, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	maxAge := flags.Duration("max-age", defaultMaxAge, "an unsent event that is older than `TIME` is too old")
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	db, err := mysql.OpenForCommand(rt, lookup, prefix)
	if err != nil {
		return err
	}
	s, err := ReadStatus(ctx, db)
	if err != nil {
		return err
	}
	tooOld := s.OldestUnsent > *maxAge
	if *asJSON {
		err = rt.WriteJSON(s.report(tooOld))
	} else {
		err = s.write(rt.Stdout, tooOld, *maxAge)
	}
	if err == nil && (tooOld || s.Parked > 0) {
		err = service.ErrFound
	}
	return err
}

// report is the status for a program.
func (s Status) report(tooOld bool) any {
	type unsent struct {
		Count         int     `json:"count"`
		Due           int     `json:"due"`
		Claimed       int     `json:"claimed"`
		Delayed       int     `json:"delayed"`
		OldestSeconds float64 `json:"oldest_seconds"`
		TooOld        bool    `json:"too_old"`
	}
	type unconfirmed struct {
		Count         int     `json:"count"`
		OldestSeconds float64 `json:"oldest_seconds"`
	}
	type parked struct {
		Count int      `json:"count"`
		First []Parked `json:"first"`
	}
	return struct {
		Unsent      unsent      `json:"unsent"`
		Unconfirmed unconfirmed `json:"unconfirmed"`
		Parked      parked      `json:"parked"`
	}{
		unsent{s.unsent(), s.Due, s.Claimed, s.Delayed, s.OldestUnsent.Seconds(), tooOld},
		unconfirmed{s.Unconfirmed, s.OldestUnconfirmed.Seconds()},
		parked{s.Parked, append([]Parked{}, s.FirstParked...)}, // [] and not null
	}
}

func (s Status) unsent() int { return s.Due + s.Claimed + s.Delayed }

// write is the status for a person.
func (s Status) write(to io.Writer, tooOld bool, maxAge time.Duration) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "EVENTS\tCOUNT\n")
	_, _ = fmt.Fprintf(table, "unsent\t%s\n", countText(s.unsent(), s.OldestUnsent))
	_, _ = fmt.Fprintf(table, "  due\t%d\n", s.Due)
	_, _ = fmt.Fprintf(table, "  claimed by a relay\t%d\n", s.Claimed)
	_, _ = fmt.Fprintf(table, "  refused, tried again later\t%d\n", s.Delayed)
	_, _ = fmt.Fprintf(table, "sent, not yet confirmed\t%s\n", countText(s.Unconfirmed, s.OldestUnconfirmed))
	_, _ = fmt.Fprintf(table, "parked\t%d\n", s.Parked)
	if s.Parked > 0 {
		_, _ = fmt.Fprintf(table, "\nPARKED EVENT\tTYPE\tATTEMPTS\n")
	}
	for _, p := range s.FirstParked {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\n", p.EventID, p.Type, p.Attempts)
	}
	if more := s.Parked - len(s.FirstParked); more > 0 {
		_, _ = fmt.Fprintf(table, "and %d more\n", more)
	}
	err := table.Flush()
	if err == nil && tooOld {
		_, err = fmt.Fprintf(to, "\nThe oldest unsent event is older than %s.\n", maxAge)
	}
	if err == nil && s.Parked > 0 {
		_, err = fmt.Fprintf(to, "\nParked events wait for somebody: the service's log says why the queue refused them.\n")
	}
	if err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	return nil
}

func countText(n int, oldest time.Duration) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, the oldest %s", n, oldest.Round(time.Second))
}

func runUnpark(ctx context.Context, rt *service.Runtime, lookup env.Lookup, prefix string, args []string) error {
	flags := rt.Flags()
	all := flags.Bool("all", false, "all parked events, instead of the one with the ID")
	ids, err := flags.Parse(args, 0, 1)
	if err != nil {
		return err
	}
	if *all == (len(ids) == 1) {
		return flags.Mistake("want the ID of an event, or --all")
	}
	db, err := mysql.OpenForCommand(rt, lookup, prefix)
	if err != nil {
		return err
	}
	n := 0
	if *all {
		n, err = unparkAll(ctx, db, rt.Progress())
	} else {
		n, err = unpark(ctx, db, ids)
	}
	if err == nil && n == 0 && !*all {
		return fmt.Errorf("no event %s is parked", ids[0])
	}
	_, writeErr := fmt.Fprintf(rt.Stdout, "Unparked events: %d\n", n)
	return errors.Join(err, writeErr)
}

func unparkAll(ctx context.Context, db *mysql.DB, progress *service.Progress) (int, error) {
	total, last := 0, ""
	for {
		ids, err := parkedAfter(ctx, db, last)
		if err != nil || len(ids) == 0 {
			return total, err
		}
		n, err := unpark(ctx, db, ids)
		if err != nil {
			return total, err
		}
		total, last = total+n, ids[len(ids)-1]
		progress.Say("unparked %d events", total)
	}
}
