package limittable_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/limit/limittable"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// replica is one process's view of the table.
type replica struct {
	*limittable.Table
	db       *mysql.DB
	registry *prometheus.Registry
}

func blind(key []byte) []byte {
	sum := sha256.Sum256(key)
	return sum[:]
}

func newTable(t *testing.T) *mysqltest.Database {
	t.Helper()
	t.Parallel()
	return mysqltest.New(t, fstest.MapFS{"0001_limits.sql": {Data: []byte(limittable.Schema)}})
}

func newReplica(t *testing.T, table *mysqltest.Database) replica {
	t.Helper()
	r := replica{db: table.Open(t), registry: prometheus.NewRegistry()}
	r.Table = limittable.New(limittable.Config{DB: r.db, Blind: blind, Metrics: limit.NewMetrics(r.registry)})
	return r
}

func (r replica) mustTake(t *testing.T, name string, rate limit.Rate, key string) limit.Answer {
	t.Helper()
	answer, err := r.Take(t.Context(), name, rate, key)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// tenAnHour gives nothing back while a test runs.
var tenAnHour = limit.Rate{Count: 10, Per: time.Hour, Burst: 10}

func TestOf200AtOnceOverTwoReplicasExactly10GetATokenOf10(t *testing.T) {
	table := newTable(t)
	replicas := []replica{newReplica(t, table), newReplica(t, table)}
	var allowed, denied atomic.Int32
	var asking sync.WaitGroup
	for i := range 200 {
		asking.Go(func() {
			answer, err := replicas[i%2].Take(t.Context(), "test", tenAnHour, "ann")
			for fault.Is(err, fault.ReasonOverloaded) { // it waited too long for a connection, and has taken nothing
				answer, err = replicas[i%2].Take(t.Context(), "test", tenAnHour, "ann")
			}
			switch {
			case err != nil:
				t.Error(err)
			case answer.Allowed:
				allowed.Add(1)
			case answer.Retry <= 0 || answer.Retry > 6*time.Minute:
				t.Errorf("it may be tried again in %v, want within six minutes", answer.Retry)
			default:
				denied.Add(1)
			}
		})
	}
	asking.Wait()
	if allowed.Load() != 10 || denied.Load() != 190 {
		t.Errorf("%d were allowed and %d denied, want 10 and 190", allowed.Load(), denied.Load())
	}
}

func TestATokenComesBackByTheDatabasesClock(t *testing.T) {
	table := newTable(t)
	r := newReplica(t, table)
	for want := 9; want >= 0; want-- {
		if got := r.mustTake(t, "test", tenAnHour, "ann"); !got.Allowed || got.Remaining != want {
			t.Fatalf("got %+v, want %d left", got, want)
		}
	}
	denied := r.mustTake(t, "test", tenAnHour, "ann")
	if denied.Allowed || denied.Retry > 6*time.Minute || denied.Retry < 6*time.Minute-10*time.Second {
		t.Fatalf("got %+v of an empty bucket", denied)
	}
	move(t, table, denied.Retry+time.Second)
	if got := r.mustTake(t, "test", tenAnHour, "ann"); !got.Allowed || got.Remaining != 0 {
		t.Errorf("got %+v when one token should have come back", got)
	}
	move(t, table, 2*time.Hour)
	if got := r.mustTake(t, "test", tenAnHour, "ann"); got.Remaining != 9 {
		t.Errorf("got %+v when the bucket should be full: it holds no more than 10", got)
	}
}

// move lets time pass for all buckets.
func move(t *testing.T, table *mysqltest.Database, d time.Duration) {
	t.Helper()
	_, err := table.OpenAdmin(t).ExecContext(t.Context(), "UPDATE limits SET tat_us = tat_us - ?", d.Microseconds())
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachLimitAndEachKeyIsAnotherBucket(t *testing.T) {
	r := newReplica(t, newTable(t))
	one := limit.Rate{Count: 1, Per: time.Hour, Burst: 1}
	for range 2 {
		r.mustTake(t, "test", one, "ann")
	}
	if r.mustTake(t, "test", one, "ann").Allowed || !r.mustTake(t, "test", one, "ben").Allowed || !r.mustTake(t, "other", one, "ann").Allowed {
		t.Error("ann emptied another bucket than hers of this limit")
	}
}

func TestWhatIsDeniedTakesNothing(t *testing.T) {
	table := newTable(t)
	r := newReplica(t, table)
	one := limit.Rate{Count: 1, Per: time.Hour, Burst: 1}
	r.mustTake(t, "test", one, "ann")
	first := r.mustTake(t, "test", one, "ann")
	for range 20 {
		r.mustTake(t, "test", one, "ann")
	}
	last := r.mustTake(t, "test", one, "ann")
	if first.Allowed || last.Allowed || last.Retry > first.Retry {
		t.Errorf("asking moved the end away: %v, then %v", first.Retry, last.Retry)
	}
}

func TestALimitOfNothingAsksNobody(t *testing.T) {
	table := newTable(t)
	r := newReplica(t, table)
	before := table.Statements(t)
	if !r.mustTake(t, "test", limit.Rate{}, "ann").Allowed || table.Statements(t) != before {
		t.Error("it was denied, or the database was asked")
	}
}

func TestTheTableTellsNoKeyAndForgetsBucketsThatAreFull(t *testing.T) {
	table := newTable(t)
	r := newReplica(t, table)
	const addresses = 1100 // more than two batches
	_, err := table.OpenAdmin(t).ExecContext(t.Context(), "INSERT INTO limits (k, tat_us) VALUES (RANDOM_BYTES(32), 0)"+strings.Repeat(", (RANDOM_BYTES(32), 0)", addresses-1))
	if err != nil {
		t.Fatal(err)
	}
	r.mustTake(t, "test", tenAnHour, "203.0.113.77")
	err = limittable.Sweep(t.Context(), r.db)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	var k []byte
	err = r.db.QueryRow(t.Context(), "SELECT COUNT(*), MAX(k) FROM limits").Scan(&rows, &k)
	if err != nil || rows != 1 || bytes.Contains(k, []byte("203.0.113")) {
		t.Fatalf("%d rows are left, the last is %q (%v)", rows, k, err)
	}
	if got := r.mustTake(t, "test", tenAnHour, "203.0.113.77"); got.Remaining != 8 {
		t.Errorf("got %+v of a bucket that was not full", got)
	}
}

func TestWhoSweepsAndWhoTakesDoNotDisturbEachOther(t *testing.T) {
	table := newTable(t)
	r := newReplica(t, table)
	fast := limit.Rate{Count: 1_000_000, Per: time.Second, Burst: 1} // full again at once, so that every sweep finds it
	var working sync.WaitGroup
	for worker := range 4 {
		working.Go(func() {
			for i := range 50 {
				_, err := r.Take(t.Context(), "test", fast, fmt.Sprint(worker%2, i%3))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Go(func() {
		for range 30 {
			err := limittable.Sweep(t.Context(), r.db)
			if err != nil {
				t.Error(err)
			}
		}
	})
	working.Wait()
}

func TestWhenTheDatabaseIsAwayAskingFails(t *testing.T) {
	table := newTable(t)
	r := newReplica(t, table)
	_, err := table.OpenAdmin(t).ExecContext(t.Context(), "DROP TABLE limits")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Take(t.Context(), "test", tenAnHour, "ann")
	if err == nil {
		t.Error("nobody could know, and it was answered")
	}
}

func TestAnswersAreCountedByLimit(t *testing.T) {
	r := newReplica(t, newTable(t))
	one := limit.Rate{Count: 1, Per: time.Hour, Burst: 1}
	for range 3 {
		r.mustTake(t, "test", one, "ann")
	}
	families, err := r.registry.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%d metrics (%v)", len(families), err)
	}
	got := map[string]float64{}
	for _, metric := range families[0].GetMetric() {
		got[metric.GetLabel()[0].GetValue()+" "+metric.GetLabel()[1].GetValue()] = metric.GetCounter().GetValue()
	}
	if diff := cmp.Diff(map[string]float64{"allowed test": 1, "denied test": 2}, got); diff != "" || families[0].GetName() != "limit_answers_total" {
		t.Error(families[0].GetName(), diff)
	}
}
