// Package service is what a program needs to be a service: settings, logger, metrics, readiness, debug listener, signals and an ordered stop.
//
// A service hands its Program to Main and does nothing else in main.go:
//
//	func main() { service.Main(notes.Program()) }
//
// Serve reads the settings, builds the parts, registers them with the Runtime and returns:
//
//	func serve(ctx context.Context, rt *service.Runtime, lookup env.Lookup) error {
//		db, err := mysql.Open(…)
//		…
//		rt.OnClose("database", db.Close)
//		rt.Await("database", db.Ping)
//		rt.Serve(server.Component(addr))
//		return nil
//	}
//
// The life of a service, in order:
//
//  1. The settings are read, all mistakes reported at once; the debug listener opens; Serve runs; the components start.
//  2. It is ready as soon as every condition is true, and fails when that takes longer than NAME_START_TIMEOUT.
//  3. It ends when the context ends (SIGTERM, SIGINT) or a component fails: readiness turns false, every Drain is called, NAME_DRAIN_DELAY passes
//     (not if it was never ready: then nobody was sent here), every component is stopped in the reverse order of registration within
//     NAME_STOP_TIMEOUT, what was registered with OnClose is closed in reverse order, and the debug listener closes last.
//
// Only this package knows signals, exit codes and os.Exit, and of it only Main.
package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
)

// Program is a service as its main.go hands it to Main.
type Program struct {
	// Name is the service's name in lower case: "notes". In upper case it is the prefix of its settings.
	Name string
	// Settings reads every setting of the service once, so that the contract prints itself. To print it, every value is absent: it must not act on
	// what it reads.
	Settings func(*env.Set)
	// Serve builds the service, registers its parts with the Runtime and returns; it does not wait for other systems. Its context ends when the
	// service is asked to stop.
	Serve func(ctx context.Context, rt *Runtime, lookup env.Lookup) error
	// Commands are the sub-commands beside those that every service has.
	Commands []Command
}

// Options are what a caller of Run may want; the zero value will do.
type Options struct {
	// LogOutput receives the log; nil means standard error.
	LogOutput io.Writer
	// Listening is called with the address of the debug listener once it is open, before Serve.
	Listening func(debugAddr string)
	// Ready is called when the service becomes ready for the first time. It must not block.
	Ready func()

	// process is set by Main, which owns the process: misspelt variables of its environment are reported, its default logger is replaced.
	process bool
}

// Run runs the service until ctx ends or a component fails, and stops it in order. It returns nil after a clean stop, env.Mistakes when settings
// are wrong, else everything that went wrong, joined. It leaves no goroutine behind, unless a component refused to end.
func Run(ctx context.Context, p Program, lookup env.Lookup, opts Options) error {
	set := env.New(lookup)
	own := declare(set, p)
	err := set.Err()
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	log := newLogSink(cmp.Or[io.Writer](opts.LogOutput, os.Stderr), metrics)
	defer log.close()
	rt := newRuntime(p.Name, own.LogLevel, log, metrics)
	if opts.process {
		slog.SetDefault(rt.Log)
		unknown := set.Unknown(prefix(p.Name), os.Environ())
		if len(unknown) > 0 {
			rt.Log.Warn("variables that nothing reads, are they misspelt?", "names", unknown)
		}
	}

	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", own.DebugAddr)
	if err != nil {
		return fmt.Errorf("open the debug listener of %s: %w", p.Name, err)
	}
	debug := rt.start(ctx, rt.HTTPServer("debug", listener, rt.debugHandler()))
	rt.Log.Info("starting", "debug_addr", listener.Addr().String(), "commit", build().Commit, "go", build().Go)
	if opts.Listening != nil {
		opts.Listening(listener.Addr().String())
	}

	err = rt.live(ctx, p, lookup, own, opts.Ready)
	err = errors.Join(err, rt.close(ctx), rt.stopLast(ctx, debug))
	rt.Log.Info("stopped", "clean", err == nil)
	return err
}

// live is the life between the opening and the closing of the debug listener.
func (rt *Runtime) live(ctx context.Context, p Program, lookup env.Lookup, own settings, ready func()) error {
	err := rt.Guard("start", func() error { return p.Serve(ctx, rt, lookup) })
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // asked to stop while it was starting
	}
	if err != nil {
		return err
	}
	var all []*running
	for _, component := range rt.takeComponents() {
		all = append(all, rt.start(ctx, component))
	}
	rt.readiness.start()
	err = rt.wait(ctx, own.StartTimeout, ready)
	return errors.Join(err, rt.stop(ctx, own, all))
}

// wait returns when the service has to stop; the error is nil when it was asked to, or when a component's own error tells why.
func (rt *Runtime) wait(ctx context.Context, startTimeout time.Duration, ready func()) error {
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	reached := rt.readiness.reached
	for {
		select {
		case <-reached:
			reached = nil
			late.Stop()
			rt.Log.Info("ready")
			if ready != nil {
				ready()
			}
		case <-late.C:
			err := fmt.Errorf("not ready within %s: %s", startTimeout, rt.readiness.state().reasons())
			rt.Log.Error("stopping", "error", err)
			return err
		case err := <-rt.failed:
			rt.Log.Error("stopping", "error", err)
			return nil
		case <-ctx.Done():
			rt.Log.Info("stopping", "reason", context.Cause(ctx).Error())
			return nil
		}
	}
}
