package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
)

// commandConnections is how many a command uses at the same time, and one.
const commandConnections = 2

// verifyCommand checks the trail, in the database or as it was exported.
func verifyCommand() service.Command {
	return service.Command{
		Name: "verify",
		Doc:  "check that no event was changed, taken out or added; exit code 1 if one was",
		Run: func(ctx context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
			flags := rt.Flags()
			account := flags.String("account", everybody, "check the chain of this account `ID` alone; \"\" is the system's")
			run := flags.String("run", "", "check the checkpoints that were signed in the run of this `TIME`, as the log has it")
			digest := flags.String("digest", "", "the run's `DIGEST`, as the log has it")
			file := flags.String("export", "", "check an exported trail, without a database")
			keys := flags.String("public-key", "", "the `KEY` that signed its checkpoint, in base64, from elsewhere; several with commas between")
			asJSON := flags.Bool("json", false, "print JSON")
			_, err := flags.Parse(args, 0, 0)
			if err != nil {
				return err
			}
			switch {
			case (*file == "") != (*keys == ""):
				return flags.Mistake("--export and --public-key belong together: the key in the file is anybody's")
			case (*run == "") != (*digest == ""):
				return flags.Mistake("--run and --digest belong together")
			case *file != "" && *run != "", *account != everybody && *file+*run != "":
				return flags.Mistake("--account, --run and --export exclude each other")
			}
			if *file != "" {
				trusted, err := NewKeys(env.Secret{}, *keys)
				if err != nil {
					return flags.Mistake("--public-key: %v", err)
				}
				return verifyExport(rt, *file, trusted, *asJSON)
			}
			store, trusted, err := openForCommand(rt, lookup)
			if err != nil {
				return err
			}
			if *run != "" {
				at, err := time.Parse(canonicalTime, *run)
				if err != nil {
					return flags.Mistake("--run: want a time as in the log, such as 2026-03-04T05:06:07.123456Z")
				}
				return verifyRun(ctx, rt, store, at, *digest, *asJSON)
			}
			return verifyTrails(ctx, rt, &Verifier{store: store, keys: trusted}, *account, *asJSON)
		},
	}
}

// everybody is no account: an account's name has no blank.
const everybody = "all accounts"

// openForCommand opens the trail with the settings that a command needs.
func openForCommand(rt *service.Runtime, lookup env.Lookup) (*Store, *Keys, error) {
	set := env.New(lookup)
	cfg := config{Database: mysql.Settings(set, "AUDIT", commandConnections)}
	cfg.readKeys(set)
	err := set.Err()
	if err != nil {
		return nil, nil, err
	}
	keys, err := cfg.keys()
	if err != nil {
		return nil, nil, err
	}
	db, err := mysql.Open(cfg.Database, rt.Log, rt.Metrics)
	if err != nil {
		return nil, nil, err
	}
	rt.OnClose("database", db.Close)
	return NewStore(db), keys, nil
}

// verifyTrails checks one chain or all.
func verifyTrails(ctx context.Context, rt *service.Runtime, verifier *Verifier, account string, asJSON bool) error {
	result, progress := newReport(), rt.Progress()
	checkOne := func(account string) error {
		c := newCheck(account)
		finding, err := verifier.Check(ctx, c, func(c *check) bool {
			progress.Say("checking chain %d: link %d; %d links before it, %d chains broken", result.Chains+1, c.seq, result.Links, result.Broken)
			return ctx.Err() != nil
		})
		switch {
		case err != nil:
			return fmt.Errorf("check %s: %w", chainName(account), err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		line := result.add(c.walk, c.unlinked, finding)
		if line == nil || asJSON {
			return nil
		}
		_, err = fmt.Fprintln(rt.Stdout, line)
		return err
	}
	if account != everybody {
		err := checkOne(account)
		if err != nil {
			return err
		}
		return conclude(rt, result, asJSON)
	}
	for next := new(string); next != nil; {
		accounts, after, err := verifier.store.Accounts(ctx, *next)
		if err != nil {
			return err
		}
		for _, each := range accounts {
			err = checkOne(each)
			if err != nil {
				return err
			}
		}
		next = after
	}
	return conclude(rt, result, asJSON)
}

// conclude writes the result and chooses the exit code.
func conclude(rt *service.Runtime, result *report, asJSON bool) error {
	write := func() error { return result.sum(rt.Stdout) }
	if asJSON {
		write = func() error { return rt.WriteJSON(result) }
	}
	err := write()
	if err == nil && !result.Intact {
		err = service.ErrFound
	}
	return err
}

// verifyExport checks a file.
func verifyExport(rt *service.Runtime, name string, keys *Keys, asJSON bool) (err error) {
	file, err := os.Open(name) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	x, err := readExport(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	finding, w := x.verify(keys)
	result := newReport()
	line := result.add(*w, len(x.unlinked), finding)
	if !asJSON {
		err = x.describe(rt.Stdout, line)
		if err != nil {
			return err
		}
	}
	return conclude(rt, result, asJSON)
}

// describe says what is wrong with a file, or else how far its checkpoint
// vouches for it.
func (x *export) describe(to io.Writer, finding *reportFinding) error {
	sentence := "there is no checkpoint: whoever made this file may have left out its end or written all of it"
	switch {
	case finding != nil:
		sentence = finding.String()
	case x.checkpoint != nil:
		sentence = fmt.Sprintf("%s: the key %s signed the first %d of %d links on %s",
			chainName(x.account), x.checkpoint.KeyID, x.checkpoint.Seq, x.length, x.checkpoint.Time.Format(time.RFC3339))
	}
	_, err := fmt.Fprintln(to, sentence)
	return err
}

// verifyRun compares the checkpoints of a run with what the log says of it.
func verifyRun(ctx context.Context, rt *service.Runtime, store *Store, at time.Time, digest string, asJSON bool) error {
	run, progress := newSigning(at), rt.Progress()
	for next := new(string); next != nil; {
		checkpoints, after, err := store.CheckpointsOf(ctx, at, *next)
		if err != nil {
			return err
		}
		for _, c := range checkpoints {
			run.add(c)
		}
		progress.Say("read %d checkpoints", run.chains)
		next = after
	}
	result := struct {
		Intact      bool   `json:"intact"`
		Checkpoints int    `json:"checkpoints"`
		Digest      string `json:"digest"`
	}{strings.EqualFold(run.sum(), digest), run.chains, run.sum()}
	write := func() error {
		verdict := "intact"
		if !result.Intact {
			verdict = "not what was signed, their digest is " + result.Digest
		}
		_, err := fmt.Fprintf(rt.Stdout, "%d checkpoints of the run: %s\n", result.Checkpoints, verdict)
		return err
	}
	if asJSON {
		write = func() error { return rt.WriteJSON(result) }
	}
	err := write()
	if err == nil && !result.Intact {
		err = service.ErrFound
	}
	return err
}
