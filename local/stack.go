// Package local runs all of Notejam on one machine: a private database server,
// the queue emulator, a throw-away certificate authority, and the four services
// with the wiring that ships. `make run` is a thin program over it
// (cmd/local); the end-to-end tests start the same stack and then break it.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// Options say where to run and how.
type Options struct {
	// Data is the folder that keeps everything; see folder.go.
	Data string
	// Addr is where the pages are served, on loopback: 127.0.0.1:8000.
	// Empty: a free port.
	Addr string
	// Progress gets one line for each step.
	Progress io.Writer
	// Fast gives up the database's durability, and the cost of a password's hash,
	// for speed: for tests that do not kill the machine.
	Fast bool
	// Settings are some that differ from the usual ones, by service and without
	// its prefix; NoLimits are such.
	Settings map[string]map[string]string
	// MySQL is a server to use instead of a private one; nil starts one.
	MySQL *MySQL
}

// Stack is what the services need around them, up and running, and the
// services once Serve was called.
type Stack struct {
	// Addr is where the pages are served.
	Addr string
	// Queue is the emulator, with its knobs for faults.
	Queue *queuetest.Server

	options  Options
	folder   *folder
	server   *mysqltest.Server
	dbAddr   string
	settings map[string]map[string]string // by service
	// migrators are the settings that migrate has instead, by service.
	migrators map[string]map[string]string
	// load fills the database before anything else uses it; nil takes it as it is.
	load func(ctx context.Context) error
}

// Start brings up what the services need and migrates their schemas. The
// services themselves are started by Serve, or as processes with Settings.
func Start(ctx context.Context, options Options) (*Stack, error) {
	s := &Stack{options: options, Addr: options.Addr, migrators: map[string]map[string]string{}}
	err := s.start(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// start is the parts list.
func (s *Stack) start(ctx context.Context) error {
	var err error
	s.folder, err = openFolder(s.options.Data)
	if err != nil {
		return err
	}
	err = s.chooseAddrs(ctx)
	if err != nil {
		return err
	}
	s.progress("Starting the database in %s", s.folder.path("database"))
	err = s.startDatabase(ctx)
	if err != nil {
		return err
	}
	if s.load != nil {
		err = s.load(ctx)
		if err != nil {
			return err
		}
	}
	s.Queue, err = queuetest.Start(queuetest.Config{
		Dir: s.folder.path("queue"),
		Queues: []queuetest.QueueConfig{
			{Name: deadLetterQueue},
			{Name: eventQueue, DeadLetter: deadLetterQueue, MaxReceive: maxReceive},
		},
	})
	if err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	s.settings, err = s.makeSettings(ctx)
	if err != nil {
		return err
	}
	err = s.writeEnvironments()
	if err != nil {
		return err
	}
	s.progress("Migrating the schemas")
	for _, program := range programs() {
		err = s.migrate(ctx, program)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Stack) chooseAddrs(ctx context.Context) error {
	addrs, err := freePorts(ctx, 2)
	if err != nil {
		return err
	}
	s.dbAddr = addrs[0]
	if s.Addr == "" {
		s.Addr = addrs[1]
		return nil
	}
	return checkAddr(ctx, s.Addr)
}

// Settings gives a service's settings as its process would find them in the
// environment.
func (s *Stack) Settings(service string) map[string]string { return s.settings[service] }

// MigratorSettings gives the settings of a service as the user who may change
// its tables.
func (s *Stack) MigratorSettings(service string) map[string]string {
	settings := maps.Clone(s.settings[service])
	maps.Copy(settings, s.migrators[service])
	return settings
}

// URL gives the address of the pages as a person types it.
func (s *Stack) URL() string { return "http://" + s.Addr }

// Database is the server, for who looks at it as its administrator.
func (s *Stack) Database() *mysqltest.Server { return s.server }

// Close ends everything that Start started. Data stays.
func (s *Stack) Close(ctx context.Context) error {
	var errs []error
	if s.Queue != nil {
		errs = append(errs, s.Queue.Close())
	}
	if s.server != nil && s.options.MySQL == nil {
		errs = append(errs, s.server.Stop(ctx))
	}
	if s.folder != nil {
		errs = append(errs, s.folder.close())
	}
	return errors.Join(errs...)
}

func (s *Stack) progress(format string, args ...any) {
	if s.options.Progress != nil {
		_, _ = fmt.Fprintf(s.options.Progress, format+" …\n", args...)
	}
}

// logFile opens a service's log for appending.
func (s *Stack) logFile(name string) (*os.File, error) {
	f, err := os.OpenFile(s.folder.path("log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	return f, nil
}
