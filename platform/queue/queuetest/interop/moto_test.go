//go:build interop

// Package interop runs the conformance suite against moto, a server that others wrote after the same documentation. `make test-interop` is its only
// caller: it installs moto into a Python environment and says where that is.
package interop_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/queue/queuetest/conformance"
)

// environment names the Python environment that has moto's server: a folder with bin/moto_server.
const environment = "NOTEJAM_MOTO_SERVER"

// startTimeout is for Python to import all of moto on a busy machine.
const startTimeout = time.Minute

func TestMoto_DoesWhatSQSDoes(t *testing.T) {
	folder := os.Getenv(environment)
	if folder == "" {
		t.Fatalf("%s is not set: it names the Python environment that has moto[server]", environment)
	}
	endpoint := startMoto(t, filepath.Join(folder, "bin", "moto_server"))
	conformance.Run(t, conformance.Target{Endpoint: endpoint, Differs: conformance.MotoDiffers})
}

var announcement = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// startMoto starts the server on a free port and reads from its output which one that is.
func startMoto(t *testing.T, program string) string {
	t.Helper()
	output, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-H", "127.0.0.1", "-p", "0")
	command.Stdout, command.Stderr = input, input
	err = errors.Join(command.Start(), input.Close())
	if err != nil {
		t.Fatalf("start moto: %v", err)
	}
	t.Cleanup(func() { stop(t, command) })

	found := make(chan string, 1)
	go func() {
		endpoint := ""
		lines := bufio.NewScanner(output)
		for endpoint == "" && lines.Scan() {
			match := announcement.FindStringSubmatch(lines.Text())
			if match != nil {
				endpoint = match[1]
			}
		}
		found <- endpoint
		_, _ = io.Copy(io.Discard, output) // its access log; a full pipe would stop it
	}()
	select {
	case endpoint := <-found:
		if endpoint == "" {
			t.Fatal("moto ended without saying where it listens")
		}
		return endpoint
	case <-time.After(startTimeout):
		t.Fatal("moto did not say where it listens")
		return ""
	}
}

func stop(t *testing.T, command *exec.Cmd) {
	err := command.Process.Signal(syscall.SIGTERM)
	if err != nil {
		t.Errorf("stop moto: %v", err)
	}
	_ = command.Wait() // a signal ended it: that is its exit status
}
