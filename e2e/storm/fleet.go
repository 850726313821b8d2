package storm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/queue"
)

// kept are the services that keep something. web keeps nothing: the writers call
// the others as web does, with its certificate.
var kept = []string{"auth", "notes", "audit"}

const (
	replicas = 2
	domain   = ".storm.test"
)

// fleet is everything that runs.
type fleet struct {
	o       Options
	stack   *local.Stack
	names   *names
	members []*member
	rows    map[string]*mysql.DB // by service
	queue   *queue.Queue
	dead    *queue.Queue
}

// member is one process.
type member struct {
	name     string
	program  string
	settings map[string]string
	log      string
	running  *exec.Cmd
}

// newFleet makes what the services need; none of them runs yet.
func newFleet(ctx context.Context, o Options) (*fleet, error) {
	f := &fleet{o: o, rows: map[string]*mysql.DB{}}
	err := f.prepare(ctx)
	if err != nil {
		return nil, errors.Join(err, f.close(context.WithoutCancel(ctx)))
	}
	return f, nil
}

// prepare is the parts list.
func (f *fleet) prepare(ctx context.Context) error {
	data := filepath.Join(f.o.Work, "data")
	err := os.RemoveAll(data)
	if err != nil {
		return fmt.Errorf("empty the data folder: %w", err)
	}
	f.progress("Building the services")
	err = f.build(ctx)
	if err != nil {
		return err
	}
	// A database that is killed loses nothing even so: Fast gives up only what a crash of the whole machine would need.
	f.stack, err = local.Start(ctx, local.Options{Data: data, Progress: f.o.Out, Fast: true, Settings: local.NoLimits(), MySQL: f.o.MySQL})
	if err != nil {
		return err
	}
	addrs := map[string][][4]byte{}
	for _, service := range kept {
		for replica := range replicas {
			addrs[service+domain] = append(addrs[service+domain], [4]byte{127, 0, 1, byte(replica + 1)})
		}
	}
	f.names, err = serveNames(addrs)
	if err != nil {
		return err
	}
	for replica := range replicas {
		for _, service := range kept {
			f.members = append(f.members, f.member(service, replica))
		}
	}
	return f.open(ctx)
}

func (f *fleet) build(ctx context.Context) error {
	args := []string{"build", "-pgo=off", "-o", filepath.Join(f.o.Work, "bin") + string(os.PathSeparator)}
	if f.o.Bug != "" {
		args = append(args, "-tags", "planted")
	}
	for _, service := range kept {
		args = append(args, "./services/"+service+"/cmd/"+service)
	}
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the packages are named above
	cmd.Dir = f.o.Root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the services: %w\n%s", err, out)
	}
	return nil
}

// member is a replica: all replicas of a service listen on one port, each on an
// address of its own.
func (f *fleet) member(service string, replica int) *member {
	settings := maps.Clone(f.stack.Settings(service))
	prefix := strings.ToUpper(service)
	set := func(name, value string) { settings[prefix+"_"+name] = value }
	for _, name := range []string{"GRPC_ADDR", "DEBUG_ADDR"} {
		set(name, fmt.Sprintf("127.0.1.%d:%s", replica+1, f.port(service, name)))
	}
	for _, other := range kept {
		if settings[prefix+"_"+strings.ToUpper(other)+"_TARGET"] != "" {
			set(strings.ToUpper(other)+"_TARGET", f.target(other))
		}
	}
	if service == "audit" {
		set("QUEUE_VISIBILITY", f.o.Patience.String())
	} else {
		set("OUTBOX_LEASE", f.o.Patience.String())
		set("OUTBOX_CONFIRM_AFTER", f.o.Patience.String())
	}
	settings["NOTEJAM_PLANTED_BUG"] = f.o.Bug
	name := fmt.Sprintf("%s-%d", service, replica+1)
	return &member{
		name: name, program: filepath.Join(f.o.Work, "bin", service), settings: settings, log: filepath.Join(f.o.Work, "data", "log", name+".log"),
	}
}

