package audit

import (
	"context"
	"fmt"
	"slices"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// adoptCommand links events that a release before chains has recorded. Whoever
// runs it vouches for them: they are as good from then on as any other.
func adoptCommand() service.Command {
	return service.Command{
		Name: "adopt",
		Doc:  "link events that are in no chain, because a release before chains recorded them",
		Run: func(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
			flags := rt.Flags()
			dryRun := flags.Bool("dry-run", false, "only count them")
			asJSON := flags.Bool("json", false, "print JSON")
			_, err := flags.Parse(args, 0, 0)
			if err != nil {
				return err
			}
			store, _, err := openForCommand(rt, lookup)
			if err != nil {
				return err
			}
			result, err := adopt(ctx, rt, store, *dryRun)
			if err != nil {
				return err
			}
			if *asJSON {
				return rt.WriteJSON(result)
			}
			verb := "were linked"
			if *dryRun {
				verb = "are in no chain"
			}
			_, err = fmt.Fprintf(rt.Stdout, "%d events of %d accounts %s\n", result.Events, result.Accounts, verb)
			return err
		},
	}
}

// adopted is what was done, or with a dry run is to do.
type adopted struct {
	DryRun   bool `json:"dry_run"`
	Accounts int  `json:"accounts"`
	Events   int  `json:"events"`
}

func adopt(ctx context.Context, rt *service.Runtime, store *Store, dryRun bool) (adopted, error) {
	result, progress, seen := adopted{DryRun: dryRun}, rt.Progress(), 0
	tell := func() {
		progress.Say("at account %d: %d events of %d accounts before it", seen, result.Events, result.Accounts)
	}
	for next := new(string); next != nil; {
		accounts, after, err := store.Accounts(ctx, *next)
		if err != nil {
			return result, err
		}
		for _, account := range accounts {
			seen++
			n, err := adoptAccount(ctx, store, account, dryRun, tell)
			result.Events += n
			if err != nil {
				return result, fmt.Errorf("%s, after %d events: %w", chainName(account), result.Events, err)
			}
			if n > 0 {
				result.Accounts++
			}
		}
		next = after
	}
	return result, nil
}

func adoptAccount(ctx context.Context, store *Store, account string, dryRun bool, tell func()) (linked int, err error) {
	arrivals, err := store.Arrivals(ctx, account, tell)
	if err != nil || dryRun {
		return len(arrivals), err
	}
	for batch := range slices.Chunk(arrivals, adoptBatch) {
		n, err := store.Adopt(ctx, account, batch)
		linked += n
		if err != nil {
			return linked, err
		}
		tell()
	}
	return linked, nil
}
