//go:build faults

// Package faults_test goes through the fault matrix (docs/faults.md): a test for
// each row, named after it, on a whole Notejam of real processes. `make faults` runs
// all of it, which takes a while and needs the machine for itself; `make
// faults-short` is what CI runs. Rows that one package alone can show are tests of
// that package, with the same kind of name.
package faults_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

const (
	root       = "../.."
	readyLimit = 30 * time.Second
	rate       = 150 // requests a second
)

// long is how `make faults` runs the rows: as often and for as long as the matrix says, not just a little of everything.
var long = os.Getenv("NOTEJAM_FAULTS_LONG") != ""

// binaries are the folders of the services' programs: as they are now, and as the newest release had them.
var binaries struct{ now, before string }

func TestMain(m *testing.M) {
	code, err := withBinaries(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withBinaries(tests func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "notejam-faults-*")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binaries.now = filepath.Join(dir, "now")
	binaries.before = os.Getenv("NOTEJAM_RELEASE_BEFORE")
	err = fleet.Build(context.Background(), root, binaries.now, "", everything...)
	if err != nil {
		return 1, err
	}
	return tests(), nil
}

var everything = append([]string{fleet.Web}, fleet.Kept...)

// either is short in CI, and what the matrix says in `make faults`.
func either[T any](short, whole T) T {
	if long {
		return whole
	}
	return short
}

// rig is a whole Notejam with people in it.
type rig struct {
	*fleet.Fleet

	t        *testing.T
	balancer *fleet.Balancer
	traffic  *fleet.Traffic
}

// drains are how long a replica that is told to end goes on answering: longer
// than whoever balances needs to notice.
var drains = map[string]map[string]string{
	"auth": {"DRAIN_DELAY": "500ms"}, "notes": {"DRAIN_DELAY": "500ms"}, "audit": {"DRAIN_DELAY": "500ms"}, "web": {"DRAIN_DELAY": "1s"},
}

// start brings everything up, until the test ends.
func start(t *testing.T, o fleet.Options) *rig {
	t.Helper()
	o.Work, o.Services = t.TempDir(), everything
	if o.Binaries == "" {
		o.Binaries = binaries.now
	}
	if o.Settings == nil {
		o.Settings = drains
	}
	o.MySQL = realMySQL()
	f, err := fleet.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Fleet: f, t: t}
	t.Cleanup(r.close)
	r.must(f.StartMissing())
	for _, m := range f.Members {
		r.must(m.WaitReady(t.Context(), readyLimit))
	}
	r.balancer, err = f.Balance()
	r.must(err)
	r.traffic, err = fleet.NewTraffic(t.Context(), f.Stack.URL())
	r.must(err)
	return r
}

