package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
)

func quarantineCommand() service.Command {
	return service.Command{
		Name: "quarantine",
		Doc:  "look at the messages that are no events, and record those that are some after all",
		Commands: []service.Command{
			{Name: "list", Doc: "list messages in quarantine; exit code 1 when there are some", Run: listQuarantine},
			{Name: "show", Doc: "show a message with all that is in it", Args: "DIGEST", Run: showQuarantined},
			{Name: "replay", Doc: "record messages that this release can read, and mark them replayed", Args: "DIGEST", Run: replayQuarantine},
		},
	}
}

// openStore opens the trail for a command. It checks that the schema is not
// older than this program.
func openStore(ctx context.Context, rt *service.Runtime, lookup env.Lookup) (*Store, error) {
	db, err := mysql.OpenForCommand(rt, lookup, "AUDIT")
	if err != nil {
		return nil, err
	}
	store := NewStore(db)
	return store, store.Check(ctx)
}

// quarantined is a message in a list.
type quarantined struct {
	Digest     string     `json:"digest"`
	Reason     string     `json:"reason"`
	Bytes      int        `json:"bytes"`
	ReceivedAt time.Time  `json:"received_at"`
	ReplayedAt *time.Time `json:"replayed_at,omitempty"`
}

func newQuarantined(q Quarantined) quarantined {
	row := quarantined{Digest: hex.EncodeToString(q.Digest), Reason: q.Reason, Bytes: q.Bytes, ReceivedAt: q.ReceivedAt}
	if q.ReplayedAt.Valid {
		row.ReplayedAt = &q.ReplayedAt.Time
	}
	return row
}

// shortDigest is how many digits of a digest a table shows: enough to be the
// only one that begins so.
const shortDigest = 16

func listQuarantine(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	reason := flags.String("reason", "", "list those with the reason `R`, all of it or its first word")
	limit := flags.Int("limit", 100, "list at most `N` messages")
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	if *limit < 1 {
		return flags.Mistake("--limit is below 1")
	}
	store, err := openStore(ctx, rt, lookup)
	if err != nil {
		return err
	}
	waiting, replayed, err := store.CountQuarantine(ctx)
	if err != nil {
		return err
	}
	found, err := store.ListQuarantine(ctx, *reason, *limit)
	if err != nil {
		return err
	}
	rows := make([]quarantined, len(found))
	for i, q := range found {
		rows[i] = newQuarantined(q)
	}
	if *asJSON {
		err = rt.WriteJSON(struct {
			Waiting  int           `json:"waiting"`
			Replayed int           `json:"replayed"`
			Reasons  []ReasonCount `json:"reasons"`
			Messages []quarantined `json:"messages"`
		}{total(waiting), replayed, append([]ReasonCount{}, waiting...), rows})
	} else {
		err = writeQuarantine(rt.Stdout, waiting, replayed, rows)
	}
	if err == nil && total(waiting) > 0 {
		err = service.ErrFound
	}
	return err
}

func total(counts []ReasonCount) int {
	n := 0
	for _, c := range counts {
		n += c.Count
	}
	return n
}

func writeQuarantine(to io.Writer, waiting []ReasonCount, replayed int, rows []quarantined) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "Messages in quarantine: %d\n", total(waiting))
	writeReasons(table, waiting)
	_, _ = fmt.Fprintf(table, "Replayed before: %d\n", replayed)
	if len(rows) > 0 {
		_, _ = fmt.Fprint(table, "\nDIGEST\tRECEIVED\tBYTES\tREASON\n")
	}
	for _, row := range rows {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", row.Digest[:shortDigest], timeText(row.ReceivedAt), row.Bytes, row.Reason)
	}
	return table.Flush()
}

func writeReasons(to io.Writer, counts []ReasonCount) {
	for _, c := range counts {
		_, _ = fmt.Fprintf(to, "  %s\t%d\n", c.Reason, c.Count)
	}
}

func showQuarantined(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	digests, err := flags.Parse(args, 1, 1)
	if err != nil {
		return err
	}
	store, err := openStore(ctx, rt, lookup)
	if err != nil {
		return err
	}
	found, err := store.FindQuarantined(ctx, digests[0])
	if err != nil {
		return err
	}
	row := newQuarantined(found)
	if *asJSON {
		return rt.WriteJSON(struct {
			quarantined
			body
		}{row, newBody(found.Body)})
	}
	table := tabwriter.NewWriter(rt.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "digest\t%s\nreason\t%s\nreceived\t%s\nbytes\t%d\n", row.Digest, row.Reason, timeText(row.ReceivedAt), row.Bytes)
	if row.ReplayedAt != nil {
		_, _ = fmt.Fprintf(table, "replayed\t%s\n", timeText(*row.ReplayedAt))
	}
	return errors.Join(table.Flush(), writeBody(rt.Stdout, found.Body))
}
