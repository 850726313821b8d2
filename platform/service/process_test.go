package service_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log" //nolint:depguard // libraries use it, and what they say must reach the service's log
	"maps"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// actAsProgram makes this test's binary be the demo program, so that signals and exit codes are those of a real process.
const actAsProgram = "SERVICE_TEST_ACT_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(actAsProgram) != "" {
		time.Local = time.FixedZone("far east", 9*60*60) // the log must be in UTC all the same
		service.Main(demo())
	}
	flag.Parse()
	err := flag.Set("test.parallel", "8") // these tests wait for time-outs and processes and leave the processors to others
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func demo() service.Program {
	modes := env.OneOf("good", "stubborn", "fail")
	return service.Program{
		Name: "demo",
		Settings: func(set *env.Set) {
			set.String("DEMO_MODE", "good", "How it behaves.", modes)
			set.OptionalSecret("DEMO_KEY", "A key.")
		},
		Serve: func(_ context.Context, rt *service.Runtime, lookup env.Lookup) error {
			mode := env.New(lookup).String("DEMO_MODE", "good", "", modes)
			log.Print("from the standard logger")
			rt.Serve(service.Component{
				Name: "worker",
				Run: func(ctx context.Context) error {
					if mode == "fail" {
						return errors.New("worker broke")
					}
					return untilTold(ctx)
				},
				Stop: func(ctx context.Context) error {
					if mode == "stubborn" {
						<-ctx.Done()
					}
					return nil
				},
			})
			return nil
		},
		Commands: []service.Command{
			{Name: "migrate", Doc: "bring the schema up to date", Run: migrate},
			{Name: "letters", Doc: "look at letters", Commands: []service.Command{
				{Name: "list", Doc: "list the letters", Run: list},
				{Name: "show", Doc: "show one letter", Args: "NUMBER", Run: show},
				{Name: "count", Doc: "count the letters", Run: count, Commands: []service.Command{
					{Name: "unread", Doc: "count the unread ones", Run: countUnread},
				}},
			}},
		},
	}
}

func migrate(_ context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
	rt.OnClose("connection", func() error { say("closed"); return nil })
	say("migrate", args)
	switch strings.Join(args, "") {
	case "fail":
		return errors.New("statement 3 failed")
	case "panic":
		panic("statement 4")
	case "component":
		rt.Serve(service.Component{Name: "server", Run: untilTold})
	case "setting":
		set := env.New(lookup)
		set.Required("DEMO_ADMIN", "The migrating user.")
		return set.Err()
	case "core":
		var limit syscall.Rlimit
		err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit)
		say(limit.Cur, limit.Max)
		return err
	}
	return nil
}

func count(_ context.Context, rt *service.Runtime, _ env.Lookup, args []string) error {
	_, err := fmt.Fprintln(rt.Stdout, "3 letters", args)
	return err
}

func countUnread(_ context.Context, rt *service.Runtime, _ env.Lookup, _ []string) error {
	_, err := fmt.Fprintln(rt.Stdout, "1 letter unread")
	return err
}

// list finds something, and tells how far it is for more than a second.
func list(ctx context.Context, rt *service.Runtime, _ env.Lookup, args []string) error {
	flags := rt.Flags()
	asJSON := flags.Bool("json", false, "print JSON")
	limit := flags.Int("limit", 10, "list at most `N` letters")
	wait := flags.Duration("wait", 0, "take `TIME`")
	_, err := flags.Parse(args, 0, 0)
	if err != nil {
		return err
	}
	if *limit < 1 {
		return flags.Mistake("--limit is %d, want 1 or more", *limit)
	}
	ctx, cancel := context.WithTimeout(ctx, *wait)
	defer cancel()
	progress := rt.Progress()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for looked := 0; ctx.Err() == nil; looked++ {
		progress.Say("looked often: %t", looked > 10)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	if *asJSON {
		err = rt.WriteJSON(map[string]any{"letters": []string{"a<b"}, "limit": *limit})
	} else {
		_, err = fmt.Fprintln(rt.Stdout, "a letter from", rt.Flags().Name())
	}
	return errors.Join(err, service.ErrFound)
}

func show(_ context.Context, rt *service.Runtime, _ env.Lookup, args []string) error {
	flags := rt.Flags()
	raw := flags.Bool("raw", false, "as it came")
	numbers, err := flags.Parse(args, 1, 1)
	if err != nil {
		return err
	}
	if numbers[0] == "0" {
		return errors.New("there is no letter 0")
	}
	_, err = fmt.Fprintln(rt.Stdout, "letter", numbers[0], "raw:", *raw)
	return err
}

func say(words ...any) {
	_, err := fmt.Fprintln(os.Stdout, words...)
	if err != nil {
		panic(err)
	}
}

// process is the demo program as a process of its own.
type process struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr logBuffer
}

func launch(t *testing.T, changes map[string]string, args ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	environment := settings(map[string]string{
		actAsProgram: "1",
		"GORACE":     "atexit_sleep_ms=0", // else the race detector holds up every exit for a second
		"GOCOVERDIR": t.TempDir(),         // else go test -cover makes the program complain
	})
	maps.Copy(environment, changes)
	p := &process{cmd: exec.CommandContext(t.Context(), executable, args...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	for name, value := range environment {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	err = p.cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// exit waits for the process and returns its exit code.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	err := receive(t, ended)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// logs waits until the process has logged the message and returns the line.
func (p *process) logs(t *testing.T, message string) map[string]any {
	t.Helper()
	eventually(t, "the process logs "+message, func() bool { return p.stderr.line(t, message) != nil })
	return p.stderr.line(t, message)
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	err := p.cmd.Process.Signal(s)
	if err != nil {
		t.Fatal(err)
	}
}
