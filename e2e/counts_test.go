package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// load is what the system has done so far, as its own metrics tell.
type load struct {
	RPCs         int // that web made
	Notes        int // calls that notes answered
	Audit        int // calls that audit answered, but for reconcilers, which ask on their own clocks
	Transactions int // that notes committed
	Selects      int // that notes sent for its callers; the relay has a pool of its own
}

func measure(t *testing.T) load {
	t.Helper()
	return load{
		RPCs:  sample(t, stack, "web", "rpc_client_seconds_count"),
		Notes: sample(t, stack, "notes", "rpc_server_seconds_count", "/notejam.notes."),
		Audit: sample(t, stack, "audit", "rpc_server_seconds_count", "/notejam.audit.v1.") +
			sample(t, stack, "audit", "rpc_server_seconds_count", "/notejam.audit.internal.v1.PagesService/"),
		Transactions: sample(t, stack, "notes", "mysql_transactions_total", "committed"),
		Selects:      sample(t, stack, "notes", "mysql_statements_total", `kind="select"`, `pool="main"`),
	}
}

// during gives what one action costs.
func during(t *testing.T, action func()) load {
	t.Helper()
	before := measure(t)
	action()
	after := measure(t)
	return load{
		RPCs: after.RPCs - before.RPCs, Notes: after.Notes - before.Notes, Audit: after.Audit - before.Audit,
		Transactions: after.Transactions - before.Transactions, Selects: after.Selects - before.Selects,
	}
}

// reading gives what a read costs: the lesser of two, for every ten seconds web asks auth again who somebody is, and that may be now.
func (p *person) reading(path string) load {
	p.t.Helper()
	read := func() { p.get(path).is(http.StatusOK) }
	read()
	one, other := during(p.t, read), during(p.t, read)
	if other.RPCs < one.RPCs {
		return other
	}
	return one
}

// settled waits until the person's trail shows n notes created.
func (p *person) settled(n int) {
	p.t.Helper()
	eventually(p.t, "the trail is complete", 10*time.Second, func() error {
		got := count(p.activities(), "notejam.notes.note.created.v1")
		if got != n {
			return fmt.Errorf("%d of %d notes", got, n)
		}
		return nil
	})
}

func TestOneWriteIsOneRPCAndOneTransactionAndNeverAsksAudit(t *testing.T) {
	p := signedIn(t, stack.URL(), "counter")
	form := p.get("/notes/create/").fill(url.Values{"name": {"n"}, "text": {"x"}})
	cost := during(t, func() { p.post("/notes/create/", form).leadsTo("/") })
	if cost.RPCs != 1 || cost.Notes != 1 || cost.Audit != 0 || cost.Transactions != 1 {
		t.Errorf("creating a note by the page cost %+v, want one RPC and one transaction", cost)
	}
	p.api(http.MethodGet, "/v1/notes", nil) // the session's token is cached from here on
	cost = during(t, func() {
		status, answer := p.api(http.MethodPost, "/v1/notes", map[string]string{"title": "m", "text": "x"})
		if status != http.StatusOK {
			t.Fatalf("%d %v", status, answer)
		}
	})
	if cost.RPCs != 1 || cost.Audit != 0 || cost.Transactions != 1 {
		t.Errorf("creating a note by REST cost %+v, want one RPC and one transaction", cost)
	}
}

func TestAPageCostsOneRPCAndTheSameStatementsHoweverMuchThereIs(t *testing.T) {
	p := signedIn(t, stack.URL(), "reader")
	pad := p.createPad("work")
	id := p.createNote("first", "x", pad)
	p.settled(1)
	few := map[string]load{}
	paths := []string{"/", "/?order=name", "/notes/" + id + "/", "/notes/" + id + "/edit/", "/notes/create/"}
	for _, path := range paths {
		few[path] = p.reading(path)
		if got := few[path]; got.RPCs != 1 || got.Notes != 1 || got.Transactions != 0 {
			t.Errorf("%s cost %+v, want one RPC and no transaction", path, got)
		}
	}
	const trail = activityPath + "?kind=pads"
	if got := p.reading(trail); got.RPCs != 1 || got.Audit != 1 || got.Notes != 0 {
		t.Errorf("Activity cost %+v, want one RPC", got)
	}
	for i := range 30 {
		p.api(http.MethodPost, "/v1/pads", map[string]string{"title": fmt.Sprint(i)})
		p.api(http.MethodPost, "/v1/notes", map[string]string{"title": fmt.Sprint(i), "text": "x", "pad": "pads/" + pad}) // last: settled waits for it
	}
	p.settled(31)
	for _, path := range paths {
		many := p.reading(path)
		if many != few[path] {
			t.Errorf("%s cost %+v with 1 note and %+v with 31 notes and 31 pads", path, few[path], many)
		}
	}
	t.Logf("cost of a page: %+v", few["/"])
}
