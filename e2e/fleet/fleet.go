// Package fleet runs a whole Notejam as it runs in production, for those who
// break it: real processes, several of each service, found through a DNS server
// and gRPC's own balancer, behind a stand-in of the load balancer.
//
// fleet.go puts it together; member.go is one process; names.go the DNS server;
// balancer.go the load balancer; traffic.go people who use it all the time;
// build.go compiles the services, those of an older release too.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"

	"gitlab.com/notejam/notejam/local"
)

const (
	replicas = 2
	domain   = ".fleet.test"
)

// Kept are the services that keep something; Web is the one that does not.
var Kept = []string{"auth", "notes", "audit"}

// Web is the service behind the load balancer.
const Web = "web"

// Options say what runs.
type Options struct {
	Work     string // folder for data and logs; it is emptied
	Binaries string // where Build left the services
	Out      io.Writer
	Services []string // those of Kept, and Web if pages are needed
	MySQL    *local.MySQL
	// Settings are some that differ from the usual ones, by service and without its prefix.
	Settings map[string]map[string]string
	// Through may put something between a member, as notes-1, and what it reaches: it gets the setting's name without the service, and its value. nil
	// changes nothing.
	Through func(member, name, value string) string
}

// Fleet is everything that runs.
type Fleet struct {
	Stack   *local.Stack
	Members []*Member // web last

	o     Options
	names *names
}

// New makes what the services need; none of them runs yet.
func New(ctx context.Context, o Options) (*Fleet, error) {
	f := &Fleet{o: o}
	err := f.prepare(ctx)
	if err != nil {
		return nil, errors.Join(err, f.Close(context.WithoutCancel(ctx)))
	}
	return f, nil
}

// prepare is the parts list.
func (f *Fleet) prepare(ctx context.Context) error {
	data := filepath.Join(f.o.Work, "data")
	err := os.RemoveAll(data)
	if err != nil {
		return fmt.Errorf("empty the data folder: %w", err)
	}
	settings := local.NoLimits()
	for service, values := range f.o.Settings {
		if settings[service] == nil {
			settings[service] = map[string]string{}
		}
		maps.Copy(settings[service], values)
	}
	// A database that is killed loses nothing even so: Fast gives up only what a crash of the whole machine would need.
	f.Stack, err = local.Start(ctx, local.Options{Data: data, Progress: f.o.Out, Fast: true, Settings: settings, MySQL: f.o.MySQL})
	if err != nil {
		return err
	}
	addrs := map[string][][4]byte{}
	for _, service := range Kept {
		for replica := range replicas {
			addrs[service+domain] = append(addrs[service+domain], [4]byte{127, 0, 1, byte(replica + 1)})
		}
	}
	f.names, err = serveNames(addrs)
	if err != nil {
		return err
	}
	for _, service := range f.o.Services {
		for replica := range replicas {
			f.Members = append(f.Members, f.member(service, replica))
		}
	}
	return nil
}

// member is a replica: all replicas of a service listen on one port, each on an
// address of its own.
func (f *Fleet) member(service string, replica int) *Member {
	settings := maps.Clone(f.Stack.Settings(service))
	move := func(name string) {
		_, port, _ := net.SplitHostPort(settings[setting(service, name)])
		settings[setting(service, name)] = fmt.Sprintf("127.0.1.%d:%s", replica+1, port)
	}
	move("DEBUG_ADDR")
	if service == Web {
		move("ADDR")
	} else {
		move("GRPC_ADDR")
	}
	for _, other := range Kept {
		target := setting(service, strings.ToUpper(other)+"_TARGET")
		if settings[target] != "" {
			settings[target] = f.Target(other)
		}
	}
	member := fmt.Sprintf("%s-%d", service, replica+1)
	if f.o.Through != nil {
		for name, value := range settings {
			settings[name] = f.o.Through(member, strings.TrimPrefix(name, strings.ToUpper(service)+"_"), value)
		}
	}
	return &Member{
		Name: member, Service: service, Settings: settings, Binaries: f.o.Binaries, Log: filepath.Join(f.o.Work, "data", "log", member+".log"),
	}
}

// setting is a setting's whole name.
func setting(service, name string) string { return strings.ToUpper(service) + "_" + name }

// Target is how a service is found, all its replicas.
func (f *Fleet) Target(service string) string {
	_, port, _ := net.SplitHostPort(f.Stack.Settings(service)[setting(service, "GRPC_ADDR")])
	return f.names.target(service+domain, port)
}

// Of gives the replicas of a service.
func (f *Fleet) Of(service string) []*Member {
	var found []*Member
	for _, m := range f.Members {
		if m.Service == service {
			found = append(found, m)
		}
	}
	return found
}

// StartMissing starts who does not run.
func (f *Fleet) StartMissing() error {
	for _, m := range f.Members {
		if !m.Running() {
			err := m.Start()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// CrashDatabase kills the database server and starts it again.
func (f *Fleet) CrashDatabase(ctx context.Context) error {
	err := f.Stack.KillDatabase(ctx)
	if err != nil {
		return err
	}
	return f.Stack.RestartDatabase(context.WithoutCancel(ctx))
}

// Close ends everything.
func (f *Fleet) Close(ctx context.Context) error {
	for _, m := range f.Members {
		m.Kill()
	}
	var errs []error
	if f.names != nil {
		errs = append(errs, f.names.close())
	}
	if f.Stack != nil {
		errs = append(errs, f.Stack.Close(ctx))
	}
	return errors.Join(errs...)
}
