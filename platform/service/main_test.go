package service_test

import (
	"context"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain_StopsCleanlyOnSIGTERMAndOnSIGINT(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p := launch(t, map[string]string{"DEMO_WORKRES": "3", "DEMO_KEY": "hunter2"})
		p.logs(t, "ready")
		p.signal(t, s)
		code := p.exit(t)
		if code != 0 || p.logs(t, "stopping")["reason"] != "signal: "+s.String() {
			t.Errorf("exit code %d, log:\n%s", code, p.stderr.text())
		}
		names := p.logs(t, "variables that nothing reads, are they misspelt?")["names"]
		if diff := cmp.Diff([]any{"DEMO_WORKRES"}, names); diff != "" {
			t.Errorf("variables that nothing reads (-want +got):\n%s", diff)
		}
		at, _ := p.logs(t, "ready")["time"].(string)
		if !strings.HasSuffix(at, "Z") {
			t.Errorf("logged at %s, want UTC", at)
		}
		if p.stderr.line(t, "from the standard logger")["service"] != "demo" {
			t.Error("the standard logger does not write to the service's log")
		}
		if strings.Contains(p.stderr.text(), "hunter2") {
			t.Error("a secret is in the log")
		}
	}
}

func TestMain_ASecondSignalEndsTheProcessAtOnce(t *testing.T) {
	t.Parallel()
	p := launch(t, map[string]string{"DEMO_MODE": "stubborn", "DEMO_STOP_TIMEOUT": "2m"}, "serve")
	p.logs(t, "ready")
	p.signal(t, syscall.SIGTERM)
	p.logs(t, "stopping")
	p.signal(t, syscall.SIGINT)
	code := p.exit(t)
	if code != 1 || p.stderr.line(t, "stopped") != nil {
		t.Errorf("exit code %d, want 1 and no orderly end; log:\n%s", code, p.stderr.text())
	}
}

func TestMain_ExitsWith1WhenTheServiceFails(t *testing.T) {
	t.Parallel()
	p := launch(t, map[string]string{"DEMO_MODE": "fail"})
	code := p.exit(t)
	if code != 1 || p.logs(t, "failed")["error"] != "component worker: worker broke" {
		t.Errorf("exit code %d, log:\n%s", code, p.stderr.text())
	}
}

func TestMain_HealthcheckAsksTheRunningService(t *testing.T) {
	t.Parallel()
	conditions := make(chan *service.Condition, 1)
	s := start(t, program(func(_ context.Context, rt *service.Runtime) error { conditions <- rt.Ready("database"); return nil }), nil)
	expect := func(want int, addr string, args ...string) {
		t.Helper()
		p := launch(t, map[string]string{"DEMO_DEBUG_ADDR": addr, "http_proxy": "http://127.0.0.1:1"}, append([]string{"healthcheck"}, args...)...)
		code := p.exit(t)
		if code != want {
			t.Errorf("healthcheck %v = %d, want %d: %s", args, code, want, p.stderr.text())
		}
	}
	expect(1, s.addr)
	expect(0, s.addr, "--live")
	receive(t, conditions).Set(nil)
	s.waitReady()
	expect(0, s.addr)
	_ = s.stop()
	expect(2, "nowhere")

	var listen net.ListenConfig
	silent, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	expect(1, silent.Addr().String(), "--live")
	_ = silent.Close()
}

