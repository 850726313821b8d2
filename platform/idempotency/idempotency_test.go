package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

const (
	ann    = "0198a000-0000-7000-8000-00000000000a"
	ben    = "0198a000-0000-7000-8000-00000000000b"
	method = "/notejam.notes.v1.NotesService/CreateNote"
)

var (
	hash      = []byte(strings.Repeat("h", 32))
	otherHash = []byte(strings.Repeat("o", 32))
	written   = idempotency.Result{Resource: "notes/1", ETag: "first"}
)

// fixture is a schema with the table and one of the service's own, which counts effects.
type fixture struct {
	*mysqltest.Database
	db *mysql.DB
}

func setUp(t *testing.T) fixture {
	t.Parallel()
	database := mysqltest.New(t, fstest.MapFS{
		"0001_idem.sql":    {Data: []byte(idempotency.Schema)},
		"0002_effects.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS effects (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40) NOT NULL)")},
	})
	return fixture{Database: database, db: database.Open(t)}
}

func newKey() idempotency.Key {
	return idempotency.Key{Person: ann, RequestID: uuid.NewString(), Method: method, Hash: hash}
}

// write is a request with an effect.
func (f fixture) write(t *testing.T, key idempotency.Key, result idempotency.Result) (idempotency.Result, bool, error) {
	t.Helper()
	return idempotency.Do(t.Context(), f.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		_, err := tx.Exec(ctx, "INSERT INTO effects (what) VALUES ('written')")
		return result, err
	})
}

func (f fixture) count(t *testing.T, table string) (n int) {
	t.Helper()
	err := f.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARepeatWritesNothingAndTellsTheFirstResult(t *testing.T) {
	f := setUp(t)
	key := newKey()
	got, replayed, err := f.write(t, key, written)
	if err != nil || replayed || got != written {
		t.Fatalf("first: got %+v, %v, %v", got, replayed, err)
	}
	got, replayed, err = f.write(t, key, idempotency.Result{Resource: "notes/2", ETag: "second"})
	if err != nil || !replayed || got != written {
		t.Errorf("repeat: got %+v, %v, %v", got, replayed, err)
	}
	if n := f.count(t, "effects"); n != 1 {
		t.Errorf("there are %d effects", n)
	}
}

func TestAResultThatIsKnownBeforeTheWriteIsRememberedAllTheSame(t *testing.T) {
	f := setUp(t)
	for name, known := range map[string]idempotency.Result{"as it comes": written, "and another comes": {Resource: "notes/9", ETag: "none"}} {
		key := newKey()
		key.Known = known
		got, replayed, err := f.write(t, key, written)
		if err != nil || replayed || got != written {
			t.Fatalf("%s: got %+v, %v, %v", name, got, replayed, err)
		}
		key.Known = idempotency.Result{Resource: "notes/2", ETag: "second"} // the repeat would have made another
		got, replayed, err = f.write(t, key, key.Known)
		if err != nil || !replayed || got != written {
			t.Errorf("%s: the repeat got %+v, %v, %v", name, got, replayed, err)
		}
	}
}

func TestARequestIDIsTheSameInEverySpelling(t *testing.T) {
	f := setUp(t)
	key := newKey()
	_, _, err := f.write(t, key, written)
	if err != nil {
		t.Fatal(err)
	}
	for _, spelling := range []string{strings.ToUpper(key.RequestID), "urn:uuid:" + key.RequestID, strings.ReplaceAll(key.RequestID, "-", "")} {
		key.RequestID = spelling
		_, replayed, err := f.write(t, key, written)
		if err != nil || !replayed {
			t.Errorf("%s: replayed %v, %v", spelling, replayed, err)
		}
	}
}

func TestARequestIDThatCameWithAnotherRequestIsRefused(t *testing.T) {
	f := setUp(t)
	key := newKey()
	_, _, err := f.write(t, key, written)
	if err != nil {
		t.Fatal(err)
	}
	otherMessage, otherMethod := key, key
	otherMessage.Hash = otherHash
	otherMethod.Method = "/notejam.notes.v1.PadsService/CreatePad"
	for name, k := range map[string]idempotency.Key{"another message": otherMessage, "another method": otherMethod} {
		_, replayed, err := f.write(t, k, written)
		if replayed || fault.KindOf(err) != fault.Invalid || !fault.Is(err, fault.ReasonRequestIDReused) {
			t.Errorf("%s: got %v, %v", name, replayed, err)
		}
	}
	if n := f.count(t, "effects"); n != 1 {
		t.Errorf("there are %d effects", n)
	}
}

func TestTwoPeopleMayUseTheSameRequestID(t *testing.T) {
	f := setUp(t)
	key := newKey()
	for _, person := range []string{ann, ben, ""} {
		key.Person = person
		_, replayed, err := f.write(t, key, written)
		if err != nil || replayed {
			t.Errorf("person %q: got %v, %v", person, replayed, err)
		}
	}
}

func TestWithoutAUUIDNothingIsWritten(t *testing.T) {
	f := setUp(t)
	key := newKey()
	for _, id := range []string{"", "1", key.RequestID + "0", strings.Repeat("x", 36)} {
		key.RequestID = id
		_, _, err := f.write(t, key, written)
		want := fault.InvalidFields(fault.Field{Name: "request_id", Sentence: "Send a UUID as request_id."})
		got, _ := fault.As(err)
		if got == nil || cmp.Diff(want.Fields, got.Fields) != "" {
			t.Errorf("%q: got %v", id, err)
		}
	}
	if n := f.count(t, "effects"); n != 0 {
		t.Errorf("there are %d effects", n)
	}
}

func TestARequestThatFailedMayBeTriedAgain(t *testing.T) {
	f := setUp(t)
	key := newKey()
	broken := fault.New(fault.Precondition, "BROKEN", "It is broken.")
	_, replayed, err := idempotency.Do(t.Context(), f.db, key, func(ctx context.Context, tx *mysql.Tx) (idempotency.Result, error) {
		_, err := tx.Exec(ctx, "INSERT INTO effects (what) VALUES ('half')")
		return written, errors.Join(broken, err)
	})
	if replayed || !fault.Is(err, "BROKEN") {
		t.Fatalf("got %v, %v", replayed, err)
	}
	if effects, rows := f.count(t, "effects"), f.count(t, "idem"); effects+rows != 0 {
		t.Errorf("%d effects and %d idem rows are left", effects, rows)
	}
	_, replayed, err = f.write(t, key, written)
	if err != nil || replayed {
		t.Errorf("second try: got %v, %v", replayed, err)
	}
}

func TestOfTwentyRepeatsAtOnceOneWritesAndAllTellItsResult(t *testing.T) {
	f := setUp(t)
	key := newKey()
	const racers = 20
	var group sync.WaitGroup
	results, firsts, errs := make([]idempotency.Result, racers), make([]bool, racers), make([]error, racers)
	for i := range racers {
		group.Go(func() {
			mine := idempotency.Result{Resource: "notes/" + string(rune('a'+i)), ETag: "e"}
			result, replayed, err := f.write(t, key, mine)
			results[i], firsts[i], errs[i] = result, !replayed, err
		})
	}
	group.Wait()
	writers := 0
	for i := range racers {
		if errs[i] != nil || results[i] != results[0] {
			t.Errorf("racer %d: got %+v, %v", i, results[i], errs[i])
		}
		if firsts[i] {
			writers++
		}
	}
	if effects := f.count(t, "effects"); writers != 1 || effects != 1 {
		t.Errorf("%d say they were first, %d effects", writers, effects)
	}
}

func TestARepeatOfARequestThatIsStillUnderWayGivesUpAfterTheLockWait(t *testing.T) {
	f := setUp(t)
	key := newKey()
	entered, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, _, err := idempotency.Do(t.Context(), f.db, key, func(context.Context, *mysql.Tx) (idempotency.Result, error) {
			close(entered)
			<-release
			return written, nil
		})
		ended <- err
	}()
	<-entered
	_, _, err := f.write(t, key, written)
	close(release)
	if fault.KindOf(err) != fault.Aborted || !fault.Is(err, fault.ReasonRequestInProgress) {
		t.Errorf("repeat: got %v", err)
	}
	err = <-ended
	if err != nil {
		t.Errorf("first: %v", err)
	}
	got, replayed, err := f.write(t, key, written)
	if err != nil || !replayed || got != written {
		t.Errorf("afterwards: got %+v, %v, %v", got, replayed, err)
	}
}

