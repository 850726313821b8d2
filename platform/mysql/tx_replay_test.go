package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// opposite runs two transactions that lock a and b in opposite orders, so that the first runs of both must meet in a deadlock.
func opposite(t *testing.T, db *mysql.DB, between func(ctx context.Context, tx *mysql.Tx, err error) error) {
	t.Helper()
	oppositeIn(t.Context(), t, db, between)
}

func oppositeIn(ctx context.Context, t *testing.T, db *mysql.DB, between func(ctx context.Context, tx *mysql.Tx, err error) error) {
	t.Helper()
	var both, done sync.WaitGroup
	both.Add(2)
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		var first sync.Once
		done.Go(func() {
			err := db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
				err := change(order[0], 1)(ctx, tx)
				if err != nil {
					return err
				}
				first.Do(func() {
					both.Done()
					both.Wait()
				})
				return between(ctx, tx, change(order[1], 1)(ctx, tx))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
}

func TestD7_TheVictimOfADeadlockIsReplayed(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	opposite(t, database.Open(t), func(_ context.Context, _ *mysql.Tx, err error) error { return err })
	if diff := cmp.Diff(map[string]int{"a": 102, "b": 102}, balances(t, admin)); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
	if got := metric(t, database.Registry, "mysql_transaction_replays_total", map[string]string{"cause": "deadlock"}); got != 1 {
		t.Errorf("%v replays, want 1", got)
	}
}

func TestADeadlockThatItsFunctionOverlooksCommitsNothingTwice(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	opposite(t, database.Open(t), func(ctx context.Context, tx *mysql.Tx, overlooked error) error {
		_, err := tx.Exec(ctx, "INSERT INTO accounts (name, balance) VALUES (UUID(), ?)", 1)
		if overlooked != nil && err == nil {
			t.Error("a statement ran outside its transaction")
		}
		return nil
	})
	found := balances(t, admin)
	if found["a"] != 102 || found["b"] != 102 || len(found) != 4 {
		t.Errorf("got %v", found)
	}
}

func TestALockThatIsNotToBeHadAborts(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	holder, err := admin.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback() }()
	_, err = holder.ExecContext(t.Context(), add, 1, "a")
	if err != nil {
		t.Fatal(err)
	}
	db := database.Open(t)
	writes := map[string]func(ctx context.Context, tx *mysql.Tx) error{
		"an UPDATE": change("a", 1),
		"a SELECT FOR UPDATE that overlooks it": func(ctx context.Context, tx *mysql.Tx) error {
			var balance int
			_ = tx.QueryRow(ctx, "SELECT balance FROM accounts WHERE name = ? FOR UPDATE", "a").Scan(&balance)
			return nil
		},
	}
	var done sync.WaitGroup
	for name, write := range writes {
		done.Go(func() {
			begin := time.Now()
			err := db.WithTx(t.Context(), write)
			waited := time.Since(begin)
			if fault.KindOf(err) != fault.Aborted || !fault.Is(err, fault.ReasonLockTimeout) {
				t.Errorf("%s: got %v", name, err)
			}
			// 2 s on MariaDB; MySQL looks at its lock waits once a second only, so that its limit of 1 s is up to 2 there.
			if waited < 900*time.Millisecond || waited > 2900*time.Millisecond {
				t.Errorf("%s: it came after %v, want 1 to 2 s", name, waited)
			}
		})
	}
	done.Wait()
	if got := database.Transactions(t, "rolled_back"); got != 2 {
		t.Errorf("%d transactions were rolled back, want 2: no replay", got)
	}
}

func TestAConnectionLostBeforeCommitIsReplayed(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	runs := 0
	err := database.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		runs++
		err := change("a", 1)(ctx, tx)
		if err != nil {
			return err
		}
		if runs == 1 {
			var id int
			err = tx.QueryRow(ctx, "SELECT CONNECTION_ID()").Scan(&id)
			if err != nil {
				return err
			}
			_, err = admin.ExecContext(ctx, fmt.Sprintf("KILL %d", id))
			if err != nil {
				return err
			}
		}
		return change("b", 1)(ctx, tx)
	})
	if err != nil || runs != 2 {
		t.Errorf("got %v after %d runs, want success after 2", err, runs)
	}
	if diff := cmp.Diff(map[string]int{"a": 101, "b": 101}, balances(t, admin)); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
	if got := metric(t, database.Registry, "mysql_transaction_replays_total", map[string]string{"cause": "connection"}); got != 1 {
		t.Errorf("%v replays, want 1", got)
	}
}

