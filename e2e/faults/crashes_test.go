//go:build faults

package faults_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// crashes kill a process at every point at which it says something to the outside: before the database or the queue hears it, and after they have done it
// and before the process hears that. Nothing in the programs knows of it, so there is no point that somebody forgot to mark.
type crashes struct {
	mu      sync.Mutex
	armed   bool
	died    *fleet.Member
	visited map[string]int // 1: before, 2: after
	order   []string
	dying   *fleet.Member // its answer is about to be lost
	members func() []*fleet.Member
}

// at says what happens to a member that says something.
func (c *crashes) at(member, point string) mysqltest.Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	service, _, _ := strings.Cut(member, "-")
	point = service + ": " + point
	if !c.armed || c.died != nil || c.dying != nil || c.visited[point] == 2 {
		return mysqltest.Pass
	}
	c.visited[point]++
	m := c.member(member)
	if c.visited[point] == 1 {
		c.order = append(c.order, point)
		m.Kill()
		c.died = m
		return mysqltest.Drop
	}
	c.dying = m
	return mysqltest.LoseAnswer
}

// lost is called when the other side has done what it was told.
func (c *crashes) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dying != nil {
		c.dying.Kill()
		c.died, c.dying = c.dying, nil
	}
}

func (c *crashes) member(name string) *fleet.Member {
	for _, m := range c.members() {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func (c *crashes) arm(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = on
}

func (c *crashes) points() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.order)
}

// bury gives who has died, once.
func (c *crashes) bury() *fleet.Member {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.died
	c.died = nil
	return m
}

// shape is a statement without how many rows and values it has.
func shape(statement string) string {
	statement = manyValues.ReplaceAllString(strings.Join(strings.Fields(statement), " "), "?…")
	insert, values, isInsert := strings.Cut(statement, " VALUES ")
	if !isInsert {
		return statement
	}
	_, update, _ := strings.Cut(values, " ON DUPLICATE KEY UPDATE ")
	return strings.TrimSpace(insert + " VALUES … " + update)
}

var manyValues = regexp.MustCompile(`(\(\?[^)]*\)|\?)(, *(\(\?[^)]*\)|\?))+`)

// database puts itself between a member and the database. A statement of many rows is one point, however many there are.
func (c *crashes) database(t *testing.T, member, addr string) string {
	proxy := mysqltest.NewProxyOfStatements(t, addr, func(command byte, text string) mysqltest.Verdict {
		if command != mysqltest.ComQuery && command != mysqltest.ComStmtExecute || strings.HasPrefix(text, "SET ") {
			return mysqltest.Pass
		}
		return c.at(member, shape(text))
	})
	proxy.Lost = c.lost
	return proxy.Addr
}

// queue puts itself between a member and the queue.
func (c *crashes) queue(t *testing.T, member, endpoint string) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // the other side dies all the time
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		verdict := mysqltest.Pass
		if _, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); call != "ReceiveMessage" { // which only waits
			verdict = c.at(member, call)
		}
		switch verdict {
		case mysqltest.Drop:
			panic(http.ErrAbortHandler)
		case mysqltest.LoseAnswer:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			c.lost()
			panic(http.ErrAbortHandler)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestP12 lets somebody create, change and delete a note again and again until nobody dies of it any more.
func TestP12_AProcessMayDieBeforeAndAfterEveryStatementAndEveryMessage(t *testing.T) {
	c := &crashes{visited: map[string]int{}}
	const soon = "2s" // who has died keeps events and messages no longer than this
	r := start(t, fleet.Options{Settings: map[string]map[string]string{
		"auth": {"OUTBOX_LEASE": soon}, "notes": {"OUTBOX_LEASE": soon}, "audit": {"QUEUE_VISIBILITY": soon},
	}, Through: func(member, name, value string) string {
		switch {
		case strings.HasPrefix(member, fleet.Web) || strings.HasPrefix(member, "auth"):
			return value
		case name == "MYSQL_ADDR":
			return c.database(t, member, value)
		case name == "QUEUE_ENDPOINT":
			return c.queue(t, member, value)
		default:
			return value
		}
	}})
	c.members = func() []*fleet.Member { return r.Members }
	ctx := t.Context()
	look, err := r.Look(ctx)
	r.must(err)
	defer func() { r.must(look.Close()) }()
	report, deaths, quiet := fleet.Report{}, 0, 0
	begin := time.Now()
	for (quiet < 3 || deaths < 2*c.points()) && time.Since(begin) < 4*time.Minute {
		before := deaths
		c.arm(true)
		note := ""
		for _, op := range []func(id string) (int, error){
			func(id string) (status int, err error) {
				note, status, err = r.traffic.Write(ctx, id)
				return status, err
			},
			func(id string) (int, error) { return r.traffic.Edit(ctx, note, "Changed", id) },
			func(id string) (int, error) { return r.traffic.Delete(ctx, note, id) },
		} {
			deaths += r.insist(ctx, c, op)
		}
		report.Written = append(report.Written, note)
		deaths += r.awaitTrail(ctx, c, look)
		quiet++
		if deaths > before {
			quiet = 0
		}
	}
	c.arm(false)
	for _, point := range c.order {
		t.Log(point)
	}
	t.Logf("%d points, %d deaths", len(c.order), deaths)
	for _, point := range c.order {
		if c.visited[point] < 2 { // one that the sweeper or the checkpointer comes by once in a while
			t.Logf("nobody died after %s", point)
		}
	}
	for _, must := range []string{"INSERT INTO notes", "UPDATE notes", "INSERT INTO outbox", "INSERT INTO idem", "COMMIT", "SendMessageBatch", "UPDATE outbox", "INSERT INTO events", "DeleteMessageBatch"} {
		if !slices.ContainsFunc(c.order, func(point string) bool { return strings.Contains(point, must) && c.visited[point] == 2 }) {
			t.Errorf("nobody died before and after %s", must)
		}
	}
	r.holds(report)
}

// insist repeats an operation with one request id until it succeeds, and brings back who has died of it.
func (r *rig) insist(ctx context.Context, c *crashes, op func(id string) (int, error)) (deaths int) {
	r.t.Helper()
	id := uuid.NewString()
	for range 100 {
		status, err := op(id)
		deaths += r.revive(ctx, c)
		if err == nil && status == http.StatusOK {
			return deaths
		}
		if err == nil && status != http.StatusServiceUnavailable && status != http.StatusGatewayTimeout {
			r.t.Fatalf("answered %d", status)
		}
	}
	r.t.Fatal("it never succeeded")
	return deaths
}

// awaitTrail waits until everything is in the trail, and brings back who dies of that.
func (r *rig) awaitTrail(ctx context.Context, c *crashes, look *fleet.Look) (deaths int) {
	r.t.Helper()
	for range 200 {
		left, err := look.Settle(ctx, 200*time.Millisecond)
		r.must(err)
		died := r.revive(ctx, c)
		deaths += died
		if left == 0 && died == 0 {
			return deaths
		}
	}
	r.t.Fatal("the trail is never complete")
	return deaths
}

func (r *rig) revive(ctx context.Context, c *crashes) (deaths int) {
	r.t.Helper()
	m := c.bury()
	if m == nil {
		return 0
	}
	c.arm(false) // to start again is no point of an operation
	r.must(m.Start())
	err := m.WaitReady(ctx, readyLimit)
	if err != nil {
		r.t.Fatal(fmt.Errorf("after its death: %w", err))
	}
	c.arm(true)
	return 1
}