func TestALockWaitInsideTheWriteIsNotTakenForARepeat(t *testing.T) {
	f := setUp(t)
	waited := fault.New(fault.Aborted, fault.ReasonLockTimeout, "Locked.")
	_, _, err := idempotency.Do(t.Context(), f.db, newKey(), func(context.Context, *mysql.Tx) (idempotency.Result, error) {
		return idempotency.Result{}, waited
	})
	if !fault.Is(err, fault.ReasonLockTimeout) {
		t.Errorf("got %v", err)
	}
}

func TestRequestsAreForgottenAfterADay(t *testing.T) {
	f := setUp(t)
	young := newKey()
	_, _, err := f.write(t, young, written)
	if err != nil {
		t.Fatal(err)
	}
	const old = 2*idempotency.SweepBatch + 8
	_, err = f.OpenAdmin(t).ExecContext(t.Context(), `
		INSERT INTO idem (person_id, request_id, method, req_hash, resource, etag, nonce, created_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?), twice AS (SELECT 1 UNION ALL SELECT 2)
		SELECT ?, UUID(), '', '', '', '', '', UTC_TIMESTAMP(6) - INTERVAL 24 HOUR - INTERVAL i SECOND FROM n, twice`, old/2, ben)
	if err != nil {
		t.Fatal(err)
	}
	forgotten, err := idempotency.Sweep(t.Context(), f.db)
	if err != nil || forgotten != old {
		t.Errorf("forgot %d, %v", forgotten, err)
	}
	if batches := f.Statements(t, "delete"); batches != 3 {
		t.Errorf("deleted in %d batches", batches)
	}
	_, replayed, err := f.write(t, young, written)
	if err != nil || !replayed {
		t.Errorf("the young one: replayed %v, %v", replayed, err)
	}
}
