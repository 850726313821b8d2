package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// difference is one between docker compose and AWS that is meant. Settings are named without the service.
type difference struct{ Name, Why string }

// onlyInCompose are settings that compose gives and AWS leaves at their default.
var onlyInCompose = []difference{
	{"DEBUG_ADDR", "Prometheus of the profile observability asks there; on AWS nothing collects it"},
	{"GRPC_REFLECTION", "off in both; compose lets a person switch it on"},
	{"TRACE_ENDPOINT", "off in both; compose lets a person send traces to Jaeger, and on AWS there is no collector"},
	{"TRACE_RATIO", "as TRACE_ENDPOINT"},
	{"READ_ONLY", "as GRPC_REFLECTION"},
	{"DRAIN_DELAY", "nobody waits for a load balancer or for names to be forgotten"},
	{"MYSQL_USER", "its default is the same"},
	{"MYSQL_DB", "its default is the same"},
	{"QUEUE_ENDPOINT", "the queue is ElasticMQ; on AWS the region says where it is"},
	{"OUTBOX_LEASE", "ElasticMQ forgets at a restart, so all is sent again sooner"},
	{"OUTBOX_CONFIRM_AFTER", "as OUTBOX_LEASE"},
	{"OUTBOX_RESEND_AFTER", "as OUTBOX_LEASE"},
	{"QUEUE_VISIBILITY", "as OUTBOX_LEASE"},
	{"CHECKPOINT_EVERY", "somebody who tries it out need not wait an hour"},
	{"QUEUE_DLQ_URL", "dlq is run in the service's container; on AWS the task audit-ops has it"},
	{"SMTP_CA", "Mailpit's certificate is of our own authority, that of SES of a public one"},
}

// otherValue are settings that say where something is, or how large.
var otherValue = []difference{
	{"GOMEMLIMIT", "a container has half of the memory of the smallest task"},
	{"MYSQL_ADDR", "the database"},
	{"SETUP_MYSQL_ADDR", "the database"},
	{"QUEUE_URL", "the queue"},
	{"PUBLIC_URL", "the site"},
	{"MAIL_FROM", "the sender"},
	{"SMTP_ADDR", "the mail server"},
}

// onlyOnAWS are settings that compose does not give.
var onlyOnAWS = []difference{
	{"SETUP_MYSQL_USER", "RDS names its administrator; compose's is root, the default"},
}

// bare is a setting's name without its service.
func bare(name string) string {
	for _, p := range Programs() {
		name = strings.TrimPrefix(name, p.setting(""))
	}
	return name
}