func TestMain_SubCommands(t *testing.T) {
	t.Parallel()
	const usage = `usage: demo [command]

  serve        run the service (the default)
  config       print all settings; --check: verify the environment
  healthcheck  ask the running service whether it is ready; --live: whether it lives
  version      print what was built
  migrate      bring the schema up to date
  letters      look at letters
`
	wrong := map[string]string{"DEMO_MODE": "evil", "DEMO_DRAIN_DELAY": "later"}
	mistakes := `demo: settings are wrong:
  DEMO_DRAIN_DELAY must be a duration such as 250ms, 20s or 2m, 0s to 2m
  DEMO_MODE must be one of good, stubborn, fail
`
	cases := []struct {
		name           string
		args           []string
		changes        map[string]string
		code           int
		stdout, stderr string
	}{
		{name: "an unknown one", args: []string{"destroy"}, code: 2, stderr: "demo: there is no command \"destroy\"\n" + usage},
		{name: "help", args: []string{"help"}, stdout: usage},
		{name: "--help", args: []string{"--help"}, stdout: usage},
		{name: "an unknown flag", args: []string{"config", "--chekc"}, code: 2, stderr: usage},
		{name: "an argument too many", args: []string{"serve", "now"}, code: 2, stderr: usage},
		{name: "serve with wrong settings", args: []string{"serve"}, changes: wrong, code: 2, stderr: mistakes},
		{name: "config --check with wrong settings", args: []string{"config", "--check"}, changes: wrong, code: 2, stderr: mistakes},
		{
			name: "config --check with right settings", args: []string{"config", "--check"}, changes: map[string]string{"DEMO_MOOD": "x"},
			stdout: "the settings of demo are complete\n", stderr: "demo: nothing reads DEMO_MOOD, is it misspelt?\n",
		},
		{name: "migrate", args: []string{"migrate", "--to", "3"}, stdout: "migrate [--to 3]\nclosed\n"},
		{name: "migrate without core files", args: []string{"migrate", "core"}, stdout: "migrate [core]\n0 0\nclosed\n"},
		{
			name: "migrate with a setting of its own missing", args: []string{"migrate", "setting"}, code: 2,
			stdout: "migrate [setting]\nclosed\n", stderr: "demo: settings are wrong:\n  DEMO_ADMIN is required\n",
		},
		{
			name: "migrate with a wrong setting of every service", args: []string{"migrate"}, changes: map[string]string{"DEMO_LOG_LEVEL": "loud"}, code: 2,
			stderr: "demo: settings are wrong:\n  DEMO_LOG_LEVEL must be one of debug, info, warn, error\n",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, c.changes, c.args...)
			code := p.exit(t)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if diff := cmp.Diff(c.stdout, p.stdout.String()); diff != "" {
				t.Errorf("standard output (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.stderr, p.stderr.text()); diff != "" {
				t.Errorf("standard error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMain_ACommandThatFailsClosesAndExitsWith1(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"fail":      "statement 3 failed",
		"panic":     "panic: statement 4",
		"component": "panic: service: component server comes too late: only Program.Serve may register components",
	}
	for arg, want := range cases {
		p := launch(t, nil, "migrate", arg)
		code := p.exit(t)
		if code != 1 || !strings.HasSuffix(p.stderr.text(), "demo migrate: "+want+"\n") || !strings.HasSuffix(p.stdout.String(), "closed\n") {
			t.Errorf("migrate %s: exit code %d, output %q, standard error:\n%s", arg, code, p.stdout.String(), p.stderr.text())
		}
	}
}

func TestRunCommand_RunsACommandOfTheProgramInThisProcess(t *testing.T) {
	t.Parallel()
	closed := false
	p := program(nil)
	p.Commands = []service.Command{{Name: "migrate", Run: func(_ context.Context, rt *service.Runtime, lookup env.Lookup, args []string) error {
		rt.OnClose("connection", func() error { closed = true; return nil })
		text, _ := lookup("DEMO_TEXT")
		rt.Log.Info("migrating", "args", args, "text", text)
		return nil
	}}}
	output := &logBuffer{}
	err := service.RunCommand(t.Context(), p, "migrate", []string{"--to", "3"}, env.Map(settings(map[string]string{"DEMO_TEXT": "hello"})), output)
	if err != nil || !closed {
		t.Errorf("RunCommand = %v, closed: %v", err, closed)
	}
	line := output.line(t, "migrating")
	if diff := cmp.Diff([]any{"--to", "3"}, line["args"]); diff != "" || line["text"] != "hello" {
		t.Errorf("log line = %v", line)
	}
	err = service.RunCommand(t.Context(), p, "destroy", nil, env.Map(nil), output)
	if err == nil || err.Error() != `demo has no command "destroy"` {
		t.Errorf("RunCommand of an unknown one = %v", err)
	}
}

func TestMain_VersionTellsWhatWasBuilt(t *testing.T) {
	t.Parallel()
	p := launch(t, nil, "version")
	code := p.exit(t)
	if code != 0 || !strings.HasPrefix(p.stdout.String(), "demo ") || !strings.Contains(p.stdout.String(), "(commit ") {
		t.Errorf("exit code %d, output %q", code, p.stdout.String())
	}
}

func TestMain_ConfigPrintsTheContractWhateverTheEnvironment(t *testing.T) {
	t.Parallel()
	p := launch(t, map[string]string{"DEMO_MODE": "evil", "DEMO_KEY": "hunter2"}, "config")
	code := p.exit(t)
	if code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.text())
	}
	golden := filepath.Join("testdata", "config.md")
	if *update {
		err := os.WriteFile(golden, p.stdout.Bytes(), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), p.stdout.String()); diff != "" {
		t.Errorf("contract (-want +got), -update rewrites it:\n%s", diff)
	}
}
