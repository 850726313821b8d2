//go:build faults

package faults_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// away bounds an answer while the database is not there: nobody waits for what cannot be had.
const away = 4 * time.Second

// onlyUnavailable says that whatever failed was told so, in time: 503, and never 500.
func (r *rig) onlyUnavailable(report fleet.Report) {
	r.t.Helper()
	if report.Requests == 0 || len(report.Failed) == report.Requests {
		r.t.Errorf("nothing succeeded: %v", report)
	}
	for _, f := range report.Failed {
		if f.Status != http.StatusServiceUnavailable || f.Took > away || strings.Contains(f.Got, "rpc error") {
			r.t.Errorf("%s after %v: %s", f.What, f.Took, f.Got)
		}
	}
}

// back says that everything works again within a while, and that no process had to be started for it.
func (r *rig) back(pids []int) {
	r.t.Helper()
	r.noneFailed(r.meanwhile(func(ctx context.Context) { pause(ctx, either(time.Second, 5*time.Second)) }))
	for i, m := range r.Members {
		if m.PID() != pids[i] {
			r.t.Errorf("%s is another process than before", m.Name)
		}
	}
}

func (r *rig) pids() []int {
	pids := make([]int, 0, len(r.Members))
	for _, m := range r.Members {
		pids = append(pids, m.PID())
	}
	return pids
}

func (r *rig) admin() *sql.DB {
	r.t.Helper()
	admin, err := r.Stack.OpenDatabase()
	r.must(err)
	r.t.Cleanup(func() { _ = admin.Close() })
	return admin
}

func (r *rig) exec(admin *sql.DB, statement string) {
	r.t.Helper()
	_, err := admin.ExecContext(r.t.Context(), statement)
	r.must(err)
}

func TestD1_TheDatabaseIsKilledAgainAndAgainAndNothingAcknowledgedIsLost(t *testing.T) {
	restarted(t, func(r *rig, ctx context.Context) { r.must(r.Stack.KillDatabase(ctx)) })
}

func TestD2_TheDatabaseIsRestartedPolitely(t *testing.T) {
	restarted(t, func(r *rig, ctx context.Context) { r.must(r.Stack.StopDatabase(ctx)) })
}

func restarted(t *testing.T, end func(r *rig, ctx context.Context)) {
	t.Helper()
	r := start(t, fleet.Options{})
	pids := r.pids()
	report := r.meanwhile(func(ctx context.Context) {
		for range either(2, 10) {
			pause(ctx, time.Second)
			end(r, ctx)
			pause(ctx, time.Second)
			r.must(r.Stack.RestartDatabase(ctx))
			pause(ctx, 2*time.Second)
		}
	})
	r.onlyUnavailable(report)
	r.holds(report)
	r.back(pids)
}

// wired starts everything with a wire between the services and the database.
func wired(t *testing.T) (*rig, *fleet.Wire) {
	t.Helper()
	var wire *fleet.Wire
	var failed error
	r := start(t, fleet.Options{Through: func(_, name, value string) string {
		if name != "MYSQL_ADDR" {
			return value
		}
		if wire == nil {
			wire, failed = fleet.NewWire(value)
			if failed != nil {
				return value
			}
		}
		return wire.Addr
	}})
	r.must(failed)
	t.Cleanup(func() { _ = wire.Close() })
	return r, wire
}

// slowly is how many requests a second are below what a pool can do when each statement takes 200 ms.
const slowly = 20

