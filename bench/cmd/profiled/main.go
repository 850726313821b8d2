// Command profiled runs one service as its own program does, and writes a CPU
// profile of what it did between SIGUSR1 and its end:
//
//	profiled notes notes.pprof
//
// The services themselves have no profiler: a way to ask a running service what
// is in its memory is a way in.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"

	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/audit"
	"gitlab.com/notejam/notejam/services/auth"
	"gitlab.com/notejam/notejam/services/notes"
	"gitlab.com/notejam/notejam/services/web"
)

func main() {
	err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "profiled:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	if len(args) != 2 {
		return errors.New("usage: profiled <service> <file>")
	}
	programs := map[string]service.Program{
		"auth": auth.Program(), "notes": notes.Program(), "audit": audit.Program(), "web": web.Program(),
	}
	program, ok := programs[args[0]]
	if !ok {
		return fmt.Errorf("%s is no service", args[0])
	}
	file, err := os.Create(args[1]) //nolint:gosec // that is the argument's purpose
	if err != nil {
		return fmt.Errorf("make the profile: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()

	start := make(chan os.Signal, 1)
	signal.Notify(start, syscall.SIGUSR1)
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	go func() {
		<-start
		_ = pprof.StartCPUProfile(file) // fails only when there is one already
	}()
	defer pprof.StopCPUProfile()
	return service.Run(ctx, program, os.LookupEnv, service.Options{})
}