func TestReplaysEnd(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	cut := mysqltest.NewProxy(t, database.Config.Addr, func(command byte, _ string) mysqltest.Verdict {
		if command == mysqltest.ComStmtExecute {
			return mysqltest.Drop
		}
		return mysqltest.Pass
	})
	cfg := database.Config
	cfg.Addr = cut.Addr
	runs := 0
	err := open(t, cfg, database.Registry).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		runs++
		return change("a", 1)(ctx, tx)
	})
	if fault.KindOf(err) != fault.Unavailable || fault.Is(err, fault.ReasonOutcomeUnknown) || runs != 4 {
		t.Errorf("got %v after %d runs, want Unavailable after 4", err, runs)
	}
	if got := balances(t, admin)["a"]; got != 100 {
		t.Errorf("a holds %d, want 100", got)
	}
}

func TestAConnectionLostDuringCommitLeavesTheOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		onCommit mysqltest.Verdict
		want     int // what a holds afterwards
	}{
		"the server never got the COMMIT":              {mysqltest.Drop, 100},
		"the server committed and its answer was lost": {mysqltest.LoseAnswer, 101},
		"the server committed and went silent":         {mysqltest.Mute, 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, admin := newAccounts(t)
			var commits atomic.Int32
			between := mysqltest.NewProxy(t, database.Config.Addr, func(command byte, text string) mysqltest.Verdict {
				if command == mysqltest.ComQuery && text == "COMMIT" {
					commits.Add(1)
					return story.onCommit
				}
				return mysqltest.Pass
			})
			cfg := database.Config
			cfg.Addr = between.Addr
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begin := time.Now()
			err := open(t, cfg, database.Registry).WithTx(ctx, change("a", 1))
			if fault.KindOf(err) != fault.Unavailable || !fault.Is(err, fault.ReasonOutcomeUnknown) {
				t.Errorf("got %v", err)
			}
			if commits.Load() != 1 || database.Transactions(t, "unknown") != 1 || database.Transactions(t) != 1 {
				t.Errorf("%d COMMITs of %d transactions, want one and no replay", commits.Load(), database.Transactions(t))
			}
			if waited := time.Since(begin); waited > 1500*time.Millisecond {
				t.Errorf("it came after %v, long after the deadline", waited)
			}
			between.Stop()
			eventually(t, "the outcome is as expected", func() bool { return balances(t, admin)["a"] == story.want })
		})
	}
}

func TestNoCommitIsBegunWhenLittleTimeIsLeft(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := database.Open(t).WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
		err := change("a", 1)(ctx, tx)
		deadline, _ := ctx.Deadline()
		late, cancel := context.WithDeadline(ctx, deadline.Add(-80*time.Millisecond))
		defer cancel()
		<-late.Done()
		return err
	})
	if fault.KindOf(err) != fault.Timeout {
		t.Errorf("got %v", err)
	}
	eventually(t, "it is rolled back", func() bool { return database.Transactions(t, "rolled_back") == 1 })
	if got := balances(t, admin)["a"]; got != 100 {
		t.Errorf("a holds %d, want 100", got)
	}
}

func TestAnEndedContextRollsBack(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	db := database.Open(t)
	t.Run("before COMMIT", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.WithTx(ctx, func(ctx context.Context, tx *mysql.Tx) error {
			err := change("a", 1)(ctx, tx)
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("during a statement that waits for a lock, which leaves no ghost write", func(t *testing.T) {
		holder, err := admin.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = holder.ExecContext(t.Context(), add, 5, "b")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err = db.WithTx(ctx, change("b", 1))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		err = holder.Commit()
		if err != nil {
			t.Fatal(err)
		}
	})
	eventually(t, "the server has ended what was left", func() bool {
		var busy int
		err := admin.QueryRowContext(t.Context(),
			"SELECT COUNT(*) FROM information_schema.processlist WHERE user = ? AND db = ? AND command <> 'Sleep'",
			database.Config.User, database.Config.Database).Scan(&busy)
		return err == nil && busy == 0
	})
	if diff := cmp.Diff(map[string]int{"a": 100, "b": 105}, balances(t, admin)); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
}

func TestADatabaseThatIsAwayIsUnavailableAtOnce(t *testing.T) {
	t.Parallel()
	cfg := mysql.Config{Addr: "127.0.0.1:1", User: "u", Database: "d", MaxOpen: 1}
	db, err := mysql.Open(cfg, discard, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	begin := time.Now()
	err = db.WithTx(t.Context(), change("a", 1))
	if fault.KindOf(err) != fault.Unavailable || time.Since(begin) > time.Second {
		t.Errorf("got %v after %v", err, time.Since(begin))
	}
}