func (f *fleet) port(service, setting string) string {
	_, port, _ := net.SplitHostPort(f.stack.Settings(service)[strings.ToUpper(service)+"_"+setting])
	return port
}

// target is how a service is found, all its replicas.
func (f *fleet) target(service string) string {
	return f.names.target(service+domain, f.port(service, "GRPC_ADDR"))
}

// open opens what is looked at: the schemas as their services see them, and the
// queues.
func (f *fleet) open(ctx context.Context) error {
	for _, service := range kept {
		set := env.New(env.Map(f.stack.Settings(service)))
		cfg := mysql.Settings(set, strings.ToUpper(service), replicas)
		err := set.Err()
		if err != nil {
			return err
		}
		f.rows[service], err = mysql.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err != nil {
			return err
		}
	}
	events := f.stack.Settings("audit")["AUDIT_QUEUE_URL"]
	var err error
	f.queue, err = queue.Open(ctx, queue.Config{URL: events, Endpoint: f.stack.Queue.Endpoint()}, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	f.dead, err = queue.Open(ctx, queue.Config{URL: events + "-dead", Endpoint: f.stack.Queue.Endpoint()}, prometheus.NewRegistry())
	return err
}

// startMissing starts who does not run.
func (f *fleet) startMissing() error {
	for _, m := range f.members {
		if m.running == nil {
			err := m.start()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// replace kills a process without a word and starts another one in its place.
func (f *fleet) replace(m *member) error {
	m.kill()
	return m.start()
}

func (f *fleet) crashDatabase(ctx context.Context) error {
	err := f.stack.KillDatabase(ctx)
	if err != nil {
		return err
	}
	return f.stack.RestartDatabase(context.WithoutCancel(ctx))
}

// settle waits until no event is under way any more. One that never arrives is
// not waited for without end: it is lost.
func (f *fleet) settle(ctx context.Context) error {
	over := time.After(f.o.Settle)
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	for {
		left, err := f.underWay(ctx)
		if err == nil && left == 0 {
			return nil
		}
		select {
		case <-over:
			f.progress("%d events are still under way", left)
			return err
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-poll.C:
		}
	}
}

// underWay counts unsent events and messages.
func (f *fleet) underWay(ctx context.Context) (left int, err error) {
	for _, service := range []string{"auth", "notes"} {
		var n int
		err = f.rows[service].QueryRow(ctx, "SELECT COUNT(*) FROM outbox WHERE status <> 1").Scan(&n)
		if err != nil {
			return 0, err
		}
		left += n
	}
	waiting, err := f.queue.Attributes(ctx)
	return left + waiting.Visible + waiting.InFlight + waiting.Delayed, err
}

func (f *fleet) close(ctx context.Context) error {
	var errs []error
	for _, m := range f.members {
		m.kill()
	}
	for _, db := range f.rows {
		errs = append(errs, db.Close())
	}
	if f.names != nil {
		errs = append(errs, f.names.close())
	}
	if f.stack != nil {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		errs = append(errs, f.stack.Close(ctx))
	}
	return errors.Join(errs...)
}

func (f *fleet) progress(format string, args ...any) {
	if f.o.Out != nil {
		_, _ = fmt.Fprintf(f.o.Out, format+" …\n", args...)
	}
}

func (m *member) start() error {
	log, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", m.name, err)
	}
	defer func() { _ = log.Close() }() // the process has its own descriptor
	cmd := exec.Command(m.program)     //nolint:gosec,noctx // we built it, and kill ends it
	cmd.Stdout, cmd.Stderr = io.Discard, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	for key, value := range m.settings {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	err = cmd.Start()
	if err != nil {
		return fmt.Errorf("start %s: %w", m.name, err)
	}
	m.running = cmd
	return nil
}

// kill ends the process without a word, as a lost machine would.
func (m *member) kill() {
	if m.running == nil {
		return
	}
	_ = m.running.Process.Kill()
	_ = m.running.Wait() // the signal is what it says
	m.running = nil
}