// parity compares one container, and counts the differences that it met.
func parity(f *faults, met map[string]bool, where string, compose, aws container) {
	explained := func(list []difference, name string) bool {
		for _, d := range list {
			if d.Name == bare(name) {
				met[d.Name] = true
				return true
			}
		}
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(compose.Settings)) {
		value, set := aws.Settings[name]
		switch {
		case set && value != compose.Settings[name]:
			f.check(explained(otherValue, name), "%s: %s is %q in compose and %q on AWS", where, name, compose.Settings[name], value)
		case !set:
			f.check(explained(onlyInCompose, name), "%s: %s is a setting only in compose", where, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(compose.Secrets)) {
		f.check(aws.Secrets[name] != "" || explained(onlyInCompose, name), "%s: %s is a secret only in compose", where, name)
	}
	for _, name := range slices.Sorted(maps.Keys(aws.Settings)) {
		f.check(compose.knows(name) || explained(onlyOnAWS, name), "%s: %s is a setting only on AWS", where, name)
	}
	for _, name := range slices.Sorted(maps.Keys(aws.Secrets)) {
		f.check(compose.knows(name), "%s: %s is a secret only on AWS", where, name)
	}
	f.check(compose.Port == aws.Port, "%s: its port is %q in compose and %q on AWS", where, compose.Port, aws.Port)
	f.check(compose.Command == aws.Command, "%s: its command is %q in compose and %q on AWS", where, compose.Command, aws.Command)
	f.check(compose.Health == aws.Health, "%s: its health check is %q in compose and %q on AWS", where, compose.Health, aws.Health)
	f.check(compose.HealthTimeout == aws.HealthTimeout, "%s: its health check waits %v in compose and %v on AWS", where, compose.HealthTimeout, aws.HealthTimeout)
	f.check(compose.User == aws.User, "%s: its user is %q in compose and %q on AWS", where, compose.User, aws.User)
	f.check(compose.ReadOnly == aws.ReadOnly, "%s: its files are read-only in one of both", where)
	f.check(compose.Dropped == aws.Dropped, "%s: it drops %q in compose and %q on AWS", where, compose.Dropped, aws.Dropped)
	// A job of compose is not stopped but ends, so nothing is said of how long it may take.
	f.check(compose.Stop == aws.Stop || compose.Command != "", "%s: it may take %v to stop in compose and %v on AWS", where, compose.Stop, aws.Stop)
}

// parities compares every container of every environment.
func parities(w *world, compose map[string]block) (f faults, met map[string]bool) {
	met = map[string]bool{}
	for env, m := range w.environments {
		for _, name := range slices.Sorted(maps.Keys(families())) {
			task := m.one("aws_ecs_task_definition", "task-"+families()[name])
			if len(compose[name]) == 0 || len(task) == 0 {
				f.check(false, "%s %s: it is not on both", env.Name, name)
				continue
			}
			parity(&f, met, env.Name+" "+name, ofCompose(compose[name]), ofTask(task, "notejam-"+env.Name+".internal"))
		}
	}
	return f, met
}

func TestComposeAndAWSRunTheSameContainers(t *testing.T) {
	f, met := parities(load(t), readCompose(t))
	for _, fault := range f {
		t.Error(fault)
	}
	for _, d := range slices.Concat(onlyInCompose, otherValue, onlyOnAWS) {
		if !met[d.Name] {
			t.Errorf("%s is explained, and no different", d.Name)
		}
	}
}

func TestADifferenceBetweenComposeAndAWSIsNamed(t *testing.T) {
	inCompose := func(service, key string, value any) func(w *world, compose map[string]block) {
		return func(_ *world, compose map[string]block) { compose[service][key] = value }
	}
	onAWS := func(family, old, with string) func(w *world, compose map[string]block) {
		return func(w *world, _ map[string]block) {
			edit("prod", "aws_ecs_task_definition", "task-"+family, "container_definitions", old, with)(w)
		}
	}
	for _, planted := range []struct {
		says, named string
		plant       func(w *world, compose map[string]block)
	}{
		{"a setting", "AUTH_NEW is a setting only in compose", func(_ *world, compose map[string]block) {
			at(compose["auth"], "environment")["AUTH_NEW"] = "1"
		}},
		{"a secret", "WEB_FORM_KEY is a secret only in compose", onAWS("web", "WEB_FORM_KEY", "WEB_LOST_KEY")},
		{"a secret that compose lacks", "WEB_LOST_KEY is a secret only on AWS", onAWS("web", "WEB_FORM_KEY", "WEB_LOST_KEY")},
		{"a setting that compose lacks", "NOTES_LEVEL is a setting only on AWS", onAWS("notes", "NOTES_LOG_LEVEL", "NOTES_LEVEL")},
		{"a value", `NOTES_GRPC_ADDR is "0.0.0.0:9090" in compose`, onAWS("notes", "0.0.0.0:9090", "127.0.0.1:9090")},
		{"a port", "its port is", onAWS("web", `"containerPort":8000`, `"containerPort":8001`)},
		{"a command", "its command is", inCompose("migrate-notes", "command", []any{"serve"})},
		{"a health check", "its health check is", onAWS("audit", `"healthcheck"`, `"health"`)},
		{"how long it waits", "its health check waits", onAWS("audit", `"timeout":3`, `"timeout":9`)},
		{"a user", "its user is", inCompose("web", "user", "0:0")},
		{"files", "its files are read-only in one", inCompose("auth", "read_only", false)},
		{"capabilities", "it drops", inCompose("auth", "cap_drop", nil)},
		{"how long it may take to stop", "it may take 10s to stop", inCompose("notes", "stop_grace_period", "10s")},
		{"a container", "migrate-audit: it is not on both", func(_ *world, compose map[string]block) { delete(compose, "migrate-audit") }},
	} {
		t.Run(planted.says, func(t *testing.T) {
			w, compose := load(t), readCompose(t)
			planted.plant(w, compose)
			f, _ := parities(w, compose)
			if !strings.Contains(strings.Join(f, "\n"), planted.named) {
				t.Errorf("%q is not among %q", planted.named, f)
			}
		})
	}
}
