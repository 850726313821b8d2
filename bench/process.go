package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	startLimit = 30 * time.Second // for a process to answer that it is ready
	stopLimit  = 20 * time.Second // for its orderly end; then it is killed
)

// process is a program that runs beside us.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   string        // its file
	ended chan struct{} // closed when it has ended
}

// startProcess starts a program with just this environment. It ends with us, however we end.
func startProcess(ctx context.Context, name string, environment map[string]string, log, program string, args ...string) (*process, error) {
	output, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // in the bench's own folder
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	defer func() { _ = output.Close() }() // the process has its own descriptor
	p := &process{name: name, log: log, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), program, args...) //nolint:gosec // the bench built it; stop ends it, in its turn
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Env = []string{}
	for key, value := range environment {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	err = p.cmd.Start()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	return p, nil
}

// waitReady waits until the URL answers 200 or a redirect.
func (p *process) waitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		err := answers(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended (%s), see %s", p.name, p.cmd.ProcessState, p.log)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready, see %s: %w", p.name, p.log, err)
		case <-poll.C:
		}
	}
}

// direct follows no redirect: where an answer leads is part of the answer.
var direct = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func answers(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	resp, err := direct.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("ask %s: it answers %d", url, resp.StatusCode)
	}
	return nil
}

// stop asks the process to end and waits for that.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended, which is asked below
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s took too long to end and was killed, see %s", p.name, p.log)
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("%s ended with %s, see %s", p.name, p.cmd.ProcessState, p.log)
	}
	return nil
}

// build compiles main packages of the workspace into a folder, as for a release.
func build(ctx context.Context, root, into string, packages ...string) error {
	args := append([]string{"build", "-trimpath", "-o", into + string(os.PathSeparator)}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the packages are named below
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("build: %w", errors.Join(err, errors.New(string(out))))
	}
	return nil
}
