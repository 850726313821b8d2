package auth

import (
	"context"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/service"
)

// epochCommand ends all that was given out. It needs no more of the service's settings than AUTH_MYSQL_….
func epochCommand() service.Command {
	return service.Command{
		Name: "epoch",
		Doc:  "end what was given out to everybody",
		Commands: []service.Command{{
			Name: "bump",
			Doc:  "end every session, token and reset link, and make new signing keys: after a backup was restored, before anybody is served",
			Run:  bumpEpoch,
		}},
	}
}

func bumpEpoch(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	db, err := mysql.OpenForCommand(rt, lookup, "AUTH")
	if err != nil {
		return err
	}
	progress := rt.Progress()
	ended, err := NewStore(db, time.Now, outbox.Append).BumpEpochs(ctx, func(b Bumped) { progress.Say("%s", b) })
	if err != nil {
		return err
	}
	if *asJSON {
		return rt.WriteJSON(ended)
	}
	_, err = fmt.Fprintln(rt.Stdout, ended)
	return err
}

func (b Bumped) String() string {
	return fmt.Sprintf("A new epoch for %d accounts. Ended: %d sessions, %d tokens. Withdrawn: %d mails, %d signing keys.",
		b.Accounts, b.Sessions, b.Tokens, b.Mails, b.Keys)
}
