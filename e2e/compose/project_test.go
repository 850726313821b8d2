//go:build compose

// Package compose runs docker-compose.yml as people do and then breaks it: `make compose-test`. It needs a Docker engine on this very machine,
// whose containers' processes it may kill, so root; settings_test.go needs none of it and belongs to `make test`.
package compose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// tag is that of the images under test, beside those that somebody may run.
const tag = "compose-test"

// project is one `docker compose up`, with volumes and ports of its own.
type project struct {
	name      string
	port      string // of the pages
	mailPort  string // of Mailpit's page
	variables map[string]string
}

// newProject takes all of it away again at the end of the test.
func newProject(t *testing.T, variables map[string]string) *project {
	t.Helper()
	p := &project{name: "notejam-test-" + uuid.NewString()[:8], port: freePort(t), mailPort: freePort(t), variables: variables}
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := p.compose(context.Background(), "logs", "--no-color", "--tail", "15")
			t.Logf("the logs of %s:\n%s", p.name, out)
		}
		out, err := p.compose(context.Background(), "down", "--volumes", "--timeout", "5")
		if err != nil {
			t.Errorf("docker compose down: %v\n%s", err, out)
		}
	})
	return p
}

// freePort gives a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// compose runs docker compose and gives all that it says.
func (p *project) compose(ctx context.Context, args ...string) (string, error) {
	// Not the .env of who works here.
	all := append([]string{"compose", "--project-name", p.name, "--env-file", os.DevNull, "--progress", "plain"}, args...)
	cmd := exec.CommandContext(ctx, "docker", all...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "NOTEJAM_TAG="+tag, "WEB_PORT="+p.port, "MAILPIT_PORT="+p.mailPort)
	for name, value := range p.variables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// do is compose for what has to succeed. It gives the time it took.
func (p *project) do(t *testing.T, args ...string) time.Duration {
	t.Helper()
	began := time.Now()
	out, err := p.compose(t.Context(), args...)
	if err != nil {
		t.Fatalf("docker compose %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return time.Since(began)
}

func (p *project) url() string { return "http://127.0.0.1:" + p.port }

// containers gives the ids of a service's containers, also of those that ended.
func (p *project) containers(t *testing.T, service string) []string {
	t.Helper()
	out, err := p.compose(t.Context(), "ps", "--all", "--quiet", service)
	if err != nil {
		t.Fatalf("docker compose ps %s: %v\n%s", service, err, out)
	}
	return strings.Fields(out)
}

// container gives the id of a service's only container.
func (p *project) container(t *testing.T, service string) string {
	t.Helper()
	ids := p.containers(t, service)
	if len(ids) != 1 {
		t.Fatalf("%s has %d containers, want 1", service, len(ids))
	}
	return ids[0]
}

// logs gives what a service has said.
func (p *project) logs(t *testing.T, service string) string {
	t.Helper()
	out, err := p.compose(t.Context(), "logs", "--no-color", service)
	if err != nil {
		t.Fatalf("docker compose logs %s: %v\n%s", service, err, out)
	}
	return out
}

// docker runs the engine's command line and gives its output.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

// inspected is what the engine knows of a container, as far as we look.
type inspected struct {
	State struct {
		Status    string
		Running   bool
		Pid       int
		StartedAt time.Time
		Health    struct{ Status string }
	}
	Config struct {
		User, Image string
		Env         []string
	}
	HostConfig struct {
		ReadonlyRootfs bool
		Privileged     bool
		CapAdd         []string
		CapDrop        []string
		SecurityOpt    []string
		Memory         int64
		PidsLimit      *int64
	}
	NetworkSettings struct {
		Networks map[string]struct{ IPAddress string }
	}
}

func inspect(t *testing.T, container string) inspected {
	t.Helper()
	var all []inspected
	err := json.Unmarshal([]byte(docker(t, "inspect", container)), &all)
	if err != nil || len(all) != 1 {
		t.Fatalf("docker inspect %s: %d of them, %v", container, len(all), err)
	}
	return all[0]
}

// address gives one of the container's own, which only this machine reaches.
func (c inspected) address() string {
	for _, network := range c.NetworkSettings.Networks {
		return network.IPAddress
	}
	return ""
}

// eventually waits until f gives nil.
func eventually(t *testing.T, what string, limit time.Duration, f func() error) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		err := f()
		if err == nil {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			t.Fatalf("%s: not within %v: %v", what, limit, err)
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

// within fails the test if something took too long, and prints how long in any case.
func within(t *testing.T, what string, took, limit time.Duration) {
	t.Helper()
	line := fmt.Sprintf("%-42s %6.1f s (at most %.0f)", what, took.Seconds(), limit.Seconds())
	if took > limit {
		t.Errorf("too slow: %s", line)
		return
	}
	t.Log(line)
}

// services are ours that go on running, others what they need.
var (
	services = []string{"auth", "notes", "audit", "web"}
	others   = []string{"mysql", "elasticmq", "mailpit"}
	everyone = slices.Concat(services, others)
)