// TestD3 does not want none to fail, as the matrix does: a connection takes six answers to be opened and a statement one more to be prepared, which
// is longer than a session may take to be checked. So whoever needs a connection that is not there yet is told to try again.
func TestD3_ADatabaseThatAnswersLateMakesEverythingSlowerAndHardlyAnythingFail(t *testing.T) {
	r, wire := wired(t)
	pids := r.pids()
	wire.Slow(100 * time.Millisecond)                                                  // on each way, half of it more or less
	_ = r.meanwhileAt(slowly, func(ctx context.Context) { pause(ctx, 8*time.Second) }) // so many wait at once now that the pools grow
	report := r.meanwhileAt(slowly, func(ctx context.Context) { pause(ctx, either(5*time.Second, 30*time.Second)) })
	for _, f := range report.Failed {
		if f.Status != http.StatusServiceUnavailable && f.Status != http.StatusGatewayTimeout {
			t.Errorf("%s after %v: %s", f.What, f.Took, f.Got)
		}
	}
	if len(report.Failed) > report.Requests/10 {
		t.Errorf("%d of %d failed", len(report.Failed), report.Requests)
	}
	if report.P50 < 200*time.Millisecond {
		t.Errorf("p50 is %v although each statement takes 200 ms", report.P50)
	}
	wire.Slow(0)
	r.holds(report)
	r.back(pids)
}

func TestD4_ADatabaseThatSaysNothingMoreHoldsNobodyUpForLong(t *testing.T) {
	r, wire := wired(t)
	pids := r.pids()
	before := r.goroutines()
	report := r.meanwhileAt(50, func(ctx context.Context) {
		pause(ctx, time.Second)
		wire.Silence(true)
		pause(ctx, either(5*time.Second, 30*time.Second))
		wire.Silence(false)
		pause(ctx, 2*time.Second)
	})
	for _, f := range report.Failed {
		if f.Status != http.StatusServiceUnavailable && f.Status != http.StatusGatewayTimeout || f.Took > 8*time.Second {
			t.Errorf("%s after %v: %s", f.What, f.Took, f.Got)
		}
	}
	r.holds(report)
	r.back(pids)
	r.goroutinesAreAsBefore(before)
}

func TestD5_ConnectionsThatAreResetEachSecondLoseNothing(t *testing.T) {
	r, wire := wired(t)
	report := r.meanwhile(func(ctx context.Context) {
		for range either(5, 60) {
			wire.Cut()
			pause(ctx, time.Second)
		}
	})
	for _, f := range report.Failed {
		if !strings.HasPrefix(f.What, "POST") || !strings.Contains(f.Got, "OUTCOME_UNKNOWN") {
			t.Errorf("%s after %v: %s", f.What, f.Took, f.Got)
		}
	}
	r.holds(report)
}

// TestD6 cuts connections of notes before and after a COMMIT; whoever is told that the outcome is unknown asks again with the same request id.
func TestD6_ACommitThatIsCutOffIsSettledByItsRepeat(t *testing.T) {
	var proxy *mysqltest.Proxy
	var cuts atomic.Int64
	r := start(t, fleet.Options{Through: func(member, name, value string) string {
		if !strings.HasPrefix(member, "notes") || name != "MYSQL_ADDR" {
			return value
		}
		if proxy == nil {
			proxy = mysqltest.NewProxy(t, value, cutCommits(&cuts))
		}
		return proxy.Addr
	}})
	requests := either(100, 1000)
	report := fleet.Report{}
	again := 0
	for range requests {
		id := uuid.NewString()
		for {
			name, status, err := r.traffic.Write(t.Context(), id)
			if err == nil && status == http.StatusOK {
				report.Written = append(report.Written, name)
				break
			}
			if err != nil || status != http.StatusServiceUnavailable {
				t.Fatalf("%d %v", status, err)
			}
			again++
		}
	}
	t.Logf("%d requests, %d commits were cut off, %d requests were told so and sent again", requests, cuts.Load(), again)
	if int(cuts.Load()) < requests/10 {
		t.Error("hardly any commit was cut off")
	}
	r.holds(report)
}

// cutCommits cuts a quarter of all commits off, half of these before the server has them.
func cutCommits(cuts *atomic.Int64) func(byte, string) mysqltest.Verdict {
	return func(command byte, text string) mysqltest.Verdict {
		if command != mysqltest.ComQuery || text != "COMMIT" || rand.IntN(4) > 0 {
			return mysqltest.Pass
		}
		cuts.Add(1)
		if rand.IntN(2) == 0 {
			return mysqltest.Drop
		}
		return mysqltest.LoseAnswer
	}
}