// realMySQL is the server of NOTEJAM_TEST_MYSQL_…, if there is one; the tests are held to MariaDB otherwise.
func realMySQL() *local.MySQL {
	addr := os.Getenv("NOTEJAM_TEST_MYSQL_ADDR")
	if addr == "" {
		return nil
	}
	return &local.MySQL{Addr: addr, User: os.Getenv("NOTEJAM_TEST_MYSQL_USER"), Password: env.NewSecret(os.Getenv("NOTEJAM_TEST_MYSQL_PASSWORD"))}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// close also shows what the processes have logged, if the test failed.
func (r *rig) close() {
	ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
	defer cancel()
	if r.balancer != nil {
		_ = r.balancer.Close() // the test is over
	}
	if r.t.Failed() {
		r.showLogs()
	}
	err := r.Close(ctx)
	if err != nil {
		r.t.Error(err)
	}
}

// worth are the lines of a log that say why something failed.
var worth = regexp.MustCompile(`.*"level":"(WARN|ERROR)".*`)

const linesShown = 10

func (r *rig) showLogs() {
	for _, m := range r.Members {
		text, err := os.ReadFile(m.Log)
		if err != nil {
			continue
		}
		lines := worth.FindAll(text, -1)
		for _, line := range lines[max(0, len(lines)-linesShown):] {
			r.t.Logf("%s: %s", m.Name, line)
		}
	}
}

// meanwhile has people go on while something is done, and tells what became of it.
func (r *rig) meanwhile(do func(ctx context.Context)) fleet.Report {
	r.t.Helper()
	return r.meanwhileAt(rate, do)
}

// meanwhileAt has them go on at another rate.
func (r *rig) meanwhileAt(rate int, do func(ctx context.Context)) fleet.Report {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	defer stop()
	flowing := make(chan struct{})
	go func() {
		defer close(flowing)
		r.traffic.Flow(ctx, rate)
	}()
	do(ctx)
	stop()
	<-flowing
	report := r.traffic.Report()
	r.t.Log(report)
	return report
}

// settle bounds how long events may take to reach the trail once nothing fails any more.
const settle = 30 * time.Second

// holds checks what must hold whatever went wrong: every note that somebody was told of is there and in the trail, every change is there once, nothing but
// poison is where poison goes, and all chains are intact. Everybody must run.
func (r *rig) holds(report fleet.Report) {
	r.t.Helper()
	ctx := r.t.Context()
	look, err := r.Look(ctx)
	r.must(err)
	defer func() { r.must(look.Close()) }()
	left, err := look.Settle(ctx, settle)
	r.must(err)
	if left > 0 {
		r.t.Errorf("%d events are still under way after %v", left, settle)
	}
	kept := r.texts(look, "notes", "SELECT CONCAT('notes/', id) FROM notes")
	recorded := r.texts(look, "audit", "SELECT subject FROM events WHERE type = 'notejam.notes.note.created.v1'")
	for _, name := range report.Written {
		if kept[name] != 1 || recorded[name] != 1 {
			r.t.Errorf("%s was acknowledged; it is there %d times and in the trail %d times", name, kept[name], recorded[name])
		}
	}
	if len(kept) != len(recorded) {
		r.t.Errorf("there are %d notes, and %d in the trail", len(kept), len(recorded))
	}
	stray, err := look.Stray(ctx)
	r.must(err)
	finding, err := look.VerifyChains(ctx)
	r.must(err)
	if stray > 0 || finding != "" {
		r.t.Errorf("%d dead letters and messages in quarantine; %s", stray, finding)
	}
}

// texts counts the rows of one column.
func (r *rig) texts(look *fleet.Look, service, query string) map[string]int {
	r.t.Helper()
	rows, err := look.Rows(service).Query(r.t.Context(), query)
	r.must(err)
	all, err := mysql.Collect(rows, func(row mysql.Scanner) (text string, err error) { return text, row.Scan(&text) })
	r.must(err)
	counts := map[string]int{}
	for _, text := range all {
		counts[text]++
	}
	return counts
}

// goroutines counts those of each process.
func (r *rig) goroutines() []int {
	r.t.Helper()
	var counts []int
	for _, m := range r.Members {
		n, err := m.Metric(r.t.Context(), "go_goroutines")
		r.must(err)
		counts = append(counts, int(n))
	}
	return counts
}

// slack are goroutines of connections to the database that may be open or not; a pool keeps up to twenty of them for a minute.
const slack = 40

// goroutinesAreAsBefore says so once the connections that nobody uses are closed.
func (r *rig) goroutinesAreAsBefore(before []int) {
	r.t.Helper()
	r.balancer.Forget()
	over := time.After(settle)
	for {
		more := ""
		for i, after := range r.goroutines() {
			if after > before[i]+slack {
				more += fmt.Sprintf("%s has %d goroutines, and had %d. ", r.Members[i].Name, after, before[i])
			}
		}
		if more == "" {
			return
		}
		select {
		case <-time.After(time.Second):
		case <-over:
			r.t.Error(more)
			return
		}
	}
}

// pause waits while people go on.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
