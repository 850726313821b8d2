package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Member is one process, or the place of one.
type Member struct {
	Name     string // notes-2
	Service  string
	Settings map[string]string
	Log      string // what it wrote, over all its lives
	Binaries string // the folder of its program; another one makes it another release at its next start

	mu      sync.Mutex
	running *exec.Cmd
	ended   chan struct{} // closed when it has
	result  error         // how it ended
}

// Start starts it.
func (m *Member) Start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	log, err := os.OpenFile(m.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", m.Name, err)
	}
	defer func() { _ = log.Close() }()                        // the process has its own descriptor
	cmd := exec.Command(filepath.Join(m.Binaries, m.Service)) //nolint:gosec,noctx // we built it, and Kill ends it
	cmd.Stdout, cmd.Stderr = io.Discard, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	for key, value := range m.Settings {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	err = cmd.Start()
	if err != nil {
		return fmt.Errorf("start %s: %w", m.Name, err)
	}
	ended := make(chan struct{})
	m.running, m.ended = cmd, ended
	go func() {
		err := cmd.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.running == cmd {
			m.running, m.result = nil, err
		}
		close(ended)
	}()
	return nil
}

// Running tells whether the process is there.
func (m *Member) Running() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running != nil
}

// Signal sends it a signal, if it runs. The channel is closed when it has ended.
func (m *Member) Signal(signal os.Signal) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running != nil {
		_ = m.running.Process.Signal(signal)
	}
	return m.ended
}

// Kill ends it without a word, as a lost machine would, and waits for its end.
func (m *Member) Kill() {
	if m.Running() {
		<-m.Signal(syscall.SIGKILL)
	}
}

// Stop asks it to end and waits until it has. How it ended is an error unless
// its exit code is 0; whoever takes longer than bound is killed.
func (m *Member) Stop(ctx context.Context, bound time.Duration) error {
	if !m.Running() {
		return nil
	}
	ended := m.Signal(syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	select {
	case <-ended:
	case <-ctx.Done():
		m.Kill()
		return fmt.Errorf("%s did not end within %v", m.Name, bound)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.result != nil {
		return fmt.Errorf("%s ended: %w", m.Name, m.result)
	}
	return nil
}

// PID is the process's id, 0 if it does not run.
func (m *Member) PID() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running == nil {
		return 0
	}
	return m.running.Process.Pid
}

// Setting gives one of its settings, named without the service.
func (m *Member) Setting(name string) string { return m.Settings[setting(m.Service, name)] }

var asking = &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// Ready asks it whether it is ready.
func (m *Member) Ready(ctx context.Context) bool { return isReady(ctx, m.Setting("DEBUG_ADDR")) }

// isReady asks who listens on an address.
func isReady(ctx context.Context, addr string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := asking.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Metric gives the value of a metric without labels.
func (m *Member) Metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Setting("DEBUG_ADDR")+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := asking.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask %s for its metrics: %w", m.Name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("read the metrics of %s: %w", m.Name, err)
	}
	_, after, found := strings.Cut(string(text), "\n"+name+" ")
	if !found {
		return 0, fmt.Errorf("%s has no metric %s", m.Name, name)
	}
	value, _, _ := strings.Cut(after, "\n")
	return strconv.ParseFloat(value, 64)
}

// WaitReady waits until it is ready; it must not end meanwhile.
func (m *Member) WaitReady(ctx context.Context, bound time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !m.Ready(ctx) {
		if !m.Running() {
			return fmt.Errorf("%s ended, see %s", m.Name, m.Log)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s is not ready after %v, see %s", m.Name, bound, m.Log), ctx.Err())
		}
	}
	return nil
}
