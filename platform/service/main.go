package service

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"gitlab.com/notejam/notejam/platform/env"
)

// Exit codes of Main.
const (
	exitClean  = 0
	exitFailed = 1
	exitUsage  = 2 // the arguments or the settings are wrong: a restart will not help
)

// Main runs the program as the process: its arguments, its environment, its signals and its exit code are Main's. SIGTERM and SIGINT ask the program
// to stop; a second one ends the process at once with exit code 1. Main does not return.
//
// The sub-commands are serve (also without any), config, healthcheck, version and the program's own. The exit code is 0 after a clean end, 1 after a
// failure and after ErrFound, 2 when the arguments or the settings are wrong. A failure of serve is logged, any other is a sentence.
func Main(p Program) {
	// A core file would hold every secret of the process; where the limit cannot be set, Go writes none either unless GOTRACEBACK asks for it.
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	collectRarely()
	c := console{program: p, lookup: os.LookupEnv, environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(c.run(untilSignal(), os.Args[1:]))
}

// RunArgs runs the program with arguments as Main does, but for the process itself: signals, and what belongs to all of it. It returns the exit code.
func RunArgs(ctx context.Context, p Program, args []string, lookup env.Lookup, stdout, stderr io.Writer) int {
	return console{program: p, lookup: lookup, stdout: stdout, stderr: stderr}.run(ctx, args)
}

// gcPercent lets the heap grow to nine times what is in use before it is collected. A service has some 10 MiB in use, so that collecting at twice that,
// Go's default, happens many times a second and costs a tenth of its time; nine times that is still a small part of the smallest task.
const gcPercent = 800

// collectRarely tunes the garbage collector, unless the operator has. GOMEMLIMIT, if set, collects earlier.
func collectRarely() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// untilSignal returns a context that the first signal ends; the second one ends the process.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		cancel(fmt.Errorf("signal: %s", <-signals))
		<-signals
		os.Exit(exitFailed)
	}()
	return ctx
}

// console is the program's command line.
type console struct {
	program        Program
	lookup         env.Lookup
	environ        []string
	stdout, stderr io.Writer
}

// errUsage is returned for arguments that the program does not understand.
var errUsage = errors.New("see the usage")

func (c console) run(ctx context.Context, args []string) int {
	name := "serve"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	what, err := c.dispatch(ctx, name, args)
	var usage *usageError
	var mistakes env.Mistakes
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, ErrFound):
		return exitFailed
	case errors.As(err, &usage) && usage.asked:
		_, _ = io.WriteString(c.stdout, usage.text)
		return exitClean
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(c.stderr, "%s\n%s", usage.mistake, usage.text)
		return exitUsage
	case errors.Is(err, errUsage):
		c.usage(c.stderr)
		return exitUsage
	case errors.As(err, &mistakes):
		_, _ = fmt.Fprintf(c.stderr, "%s: %v\n", c.program.Name, err)
		return exitUsage
	case name == "serve":
		newLogger(c.stderr, slog.LevelInfo, c.program.Name).Error("failed", "command", name, "error", err)
		return exitFailed
	default:
		_, _ = fmt.Fprintf(c.stderr, "%s: %v\n", what, err)
		return exitFailed
	}
}

// dispatch carries the command out, and tells what it is called.
func (c console) dispatch(ctx context.Context, name string, args []string) (what string, err error) {
	if !c.program.has(name) {
		return c.program.Name + " " + name, c.common(ctx, name, args)
	}
	called, err := resolve(c.program, append([]string{name}, args...))
	if err != nil {
		return called.name, err
	}
	return called.name, called.run(ctx, c.program.Name, c.lookup, c.stdout, c.stderr)
}

// common carries out a command that every service has.
func (c console) common(ctx context.Context, name string, args []string) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var run func() error
	switch name {
	case "serve":
		run = func() error { return Run(ctx, c.program, c.lookup, Options{LogOutput: c.stderr, process: true}) }
	case "config":
		check := flags.Bool("check", false, "")
		run = func() error { return c.config(*check) }
	case "healthcheck":
		live := flags.Bool("live", false, "")
		run = func() error { return c.healthcheck(ctx, *live) }
	case "version":
		run = c.version
	case "help", "-h", "-help", "--help":
		run = func() error { c.usage(c.stdout); return nil }
	default:
		_, _ = fmt.Fprintf(c.stderr, "%s: there is no command %q\n", c.program.Name, name)
		return errUsage
	}
	err := flags.Parse(args)
	if err != nil || flags.NArg() > 0 {
		return errUsage
	}
	return run()
}

func (c console) usage(w io.Writer) {
	_, _ = fmt.Fprintf(w, "usage: %s [command]\n\n", c.program.Name)
	commands := append([]Command{
		{Name: "serve", Doc: "run the service (the default)"},
		{Name: "config", Doc: "print all settings; --check: verify the environment"},
		{Name: "healthcheck", Doc: "ask the running service whether it is ready; --live: whether it lives"},
		{Name: "version", Doc: "print what was built"},
	}, c.program.Commands...)
	for _, command := range commands {
		_, _ = fmt.Fprintf(w, "  %-12s %s\n", command.Name, command.Doc)
	}
}