func TestD8_WhoWaitsForARowIsToldInTimeAndItsWriteNeverHappens(t *testing.T) {
	r := start(t, fleet.Options{})
	admin := r.admin()
	id := strings.TrimPrefix(r.traffic.Note(), "notes/")
	tx, err := admin.BeginTx(t.Context(), nil)
	r.must(err)
	_, err = tx.ExecContext(t.Context(), "UPDATE notes.notes SET version = version WHERE id = ?", id)
	r.must(err)
	begin := time.Now()
	status, err := r.traffic.Edit(t.Context(), r.traffic.Note(), "A ghost", uuid.NewString())
	r.must(err)
	if took := time.Since(begin); status != http.StatusConflict || took > 3*time.Second {
		t.Errorf("answered %d after %v", status, took)
	}
	var running int
	r.must(admin.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.processlist WHERE command IN ('Query', 'Execute') AND user = 'notes' AND time > 3").
		Scan(&running))
	if running > 0 {
		t.Errorf("%d statements still run", running)
	}
	r.must(tx.Rollback())
	pause(t.Context(), time.Second)
	var title string
	r.must(admin.QueryRowContext(t.Context(), "SELECT title FROM notes.notes WHERE id = ?", id).Scan(&title))
	if title == "A ghost" {
		t.Error("the write that failed was made")
	}
}

func TestD10_WhenTheDatabaseTakesNoMoreConnectionsPeopleAreToldAndItPasses(t *testing.T) {
	r := start(t, fleet.Options{})
	pids := r.pids()
	admin := r.admin()
	var before int
	r.must(admin.QueryRowContext(t.Context(), "SELECT @@max_connections").Scan(&before))
	var held []*sql.Conn
	report := r.meanwhile(func(ctx context.Context) {
		pause(ctx, time.Second)
		r.exec(admin, "SET GLOBAL max_connections = 10")
		// The services' connections are over, and others take their places.
		r.exec(admin, "BEGIN NOT ATOMIC FOR c IN (SELECT id FROM information_schema.processlist WHERE user IN ('auth', 'notes', 'audit')) DO KILL c.id; END FOR; END")
		for range 10 {
			conn, err := admin.Conn(ctx)
			if err == nil {
				held = append(held, conn)
			}
		}
		pause(ctx, 3*time.Second)
		for _, conn := range held {
			_ = conn.Close()
		}
		r.exec(admin, "SET GLOBAL max_connections = "+strconv.Itoa(before))
		pause(ctx, time.Second)
	})
	if len(report.Failed) == 0 {
		t.Error("nobody noticed: the connections were not used up")
	}
	r.onlyUnavailable(report)
	r.holds(report)
	r.back(pids)
}

func TestD12_AWriteOfWhichOnePartFailsLeavesNothing(t *testing.T) {
	r := start(t, fleet.Options{})
	admin := r.admin()
	for _, table := range []string{"outbox", "idem"} {
		r.exec(admin, "CREATE TRIGGER notes.refuse BEFORE INSERT ON notes."+table+" FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'")
		before := r.count(admin, "SELECT COUNT(*) FROM notes.notes")
		id := uuid.NewString()
		_, status, err := r.traffic.Write(t.Context(), id)
		r.must(err)
		if after := r.count(admin, "SELECT COUNT(*) FROM notes.notes"); status != http.StatusInternalServerError || after != before {
			t.Errorf("%s: answered %d, %d notes after %d", table, status, after, before)
		}
		r.exec(admin, "DROP TRIGGER notes.refuse")
		name, status, err := r.traffic.Write(t.Context(), id)
		r.must(err)
		if status != http.StatusOK {
			t.Errorf("%s: its repeat is answered with %d", table, status)
		}
		r.holds(fleet.Report{Written: []string{name}})
	}
}

func (r *rig) count(admin *sql.DB, query string) (n int) {
	r.t.Helper()
	r.must(admin.QueryRowContext(r.t.Context(), query).Scan(&n))
	return n
}
