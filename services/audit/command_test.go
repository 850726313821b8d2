package audit

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
)

const runbook = "../../docs/runbook.md"

// operator is a person at the command line, with the settings that the commands
// need and no others.
type operator struct {
	*rig
	dead     *queue.Queue
	settings map[string]string
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{rig: newRig(t)}
	var err error
	o.server, err = queuetest.Start(queuetest.Config{Seed: 1, Queues: []queuetest.QueueConfig{
		{Name: "notejam-events-dead"}, {Name: "notejam-events", DeadLetter: "notejam-events-dead", MaxReceive: maxReceive},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.server.Close() })
	o.queue, o.dead = o.open("notejam-events"), o.open("notejam-events-dead")
	o.settings = map[string]string{
		"AUDIT_QUEUE_URL":      o.server.URL("notejam-events"),
		"AUDIT_QUEUE_DLQ_URL":  o.server.URL("notejam-events-dead"),
		"AUDIT_QUEUE_ENDPOINT": o.server.Endpoint(),
		"AUDIT_MYSQL_ADDR":     o.schema.Config.Addr,
		"AUDIT_MYSQL_DB":       o.schema.Config.Database,
		"AUDIT_MYSQL_USER":     o.schema.Config.User,
		"AUDIT_MYSQL_PASSWORD": o.schema.Config.Password.Reveal(),
	}
	return o
}

func (o *operator) open(name string) *queue.Queue {
	o.t.Helper()
	q, err := queue.Open(o.t.Context(), queue.Config{URL: o.server.URL(name), Endpoint: o.server.Endpoint()}, prometheus.NewRegistry())
	if err != nil {
		o.t.Fatal(err)
	}
	return q
}

func (o *operator) types(args ...string) servicetest.Result {
	o.t.Helper()
	return servicetest.Run(o.t, Program(), o.settings, args...)
}

// want types a command whose output does not matter.
func (o *operator) want(code int, args ...string) servicetest.Result {
	o.t.Helper()
	result := o.types(args...)
	if result.Code != code {
		o.t.Fatalf("%v: exit code %d, want %d\n%s%s", args, result.Code, code, result.Stdout, result.Stderr)
	}
	return result
}

// wantJSON types a command, and gives what it says to a program.
func (o *operator) wantJSON(code int, args ...string) map[string]any {
	o.t.Helper()
	result := o.want(code, append(slices.Clone(args), "--json")...)
	var said map[string]any
	err := json.Unmarshal([]byte(result.Stdout), &said)
	if err != nil {
		o.t.Fatalf("%v: %v in\n%s", args, err, result.Stdout)
	}
	return said
}

// bury puts bodies into the dead-letter queue.
func (o *operator) bury(bodies ...string) {
	o.t.Helper()
	for _, body := range bodies {
		result, err := o.dead.Send(o.t.Context(), []queue.Entry{{ID: "1", Body: body}})
		if err != nil || len(result.Refused) > 0 {
			o.t.Fatal(err, result.Refused)
		}
	}
}

// visible counts the messages that anybody can receive now.
func (o *operator) visible(q *queue.Queue) int {
	o.t.Helper()
	count, err := q.Attributes(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return count.Visible
}

// trail is all that is recorded, with its chains.
func (o *operator) trail() []string {
	o.t.Helper()
	return slices.Concat(o.recorded(),
		column(o.t, o.admin, "SELECT CONCAT(account, ' ', seq, ' ', event_id, ' ', HEX(hash)) FROM chain ORDER BY account, seq"),
		column(o.t, o.admin, "SELECT CONCAT(account, ' ', seq, ' ', HEX(hash)) FROM heads ORDER BY account"))
}
