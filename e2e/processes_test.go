package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/local"
)

var serviceNames = []string{"auth", "notes", "audit", "web"}

// buildOnce builds the four services, with the race detector, as `make test`
// has compiled everything so already.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "notejam-bin-*")
	if err != nil {
		return "", err
	}
	args := []string{"build", "-race", "-pgo=off", "-o", dir}
	for _, name := range serviceNames {
		args = append(args, "../services/"+name+"/cmd/"+name)
	}
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the services: %w\n%s", err, out)
	}
	return dir, nil
})

// processes are the four services as processes over a stack of their own,
// which can be killed and started one by one.
type processes struct {
	t     *testing.T
	stack *local.Stack
	dir   string
	logs  string
	env   []string // of all of them, beside their settings

	mu      sync.Mutex
	running map[string]*exec.Cmd
}

func startProcesses(t *testing.T) *processes {
	t.Helper()
	return startProcessesWith(t, local.NoLimits())
}

// startProcessesWith starts them with some settings of their own.
func startProcessesWith(t *testing.T, settings map[string]map[string]string) *processes {
	t.Helper()
	dir, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return startProcessesOf(t, dir, settings)
}

// startProcessesOf starts the programs in a folder.
func startProcessesOf(t *testing.T, dir string, settings map[string]map[string]string, env ...string) *processes {
	t.Helper()
	s, err := local.Start(t.Context(), local.Options{Data: t.TempDir(), Fast: true, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	p := &processes{t: t, stack: s, dir: dir, logs: t.TempDir(), env: env, running: map[string]*exec.Cmd{}}
	t.Cleanup(func() {
		for _, name := range serviceNames {
			p.kill(name)
		}
		s := newSearch(p.stack, choir)
		err := errors.Join(s.logs(p.logs), s.queue(), s.err())
		if err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err = p.stack.Close(ctx)
		if err != nil {
			t.Error(err)
		}
	})
	for _, name := range serviceNames {
		p.start(name)
	}
	for _, name := range serviceNames {
		p.waitReady(name)
	}
	// web is ready by itself, for an outage elsewhere must not take it away; its
	// first connections may still be on their way.
	stranger := visitor(t, s.URL())
	eventually(t, "web has found auth", 10*time.Second, func() error {
		status, answer := stranger.call(http.MethodPost, "/v1/auth:signIn", map[string]string{"email": stranger.email, "password": password}, "")
		if status == http.StatusServiceUnavailable {
			return fmt.Errorf("%d %v", status, answer)
		}
		return nil
	})
	return p
}

func (p *processes) start(name string) {
	p.t.Helper()
	log, err := os.OpenFile(filepath.Join(p.logs, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(filepath.Join(p.dir, name))
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = slices.Clone(p.env)
	for key, value := range p.stack.Settings(name) {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	err = cmd.Start()
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running[name] = cmd
}

// kill ends a service without a word, as a lost machine would.
func (p *processes) kill(name string) {
	p.mu.Lock()
	cmd := p.running[name]
	delete(p.running, name)
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // the signal is what it says
}

// stop asks a service to end, as a deployment would, and waits until it did.
func (p *processes) stop(name string) {
	p.t.Helper()
	p.mu.Lock()
	cmd := p.running[name]
	delete(p.running, name)
	p.mu.Unlock()
	err := cmd.Process.Signal(syscall.SIGTERM)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		p.t.Errorf("%s stopped: %v", name, err)
	}
}

// waitReady waits until the service says that it is ready.
func (p *processes) waitReady(name string) {
	p.t.Helper()
	url := "http://" + p.stack.Settings(name)[strings.ToUpper(name)+"_DEBUG_ADDR"] + "/readyz"
	eventually(p.t, name+" is ready", 20*time.Second, func() error {
		resp, err := http.Get(url)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			log, _ := os.ReadFile(filepath.Join(p.logs, name))
			return fmt.Errorf("%s: %d\n%s", url, resp.StatusCode, log)
		}
		return nil
	})
}

func (p *processes) killDatabase() {
	p.t.Helper()
	err := p.stack.KillDatabase(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *processes) restartDatabase() {
	p.t.Helper()
	err := p.stack.RestartDatabase(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
}
